package cardea

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
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

// mailRequest is one request for a mail. The browser that made the request keeps it in an encrypted
// cookie. Without the cookie the code is useless, and the link asks before it signs in.
//
// The store has a hash of the link's token, but no hash of the code: somebody who reads the store
// could find a code by hashing all values.
type mailRequest struct {
	Provider    string
	Email       string
	LinkHash    string // hash of the link's token, under which it is stored; unique for each request
	CodeHash    string // hash of the code
	CallbackURL string
}

// newMailRequest returns a request with the secrets for its mail.
func newMailRequest(provider, email, callbackURL, secret string) (r mailRequest, token, code string) {
	token = newLinkToken(provider, email).String()
	n, _ := rand.Int(rand.Reader, big.NewInt(100_000_000)) // never fails, as rand.Read
	code = fmt.Sprintf("%0*d", codeDigits, n)
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

// consume removes a token from the store. Of any number of callers one gets it, expired or not; the
// others get ErrNotFound.
func (t emailTokens) consume(ctx context.Context, email, token string) (*VerificationToken, error) {
	row, err := t.store.ConsumeVerificationToken(ctx, email, token)
	if err == nil && row.Identifier != email {
		err = ErrNotFound // the store does not compare byte for byte
	}
	return row, err
}

// consumeAll removes the link that is stored under one of these hashes, and returns it, expired or
// not. If it has not expired, all other tokens of the address go with it. The caller runs it in a
// transaction.
//
// The first statement makes callers for one address wait for each other. Otherwise two of them
// could each remove its own link and wait for the other's, a deadlock that PostgreSQL takes a
// second to notice.
func (t emailTokens) consumeAll(
	ctx context.Context, email string, stored []string, now time.Time,
) (link *VerificationToken, err error) {
	lock := &VerificationToken{Identifier: email, Token: saltedHash("use", email), Expires: now}
	if err := t.store.CreateVerificationToken(ctx, lock); err != nil {
		return nil, err
	}
	for _, token := range stored {
		link, err = t.consume(ctx, email, token)
		if !errors.Is(err, ErrNotFound) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if now.Before(link.Expires) {
		_, err = t.store.DeleteVerificationTokens(ctx, email)
	} else {
		_, err = t.consume(ctx, email, lock.Token)
	}
	return link, err
}

// tryCode returns nil if the typed text is the code of the request.
//
// Each try consumes a token, and only a wrong one stores the next. So neither many browsers with a
// copy of the cookie nor many processes have more than maxCodeTries tries together, at once or one
// after the other. It also returns how many tries are left.
func (t emailTokens) tryCode(ctx context.Context, r *mailRequest, typed string, now time.Time) (left int, err error) {
	for n := 1; n <= maxCodeTries; n++ {
		row, err := t.consume(ctx, r.Email, r.tryToken(n))
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil:
			return 0, storeError("consume the verification token", err)
		case !now.Before(row.Expires):
			return 0, errUsed
		case r.isCode(typed):
			return 0, nil
		case n < maxCodeTries:
			if err := t.allowTry(ctx, r, n+1, row.Expires); err != nil {
				return 0, storeError("store the next try", err)
			}
		}
		return maxCodeTries - n, errWrongCode
	}
	return 0, errUsed
}

// mailer is a [signInMethod] that sends mails.
type mailer interface {
	// canonicalAddress returns the one spelling under which an address is stored.
	canonicalAddress(address string) (string, error)
}

// mailers returns the ways to sign in that send mails.
func (a *Auth) mailers() []mailer {
	var list []mailer
	for _, m := range a.methods {
		if m, ok := m.(mailer); ok {
			list = append(list, m)
		}
	}
	return list
}

// deleteMails makes the links and codes useless that were mailed to a user, under each spelling of
// the address that a provider may have used.
func (a *Auth) deleteMails(ctx context.Context, userID string) error {
	store, ok := a.config.Adapter.(TokenStore)
	if !ok {
		return nil
	}
	found, err := candidateOf(a.config.Adapter.UserByID(ctx, userID))
	u := found.user
	if err != nil || u == nil || u.Email == "" {
		return err
	}
	addresses := []string{u.Email}
	for _, m := range a.mailers() {
		if email, err := m.canonicalAddress(u.Email); err == nil && !slices.Contains(addresses, email) {
			addresses = append(addresses, email)
		}
	}
	for _, email := range addresses {
		if _, err := store.DeleteVerificationTokens(ctx, email); err != nil {
			return err
		}
	}
	return nil
}
