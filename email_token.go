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

// A code has a million values. Whoever asks for mails to a stranger's address has maxCodeTries
// tries for each mail, in the browser that asked, and codeLimit for each address altogether: a
// chance of one in 50,000 a day.
const maxCodeTries = 5

var codeLimit = Limit{20, 24 * time.Hour}

const linkTokenLength = 64 // hexadecimal digits

// mailRequest is one request for a mail, as the browser that made it keeps it in an encrypted
// cookie. Without the cookie the code is useless, and the link asks before it signs in.
//
// The store has the hash of the link, but nothing of the code: whoever reads the store could try
// all codes in no time.
type mailRequest struct {
	Provider    string
	Email       string
	LinkHash    string // the hash under which the link's token is stored; unique for each request
	CodeHash    string // hash of the code
	CallbackURL string
}

// newMailRequest returns a request with the secrets for its mail.
func newMailRequest(provider, email, callbackURL, secret string) (r mailRequest, token, code string) {
	var b [linkTokenLength / 2]byte
	rand.Read(b[:])
	token = hex.EncodeToString(b[:])
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // fails no more than rand.Read
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

// isCode reports whether the typed text is the code of the mail, with any spaces.
func (r *mailRequest) isCode(typed string) bool {
	return equalSecrets(r.hash("code", strings.Join(strings.Fields(typed), "")), r.CodeHash)
}

// tryToken is the token of the n-th try of the code.
func (r *mailRequest) tryToken(n int) string { return r.hash("guess", strconv.Itoa(n)) }

// emailTokens stores and consumes the links and codes of mails.
type emailTokens struct {
	store      TokenStore
	maxAge     time.Duration // of a link
	codeMaxAge time.Duration
}

// save stores what can be redeemed: the link, and the first try of the code.
func (t emailTokens) save(ctx context.Context, r *mailRequest, now time.Time) error {
	link := &VerificationToken{Identifier: r.Email, Token: r.LinkHash, Expires: now.Add(t.maxAge)}
	if err := t.store.CreateVerificationToken(ctx, link); err != nil {
		return err
	}
	return t.allowTry(ctx, r, 1, now.Add(t.codeMaxAge))
}

func (t emailTokens) allowTry(ctx context.Context, r *mailRequest, n int, until time.Time) error {
	return t.store.CreateVerificationToken(ctx, &VerificationToken{
		Identifier: r.Email, Token: r.tryToken(n), Expires: until,
	})
}

var (
	errUsed      = errors.New("was used already, has expired, or never was valid")
	errWrongCode = errors.New("is not the one in the mail")
)

// consume removes a token from the store. Of any number of callers one gets it; the others get
// errUsed.
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

// tryCode returns the link of the request, consumed, if the typed text is the code: link and code
// sign in once together.
//
// Each try consumes a token, and only a wrong one stores the next. So neither many browsers with a
// copy of the cookie nor many processes have more than maxCodeTries tries together, at once or one
// after the other. It also returns how many tries are left.
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
