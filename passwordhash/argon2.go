package passwordhash

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math"

	"golang.org/x/crypto/argon2"
)

// Argon2id are the parameters of Argon2id (RFC 9106 § 3.1).
type Argon2id struct {
	Memory  uint32 // KiB, from 7168 to 262144; defaults to 12288, which is 12 MiB
	Time    uint32 // passes over the memory, at most 10; defaults to 3
	Threads uint8  // at most 8; defaults to 1
}

const (
	minMemory  = 7168 // KiB of new hashes
	maxTime    = 10
	maxThreads = 8
	saltBytes  = 16 // RFC 9106 § 3.1
	keyBytes   = 32

	variantI  = "argon2i"
	variantID = "argon2id"
)

func (a Argon2id) withDefaults() (Argon2id, error) {
	a = Argon2id{cmp.Or(a.Memory, 12288), cmp.Or(a.Time, 3), cmp.Or(a.Threads, 1)}
	if a.Memory < minMemory {
		return a, fmt.Errorf("want Memory of at least %d KiB, have %d", minMemory, a.Memory)
	}
	return a, a.check()
}

// check returns an error if the parameters are none of Argon2, or cost too much.
func (a Argon2id) check() error {
	if a.Time < 1 || a.Threads < 1 || a.Memory < 8*uint32(a.Threads) {
		return errMalformed
	}
	if a.Memory > maxMemory>>10 || a.Time > maxTime || a.Threads > maxThreads {
		return fmt.Errorf("want at most %d KiB, %d passes and %d threads", maxMemory>>10, maxTime, maxThreads)
	}
	return nil
}

// bytes is how much memory one hash takes.
func (a Argon2id) bytes() int { return int(a.Memory) << 10 }

// hash returns the hash of a text with a new salt.
func (a Argon2id) hash(text string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(text), salt, a.Time, a.Memory, a.Threads, keyBytes)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s",
		variantID, argon2.Version, a.Memory, a.Time, a.Threads, encode(salt), encode(key))
}

// decoy returns a check that does the work of one of hash, and never matches.
func (a Argon2id) decoy() *Check {
	stored := argon2Hash{params: a, variant: variantID, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	return &Check{a.bytes(), func(text string) bool {
		stored.matches(text)
		return false
	}}
}

// argon2Hash is a stored hash of Argon2.
type argon2Hash struct {
	params    Argon2id
	variant   string
	salt, key []byte
}

// parseArgon2 reads a hash of Argon2.
func parseArgon2(text string) (argon2Hash, error) {
	p, err := parsePHC(text, "v", "m", "t", "p")
	if err != nil {
		return argon2Hash{}, err
	}
	if p.fields["v"] != argon2.Version {
		return argon2Hash{}, fmt.Errorf("want version %d of Argon2", argon2.Version)
	}
	if p.fields["p"] > math.MaxUint8 {
		return argon2Hash{}, errMalformed
	}
	a := Argon2id{uint32(p.fields["m"]), uint32(p.fields["t"]), uint8(p.fields["p"])}
	if err := cmp.Or(a.check(), checkLengths(p.salt, p.key)); err != nil {
		return argon2Hash{}, err
	}
	return argon2Hash{a, p.id, p.salt, p.key}, nil
}

func (h argon2Hash) matches(text string) bool {
	derive := argon2.IDKey
	if h.variant == variantI {
		derive = argon2.Key
	}
	key := derive([]byte(text), h.salt, h.params.Time, h.params.Memory, h.params.Threads, uint32(len(h.key)))
	return equal(key, h.key)
}
