package passwordhash

import (
	"fmt"
	"regexp"

	"golang.org/x/crypto/bcrypt"
)

// Bcrypt checks hashes of bcrypt, such as those of Rails' Devise, Laravel, Django without SHA-256
// and the npm packages bcrypt and bcryptjs: $2a$, $2b$ and $2y$, with a cost of at most 15.
//
// Bcrypt uses only the first 72 bytes of a password. So a longer password never matches: otherwise
// everything that begins with the same 72 bytes would.
type Bcrypt struct{}

const (
	maxBcryptCost     = 15
	maxBcryptPassword = 72 // bytes
)

var (
	bcryptPrefix  = regexp.MustCompile(`^\$2[abxy]?\$`)
	bcryptPattern = regexp.MustCompile(`^\$2[aby]\$[0-3][0-9]\$[./A-Za-z0-9]{53}$`)
)

// Parse implements [Verifier].
func (Bcrypt) Parse(hash string) (*Check, error) {
	if !bcryptPrefix.MatchString(hash) {
		return nil, nil
	}
	if !bcryptPattern.MatchString(hash) { // $2x$ marks hashes of a faulty implementation
		return nil, errMalformed
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err != nil {
		return nil, errMalformed
	}
	if cost > maxBcryptCost {
		return nil, fmt.Errorf("want a cost of at most %d", maxBcryptCost)
	}
	return &Check{Matches: func(password string) bool {
		err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
		return err == nil && len(password) <= maxBcryptPassword
	}}, nil
}
