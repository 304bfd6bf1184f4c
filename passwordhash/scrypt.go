package passwordhash

import (
	"crypto/subtle"
	"fmt"

	"golang.org/x/crypto/scrypt"
)

// scryptParams are the parameters of scrypt (RFC 7914 § 2).
type scryptParams struct{ n, r, p int }

// bytes is how much memory one hash takes.
func (s scryptParams) bytes() int { return 128 * s.n * s.r }

// check returns an error if the parameters are none of scrypt, or cost too much.
func (s scryptParams) check() error {
	if s.n < 2 || s.n&(s.n-1) != 0 || s.r < 1 || s.p < 1 {
		return errMalformed
	}
	const maxNR, maxNRP = maxMemory / 128, 1 << 22
	if s.r > maxNR || s.p > maxNRP || s.n > maxNR/s.r || s.n*s.r > maxNRP/s.p {
		return fmt.Errorf("want N*r of at most %d and N*r*p of at most %d", maxNR, maxNRP)
	}
	return nil
}

// key returns the key of a password, and nil if scrypt refuses the parameters.
func (s scryptParams) key(password string, salt []byte, length int) []byte {
	key, err := scrypt.Key([]byte(password), salt, s.n, s.r, s.p, length)
	if err != nil {
		return nil
	}
	return key
}

func equal(x, y []byte) bool { return subtle.ConstantTimeCompare(x, y) == 1 }
