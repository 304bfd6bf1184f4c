package passwordhash

import (
	"encoding/hex"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// BetterAuth checks hashes of Better Auth, as they are in the column account.password: scrypt with
// a salt and a key in hexadecimal, and a colon between them.
type BetterAuth struct{}

var (
	betterAuthPattern = regexp.MustCompile(`^[0-9a-f]{32}:[0-9a-f]{128}$`)
	betterAuthParams  = scryptParams{n: 16384, r: 16, p: 1} // the hash does not say them
)

// Parse implements [Verifier].
func (BetterAuth) Parse(hash string) (*Check, error) {
	if !betterAuthPattern.MatchString(hash) {
		return nil, nil
	}
	salt, stored, _ := strings.Cut(hash, ":")
	key, err := hex.DecodeString(stored)
	if err != nil {
		return nil, errMalformed
	}
	return &Check{betterAuthParams.bytes(), func(password string) bool {
		// Better Auth hashes form KC, and uses the text of the salt, not what it encodes.
		return equal(betterAuthParams.key(norm.NFKC.String(password), []byte(salt), len(key)), key)
	}}, nil
}
