package passwordhash

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Firebase checks hashes of Firebase Authentication, which are of a scrypt of its own. The fields
// are the "password hash parameters" of the project, as its console shows them.
type Firebase struct {
	SignerKey     string `json:"-"` // base64_signer_key
	SaltSeparator string // base64_salt_separator
	Rounds        int    // rounds
	MemoryCost    int    // mem_cost
}

const firebasePrefix = "$firebase-scrypt$"

// Hash returns the text to store for a user of an export, which has the members salt and
// passwordHash.
func (f Firebase) Hash(salt, passwordHash string) string {
	return firebasePrefix + standardBase64(salt) + "$" + standardBase64(passwordHash)
}

// standardBase64 returns base64 in its standard alphabet without padding. Exports have either.
func standardBase64(text string) string {
	return strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(text)
}

// Parse implements [Verifier].
func (f Firebase) Parse(hash string) (*Check, error) {
	rest, ok := strings.CutPrefix(hash, firebasePrefix)
	if !ok {
		return nil, nil
	}
	params, separator, signer, err := f.read()
	if err != nil {
		return nil, err
	}
	saltText, keyText, _ := strings.Cut(rest, "$")
	salt, err := decode(base64.RawStdEncoding, saltText)
	if err != nil {
		return nil, err
	}
	key, err := decode(base64.RawStdEncoding, keyText)
	if err != nil || len(key) != len(signer) || len(salt) > maxSalt {
		return nil, errMalformed
	}
	salt = append(salt, separator...)
	return &Check{params.bytes(), func(password string) bool {
		return equal(encryptCTR(params.key(password, salt, 32), signer), key)
	}}, nil
}

// validate returns an error if a field is wrong.
func (f Firebase) validate() error {
	_, _, _, err := f.read()
	return err
}

// read returns the parameters, and the bytes of the separator and the key.
func (f Firebase) read() (params scryptParams, separator, signer []byte, err error) {
	if f.MemoryCost < 1 || f.MemoryCost > 21 {
		return params, nil, nil, fmt.Errorf("want MemoryCost from 1 to 21, have %d", f.MemoryCost)
	}
	params = scryptParams{n: 1 << f.MemoryCost, r: f.Rounds, p: 1}
	if err := params.check(); err != nil {
		return params, nil, nil, fieldFault("Rounds, MemoryCost", err)
	}
	if separator, err = decode(base64.RawStdEncoding, standardBase64(f.SaltSeparator)); err != nil {
		return params, nil, nil, fmt.Errorf("SaltSeparator: want base64")
	}
	signer, err = decode(base64.RawStdEncoding, standardBase64(f.SignerKey))
	if err != nil || len(signer) < minKey || len(signer) > maxKey {
		return params, nil, nil, fmt.Errorf("SignerKey: want %d to %d bytes in base64", minKey, maxKey)
	}
	return params, separator, signer, nil
}

// encryptCTR encrypts a text with AES in counter mode. The counter begins at 0, as Firebase's does.
func encryptCTR(key, text []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	encrypted := make([]byte, len(text))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(encrypted, text)
	return encrypted
}

// Format implements [fmt.Formatter]. It writes no key.
func (f Firebase) Format(s fmt.State, _ rune) { redact.Format(s, f) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (f Firebase) LogValue() slog.Value { return redact.Value(f) }
