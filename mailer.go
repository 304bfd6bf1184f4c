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

// mailer is an EmailProvider at work.
type mailer struct {
	*EmailProvider
	store     TokenStore
	addresses *limiter // of the mails to one address
	clients   *limiter // of the mails that one client asks for
	guesses   *limiter // of the codes that are tried for one address, in whatever browsers
}

// A code has a million values. Whoever asks for mails to a stranger's address can try maxGuesses of
// them for each mail, in the browser that asked, and guessLimit for each address altogether: a
// chance of one in 50,000 a day.
const maxGuesses = 5

var guessLimit = Limit{20, 24 * time.Hour}

func newMailer(p *EmailProvider, store TokenStore) *mailer {
	p = p.withDefaults()
	return &mailer{
		EmailProvider: p, store: store,
		addresses: newLimiter(p.AddressLimit), clients: newLimiter(p.ClientLimit), guesses: newLimiter(guessLimit),
	}
}

// mailRequest is one request for a mail, as the browser that made it keeps it in an encrypted
// cookie. Without the cookie the code is worth nothing, and the link asks before it signs in. The
// store has the hash of the link, but nothing of the code: who reads it could try all codes in no
// time.
type mailRequest struct {
	Provider    string
	Email       string
	Link        string // the hash under which the link's token is stored; no two requests have the same
	Code        string // hash of the code
	CallbackURL string
}

// newMailRequest returns a request with the secrets for its mail.
func newMailRequest(p *EmailProvider, email, callbackURL, secret string) (r mailRequest, token, code string) {
	var b [32]byte
	rand.Read(b[:])
	token = hex.EncodeToString(b[:])
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // fails no more than rand.Read
	code = fmt.Sprintf("%06d", n)
	r = mailRequest{Provider: p.ID, Email: email, Link: saltedHash(token, secret), CallbackURL: callbackURL}
	r.Code = r.hash("code", code)
	return r, token, code
}

// hash is of something that belongs to this request alone.
func (r *mailRequest) hash(what, value string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{what, value, r.Link, r.Email}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// isCode reports whether somebody typed the code of the mail, with whatever spaces.
func (r *mailRequest) isCode(typed string) bool {
	return equal(r.hash("code", strings.Join(strings.Fields(typed), "")), r.Code)
}

// guess is the token of the n-th try of the code.
func (r *mailRequest) guess(n int) string { return r.hash("guess", strconv.Itoa(n)) }

// save stores what can be redeemed: the link, and the first try of the code.
func (m *mailer) save(ctx context.Context, r *mailRequest, now time.Time) error {
	err := m.store.CreateVerificationToken(ctx,
		&VerificationToken{Identifier: r.Email, Token: r.Link, Expires: now.Add(m.MaxAge)})
	if err != nil {
		return err
	}
	return m.permit(ctx, r, 1, now.Add(m.CodeMaxAge))
}

func (m *mailer) permit(ctx context.Context, r *mailRequest, n int, until time.Time) error {
	return m.store.CreateVerificationToken(ctx,
		&VerificationToken{Identifier: r.Email, Token: r.guess(n), Expires: until})
}

var errUsed = errors.New("was used already, has expired, or never was")

// consume takes a token out of the store. Of any number of callers one gets it; the others get
// errUsed.
func (m *mailer) consume(ctx context.Context, email, token string, now time.Time) (*VerificationToken, error) {
	row, err := m.store.ConsumeVerificationToken(ctx, email, token)
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

// tryCode returns the link of the request, consumed, to who typed the code: link and code sign in
// once together. Each try uses up a token, and only a wrong one puts the next in its place, so that
// neither many browsers with a copy of the cookie nor many processes have more than maxGuesses
// tries together, at once or one after the other.
func (m *mailer) tryCode(
	ctx context.Context, r *mailRequest, typed string, now time.Time,
) (link *VerificationToken, left int, err error) {
	for n := 1; n <= maxGuesses; n++ {
		row, err := m.consume(ctx, r.Email, r.guess(n), now)
		switch {
		case errors.Is(err, errUsed):
			continue
		case err != nil:
			return nil, 0, err
		case r.isCode(typed):
			link, err = m.consume(ctx, r.Email, r.Link, now)
			return link, 0, err
		case n < maxGuesses:
			if err := m.permit(ctx, r, n+1, row.Expires); err != nil {
				return nil, 0, storeError("store the next try", err)
			}
		}
		return nil, maxGuesses - n, errWrongCode
	}
	return nil, 0, errUsed
}

var errWrongCode = errors.New("is not the one in the mail")
