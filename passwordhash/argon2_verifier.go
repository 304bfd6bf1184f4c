package passwordhash

import "strings"

// Argon2i checks hashes of Argon2i in the PHC string format, such as those of PHP's
// PASSWORD_ARGON2I and Laravel's driver argon. Hashes of Argon2id need no Verifier: they are always
// accepted. Both are of version 19, with at most 256 MiB, 10 passes and 8 threads.
type Argon2i struct{}

// Parse implements [Verifier].
func (Argon2i) Parse(hash string) (*Check, error) { return argon2Verifier(variantI).Parse(hash) }

// argon2Verifier checks hashes of one variant of Argon2.
type argon2Verifier string

const argon2idVerifier = argon2Verifier(variantID)

func (v argon2Verifier) Parse(hash string) (*Check, error) {
	hash = strings.TrimPrefix(hash, "argon2") // Django writes argon2$argon2id$…
	if !strings.HasPrefix(hash, "$"+string(v)+"$") {
		return nil, nil
	}
	stored, err := parseArgon2(hash)
	if err != nil {
		return nil, err
	}
	return &Check{stored.params.bytes(), stored.matches}, nil
}
