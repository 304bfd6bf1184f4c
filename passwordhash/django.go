package passwordhash

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// Django checks hashes of Django's PBKDF2PasswordHasher, such as pbkdf2_sha256$1000000$salt$key,
// with at most 4 million iterations.
type Django struct{}

const maxIterations = 4_000_000

// Parse implements [Verifier].
func (Django) Parse(hash string) (*Check, error) {
	rest, ok := strings.CutPrefix(hash, "pbkdf2_sha256$")
	if !ok {
		return nil, nil
	}
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return nil, errMalformed
	}
	iterations, err := decimal(parts[0])
	if err != nil || iterations < 1 {
		return nil, errMalformed
	}
	if iterations > maxIterations {
		return nil, fmt.Errorf("want at most %d iterations", maxIterations)
	}
	salt := []byte(parts[1])
	key, err := decode(base64.StdEncoding, parts[2])
	if err != nil {
		return nil, err
	}
	if err := checkLengths(salt, key); err != nil {
		return nil, err
	}
	return &Check{Matches: func(password string) bool {
		got, err := pbkdf2.Key(sha256.New, password, salt, iterations, len(key))
		return err == nil && equal(got, key)
	}}, nil
}
