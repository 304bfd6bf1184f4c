package cardea

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// A code is one of a million values. Somebody who asks for mails to a stranger's address, to guess
// a code, has maxCodeTries tries for each mail, in the browser that asked, and codeLimit tries for
// each address. The chance of success is 1 in 50,000 a day.
const maxCodeTries = 5

var codeLimit = Limit{20, 24 * time.Hour}

const linkTokenLength = 64 // hexadecimal digits

// mailRequest is one request for a mail. The browser that made the request keeps it in an encrypted
// cookie. Without the cookie the code is useless, and the link asks before it signs in.
//
// The store has a hash of the link's token, but no hash of the code: somebody who reads the store
// could find a code by hashing all million values.
type mailRequest struct {
	Provider    string
	Email       string
	LinkHash    string // hash of the link's token, under which it is stored; unique for each request
	CodeHash    string // hash of the code
	CallbackURL string
}

// newMailRequest returns a request with the secrets for its mail.
func newMailRequest(provider, email, callbackURL, secret string) (r mailRequest, token, code string) {
	var b [linkTokenLength / 2]byte
	rand.Read(b[:])
	token = hex.EncodeToString(b[:])
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails, as rand.Read
	code = fmt.Sprintf("%06d", n)
	r = mailRequest{Provider: provider, Email: email, LinkHash: saltedHash(token, secret), CallbackURL: callbackURL}
	r.CodeHash = r.hash("code", code)
	return r, token, code
}

// hash returns a hash that is valid for this request alone.
func (r *mailRequest) hash(purpose, value string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{purpose, value, r.LinkHash, r.Email}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// isCode reports whether the typed text is the code of the mail. Spaces in it are ignored.
func (r *mailRequest) isCode(typed string) bool {
	return equalSecrets(r.hash("code", strings.Join(strings.Fields(typed), "")), r.CodeHash)
}

// tryToken returns the token that allows the n-th try of the code.
func (r *mailRequest) tryToken(n int) string { return r.hash("guess", strconv.Itoa(n)) }

// emailTokens stores and consumes the links and codes of mails.
type emailTokens struct {
	store      TokenStore
	maxAge     time.Duration // of a link
	codeMaxAge time.Duration
}

// save stores the link, and the first try of the code.
func (t emailTokens) save(ctx context.Context, r *mailRequest, now time.Time) error {
	link := &VerificationToken{Identifier: r.Email, Token: r.LinkHash, Expires: now.Add(t.maxAge)}
	if err := t.store.CreateVerificationToken(ctx, link); err != nil {
		return err
	}
	return t.allowTry(ctx, r, 1, now.Add(t.codeMaxAge))
}

// allowTry stores the token that allows the n-th try of the code.
func (t emailTokens) allowTry(ctx context.Context, r *mailRequest, n int, until time.Time) error {
	return t.store.CreateVerificationToken(ctx, &VerificationToken{
		Identifier: r.Email, Token: r.tryToken(n), Expires: until,
	})
}

var (
	errUsed      = errors.New("was used already, has expired, or never was valid")
	errWrongCode = errors.New("is not the one in the mail")
)

// consume removes a token from the store. Of several callers at the same time one gets it; the
// error of the others is errUsed.
func (t emailTokens) consume(ctx context.Context, email, token string, now time.Time) (*VerificationToken, error) {
	row, err := t.store.ConsumeVerificationToken(ctx, email, token)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, errUsed
	case err != nil:
		return nil, storeError("consume the verification token", err)
	case row.Identifier != email || !now.Before(row.Expires):
		return nil, errUsed
	}
	return row, nil
}

// tryCode checks the code that somebody typed. If it is right, tryCode consumes the link of the
// request too, and returns it: link and code together sign in only once. Otherwise the error is
// errWrongCode, or errUsed if no try is left. It also returns how many tries are left.
//
// Each try consumes the token of that try, and only a wrong code stores the token of the next one.
// So all browsers with a copy of the cookie share maxCodeTries tries, in all processes, even if
// they try at the same time.
func (t emailTokens) tryCode(
	ctx context.Context, r *mailRequest, typed string, now time.Time,
) (link *VerificationToken, left int, err error) {
	for n := 1; n <= maxCodeTries; n++ {
		row, err := t.consume(ctx, r.Email, r.tryToken(n), now)
		switch {
		case errors.Is(err, errUsed):
			continue
		case err != nil:
			return nil, 0, err
		case r.isCode(typed):
			link, err = t.consume(ctx, r.Email, r.LinkHash, now)
			return link, 0, err
		case n < maxCodeTries:
			if err := t.allowTry(ctx, r, n+1, row.Expires); err != nil {
				return nil, 0, storeError("store the next try", err)
			}
		}
		return nil, maxCodeTries - n, errWrongCode
	}
	return nil, 0, errUsed
}
