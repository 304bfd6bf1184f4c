package cardea

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/oauth"
)

// A code is one of a hundred million values. Somebody who asks for mails to strangers' addresses,
// to guess a code, has maxCodeTries tries for each mail, in the browser that asked, and those of
// Config.Limits. With the defaults all such people together have 24,000 tries a day, so that one of
// them guesses one code in eleven years.
const (
	codeDigits   = 8
	maxCodeTries = 5
)

// linkToken is the token of a link: random bytes, the provider that has mailed it, and the address.
//
// Mail programs and mail filters rewrite links, and what they do to a plus sign or an @ differs.
// They leave hexadecimal digits unchanged. So the token alone says whose the link is, and the rest
// of the link does not matter. The store has a hash of the whole token, so nobody can change a
// part.
type linkToken struct {
	random   string
	provider string // "" in a token of Auth.js, which is random bytes alone
	email    string
}

const linkTokenSize = 32 // random bytes

func newLinkToken(provider, email string) linkToken {
	var b [linkTokenSize]byte
	rand.Read(b[:])
	return linkToken{string(b[:]), provider, email}
}

// String returns the token as it is in the link, in hexadecimal digits.
func (t linkToken) String() string {
	return hex.EncodeToString([]byte(t.random + t.provider + " " + t.email))
}

// parseLinkToken reads the token of a link, which anybody may have made up.
func parseLinkToken(s string) (t linkToken, ok bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) < linkTokenSize {
		return t, false
	}
	rest := string(b[linkTokenSize:])
	if rest == "" {
		return linkToken{random: string(b)}, true
	}
	t.random = string(b[:linkTokenSize])
	t.provider, t.email, ok = strings.Cut(rest, " ")
	return t, ok && t.provider != ""
}

// mailRequest is one request for a mail. The browser that made the request keeps it, encrypted.
// Without it the code is useless, and the link asks before it signs in.
//
// The store has a hash of the link's token, but no hash of the code: somebody who reads the store
// could find a code by hashing all values.
type mailRequest struct {
	Email       string
	LinkHash    string // hash of the link's token, under which it is stored; unique for each request
	CodeHash    string // hash of the code
	CallbackURL string
}

// newMailRequest returns a request with the code for its mail.
func newMailRequest(email, callbackURL, linkHash string) (request *mailRequest, code string) {
	n, _ := rand.Int(rand.Reader, big.NewInt(100_000_000)) // never fails, as rand.Read
	code = fmt.Sprintf("%0*d", codeDigits, n)
	request = &mailRequest{Email: email, LinkHash: linkHash, CallbackURL: callbackURL}
	request.CodeHash = request.hash("code", code)
	return request, code
}

// values are the request as the browser keeps it.
func (r *mailRequest) values() oauth.Claims {
	return oauth.Claims{"email": r.Email, "link": r.LinkHash, "code": r.CodeHash, "callbackUrl": r.CallbackURL}
}

// readMailRequest returns the request that a browser has kept, and nil if there is none.
func readMailRequest(c oauth.Claims) *mailRequest {
	r := &mailRequest{
		Email: c.String("email"), LinkHash: c.String("link"), CodeHash: c.String("code"),
		CallbackURL: c.String("callbackUrl"),
	}
	if r.Email == "" || r.LinkHash == "" || r.CodeHash == "" {
		return nil
	}
	return r
}

// hash returns a hash that is valid for this request alone.
func (r *mailRequest) hash(purpose, value string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{purpose, value, r.LinkHash, r.Email}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// isCode reports whether the typed text is the code of the mail. Spaces in it are ignored.
func (r *mailRequest) isCode(typed string) bool {
	return isEqual(r.hash("code", strings.Join(strings.Fields(typed), "")), r.CodeHash)
}

// tryToken returns the key of the token that allows the n-th try of the code.
func (r *mailRequest) tryToken(n int) string { return r.hash("guess", strconv.Itoa(n)) }

// isEqual compares two hashes in constant time.
func isEqual(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

var (
	errUseless   = errors.New("was used already, has expired, or never was valid")
	errWrongCode = errors.New("is not the one in the mail")
)

// mailCodes checks the codes of mails.
type mailCodes struct {
	addresses feature.Addresses
	now       func() time.Time
}

// try returns nil if the typed text is the code of the request.
//
// Each try takes a token, and only a wrong one stores the next. So neither many browsers with a
// copy of the cookie nor many processes have more than maxCodeTries tries together, at once or one
// after the other. It also returns how many tries are left.
func (c mailCodes) try(ctx context.Context, r *mailRequest, typed string) (left int, err error) {
	for n := 1; n <= maxCodeTries; n++ {
		token, err := c.addresses.Take(ctx, r.Email, r.tryToken(n))
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return 0, err
		case !c.now().Before(token.Expires):
			return 0, errUseless
		case r.isCode(typed):
			return 0, nil
		case n < maxCodeTries:
			next := feature.AddressToken{Hash: r.tryToken(n + 1), Expires: token.Expires}
			if err := c.addresses.Add(ctx, r.Email, next); err != nil {
				return 0, err
			}
		}
		return maxCodeTries - n, errWrongCode
	}
	return 0, errUseless
}
