package cardea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// Addresses says that the feature signs people in with addresses that they prove by a mail, and
// returns what it needs for that. It is for Install, once, and needs a [Config.Adapter] that is a
// [TokenStore].
//
// Normalize returns the one spelling of an address that is stored, compared and mailed to, and an
// error for a text that is no address. It must never return the same text for the addresses of two
// people. What was mailed to a user ends, in this spelling, if the user is deleted or all sessions
// of the user end. A [Proof].Email of the feature is in this spelling.
//
// Adopt decides about an existing user who has the address but never proved it; see
// [EmailProvider].Adopt. Nil is as if it returned false. Both may be called concurrently.
func (h *Host) Addresses(
	normalize func(address string) (string, error), adopt func(ctx context.Context, u *User) (bool, error),
) feature.Addresses {
	store, ok := feature.StoreOf[TokenStore](h.auth.config.Adapter)
	if !ok {
		h.faults.Add(h.field, "needs an Adapter that is a TokenStore; have %T", h.auth.config.Adapter)
	}
	if normalize == nil || h.addresses != nil {
		h.faults.Add(h.field, "want Addresses once, with a function that normalizes an address")
	}
	h.addresses = &addresses{host: h, store: store, normalize: normalize, adopt: adopt}
	h.auth.features.addresses = append(h.auth.features.addresses, h.addresses)
	return h.addresses
}

// addresses are the addresses that people prove by mails of one feature.
type addresses struct {
	host      *Host
	store     TokenStore
	normalize func(address string) (string, error)
	adopt     func(ctx context.Context, u *User) (bool, error)
}

// isStored reports whether an address is in the spelling that is stored.
func (a *addresses) isStored(address string) bool {
	same, err := a.normalize(address)
	return err == nil && same == address && emailaddr.Clean(address) == address
}

// way is the id of the way to sign in to which a request belongs.
func (a *addresses) way(e *exchange) string { return cmp.Or(e.provider, a.host.id) }

func (a *addresses) Ask(ctx context.Context, address string) (redirect string, err error) {
	e := requestOf(ctx, a.host)
	if e == nil {
		return "", errNoRequest
	}
	p := Proof{Email: address, Provider: a.way(e)}
	if err := p.check(a.host.auth, a); err != nil {
		return "", err
	}
	id := p.identity()
	id.adopt, id.verificationRequest = a.adopt, true
	return e.askApplication(ctx, id)
}

func (a *addresses) TakeMail(ctx context.Context, address string, limits feature.MailLimits) error {
	e, config := requestOf(ctx, a.host), a.host.auth.config.Limits
	if e == nil {
		return errNoRequest
	}
	client, mails := budget{"Limits.MailClient", "", config.MailClient}, budget{"Limits.Mail", address, config.Mail}
	if limits.Client != (ratelimit.Rate{}) {
		client = budget{limits.Name + ".ClientLimit", a.host.id, limits.Client}
	}
	if limits.Address != (ratelimit.Rate{}) {
		mails = budget{limits.Name + ".AddressLimit", a.host.id + " " + address, limits.Address}
	}
	return a.host.auth.counter.take(ctx, e.now,
		append(e.clientBudgets(client.setting, client.subject, client.limit), mails)...)
}

func (a *addresses) SendError(err error, secrets ...string) error {
	return fail(codeEmailSend, "%w", redactSecrets(err, secrets...))
}

func (a *addresses) Sent(ctx context.Context) error {
	e := requestOf(ctx, a.host)
	if e == nil {
		return errNoRequest
	}
	e.auth.log.InfoContext(ctx, "cardea: sign-in mail sent", "provider", a.way(e), "remote", e.remote())
	return e.redirect(e.verifyPageOf(a.way(e)))
}

func (a *addresses) Remember(ctx context.Context, maxAge time.Duration, values oauth.Claims) error {
	e := requestOf(ctx, a.host)
	if e == nil {
		return errNoRequest
	}
	claims := map[string]any{}
	for name, value := range values {
		claims[name] = value
	}
	claims[rememberedBy] = a.host.id
	err := cookieRoom{e}.setSealed(e.names.Mail, cookie.Cookie{Name: e.names.Mail}, maxAge, claims)
	if err != nil {
		return fail(codeOAuthSignIn, "the cookie of the request for a mail: %w", err)
	}
	writeJar(e)
	return nil
}

// rememberedBy is the claim with the feature that has sent the latest mail.
const rememberedBy = "provider"

func (a *addresses) Remembered(ctx context.Context) oauth.Claims {
	e := requestOf(ctx, a.host)
	if e == nil {
		return nil
	}
	value := e.jar.Get(e.names.Mail)
	if value == "" {
		return nil
	}
	opened, err := e.auth.sealer.Open(e.names.Mail, value, e.now)
	if err != nil || opened[rememberedBy] != a.host.id {
		return nil
	}
	return opened
}

func (a *addresses) Forget(ctx context.Context) {
	if e := requestOf(ctx, a.host); e != nil {
		e.jar.Clear(e.names.Mail)
		writeJar(e)
	}
}

func (a *addresses) Confirm(ctx context.Context, address, token string) error {
	e := requestOf(ctx, a.host)
	if e == nil {
		return errNoRequest
	}
	return e.page().Confirm(e.w, page.Confirm{
		Site: e.origin.String(), Action: e.callbackEndpoint(a.way(e)), CSRFToken: e.csrfToken,
		CallbackURL: e.callbackURL, Email: address, Token: token,
	})
}

// Guess counts tries with codes of all addresses too: somebody who asks for mails to many addresses
// may guess one of many codes.
func (a *addresses) Guess(ctx context.Context, address string) (right func(), err error) {
	e := requestOf(ctx, a.host)
	if e == nil {
		return nil, errNoRequest
	}
	limits := e.auth.config.Limits
	budgets := append(e.clientBudgets("Limits.Client", "", limits.Client),
		budget{"Limits.Address", address, limits.Address}, budget{"Limits.Site", "", limits.Site})
	if err := e.auth.counter.take(ctx, e.now, budgets...); err != nil {
		return nil, err
	}
	return func() { e.auth.counter.give(ctx, budgets...) }, nil
}

func (a *addresses) Hashes(token string) []string {
	var hashes []string
	for _, secret := range a.host.auth.csrf.secrets {
		hashes = append(hashes, saltedHash(token, secret))
	}
	return hashes
}

func (a *addresses) Add(ctx context.Context, address string, tokens ...feature.AddressToken) error {
	create := func(ctx context.Context) error {
		for _, t := range tokens {
			err := a.store.CreateVerificationToken(ctx, &VerificationToken{
				Identifier: address, Token: t.Hash, Expires: t.Expires,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if len(tokens) == 1 {
		return storeError("store the verification token", create(ctx))
	}
	return storeError("store the verification token", a.host.auth.config.Adapter.Transact(ctx, create))
}

func (a *addresses) Take(ctx context.Context, address, hash string) (feature.AddressToken, error) {
	row, err := a.take(ctx, address, hash)
	if errors.Is(err, ErrNotFound) {
		return feature.AddressToken{}, fail(CodeVerification, "the token %w: %w", errUsed, ErrNotFound)
	} else if err != nil {
		return feature.AddressToken{}, storeError("consume the verification token", err)
	}
	return feature.AddressToken{Hash: row.Token, Expires: row.Expires}, nil
}

func (a *addresses) take(ctx context.Context, address, hash string) (*VerificationToken, error) {
	return consumeToken(ctx, a.store, &VerificationToken{Identifier: address, Token: hash})
}

// Use removes a token, expired or not. If it has not expired, all other tokens of the address go
// with it.
func (a *addresses) Use(ctx context.Context, address string, hashes ...string) (feature.AddressToken, error) {
	var used feature.AddressToken
	now := a.host.Now()
	err := a.host.auth.config.Adapter.Transact(ctx, func(ctx context.Context) error {
		used = feature.AddressToken{} // of a run that was undone
		row, err := a.use(ctx, address, hashes, now)
		if err == nil {
			used = feature.AddressToken{Hash: row.Token, Expires: row.Expires}
		}
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound), err == nil && !now.Before(used.Expires):
		return used, fail(CodeVerification, "the token %w: %w", errUsed, ErrNotFound)
	case err != nil:
		return feature.AddressToken{}, storeError("consume the verification token", err)
	}
	return used, nil
}

// use is the transaction of Use.
//
// The first statement makes callers for one address wait for each other. Otherwise two of them
// could each remove its own token and wait for the other's, a deadlock that PostgreSQL takes a
// second to notice.
func (a *addresses) use(
	ctx context.Context, address string, hashes []string, now time.Time,
) (row *VerificationToken, err error) {
	lock := &VerificationToken{Identifier: address, Token: saltedHash("use", address), Expires: now}
	if err := a.store.CreateVerificationToken(ctx, lock); err != nil {
		return nil, err
	}
	err = fmt.Errorf("no hash: %w", ErrNotFound)
	for _, hash := range hashes {
		row, err = a.take(ctx, address, hash)
		if !errors.Is(err, ErrNotFound) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if now.Before(row.Expires) {
		_, err = a.store.DeleteVerificationTokens(ctx, address)
	} else {
		_, err = a.take(ctx, address, lock.Token)
	}
	return row, err
}

func (a *addresses) UseInSignIn(ctx context.Context, address string, hashes ...string) error {
	e := requestOf(ctx, a.host)
	if e == nil {
		return errNoRequest
	}
	e.once = &singleUse{of: a, address: address, hashes: hashes}
	return nil
}

func (a *addresses) Shared() bool { return len(a.host.auth.features.addresses) > 1 }

// errUsed says why a token does not count.
var errUsed = errors.New("was used already, has expired, or never was valid")

// consumeToken removes a token from the store. Of any number of callers one gets it, expired or
// not; the others get ErrNotFound.
func consumeToken(ctx context.Context, store TokenStore, t *VerificationToken) (*VerificationToken, error) {
	row, err := store.ConsumeVerificationToken(ctx, t.Identifier, t.Token)
	if err == nil && row.Identifier != t.Identifier {
		err = ErrNotFound // the store does not compare byte for byte
	}
	return row, err
}

// deleteMails makes the tokens useless that were mailed to a user, under each spelling of the
// address that a feature may have used.
func (a *Auth) deleteMails(ctx context.Context, userID string) error {
	store, ok := feature.StoreOf[TokenStore](a.config.Adapter)
	if !ok {
		return nil
	}
	found, err := candidateOf(a.config.Adapter.UserByID(ctx, userID))
	u := found.user
	if err != nil || u == nil || emailaddr.Clean(u.Email) == "" {
		return err // also if an application stored what is the identifier of another token
	}
	spellings := []string{u.Email}
	for _, of := range a.features.addresses {
		if address, err := of.normalize(u.Email); err == nil && !slices.Contains(spellings, address) {
			spellings = append(spellings, address)
		}
	}
	for _, address := range spellings {
		if _, err := store.DeleteVerificationTokens(ctx, address); err != nil {
			return err
		}
	}
	return nil
}
