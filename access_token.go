package cardea

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/backoff"
	"github.com/cardea-auth/cardea/internal/relyingparty"
	"github.com/cardea-auth/cardea/internal/singleflight"
)

const (
	// refreshBefore is the time before its expiry at which an access token is refreshed, so that it
	// does not expire during the application's request.
	refreshBefore = time.Minute

	requestTimeout = 15 * time.Second // of the requests to a provider for one refresh
	storeTimeout   = 10 * time.Second // of storing what the provider returned
	refreshTimeout = time.Minute      // of a refresh, including the wait for another process
)

// AccessToken returns a valid access token of a user at a provider, for requests to the provider's
// API. If the user has several accounts at the provider, it uses the one whose account id sorts
// first.
//
// A token that expires within a minute is refreshed first (RFC 6749 § 6), with the refresh token of
// the last sign-in or refresh, and the new tokens are stored. A provider returns a refresh token
// only if the scopes ask for it, often with offline_access. A token whose expiry the provider did
// not state is returned as it is.
//
// AccessToken may be called concurrently, but not in a transaction of the application. A refresh
// token is used once: all callers in this process wait for one refresh, and those in other
// processes too if the [Config.Adapter] is a [TokenStore]. The clocks of the processes must agree
// within ten seconds.
//
// A caller whose ctx ends stops waiting, and the refresh goes on. If a process dies after the
// provider has answered and before the answer is stored, the tokens are lost, and some providers
// then revoke the grant.
//
// The error is
//   - [ErrNotFound] if the user has no such account, the provider is not configured, or there is no
//     Adapter;
//   - [ErrGrantRevoked] if the grant expired or was revoked, and the person must sign in again;
//   - [ErrTokenBound] if the token is bound to a key by DPoP and cannot be used as a bearer token;
//   - an [Error] with [CodeAccessDenied] if [Callbacks.Authorized] refuses. It is called with a
//     session that has only UserID and User.
//
// After any other error, from the provider or the store, nothing has changed, and trying again may
// help.
func (a *Auth) AccessToken(ctx context.Context, userID, provider string) (string, error) {
	token, err := a.accessToken(ctx, userID, provider)
	if err != nil {
		return "", fmt.Errorf("cardea: access token of provider %q: %w", provider, err)
	}
	return token, nil
}

func (a *Auth) accessToken(ctx context.Context, userID, provider string) (string, error) {
	r, ok := a.method(provider).(refresher)
	if !ok || a.config.Adapter == nil {
		return "", ErrNotFound
	}
	if err := a.authorizeUser(ctx, userID); err != nil {
		return "", err
	}
	return a.tokens.get(ctx, r, userID, provider)
}

// authorizeUser asks Callbacks.Authorized about a user, as readSession does about a session.
func (a *Auth) authorizeUser(ctx context.Context, userID string) error {
	decide := a.config.Callbacks.Authorized
	if decide == nil {
		return nil
	}
	u, err := a.config.Adapter.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	s := &Session{UserID: u.ID, User: u}
	ok, err := decide(aboutUser(ctx, a, u, s), s)
	if err == nil && !ok {
		err = fail(CodeAccessDenied, "the application does not let this user in")
	}
	return err
}

// refresher is a [signInMethod] whose accounts have tokens that can be refreshed.
type refresher interface {
	// refresh returns the account with new tokens. The errors are those of
	// [relyingparty.Client.Refresh].
	refresh(ctx context.Context, account *Account) (*Account, error)
}

func (m *oauthMethod) refresh(ctx context.Context, account *Account) (*Account, error) {
	t, err := m.client.Refresh(ctx, account.RefreshToken, account.IDToken)
	if err != nil {
		return nil, err
	}
	return newAccount(m.Provider, account.ProviderAccountID, t), nil
}

// accessTokens returns the access tokens of stored accounts, and refreshes them.
type accessTokens struct {
	adapter   Adapter
	now       func() time.Time
	log       *slog.Logger
	refreshes singleflight.Group[string]
}

func newAccessTokens(a *Auth) *accessTokens {
	return &accessTokens{adapter: a.config.Adapter, now: a.clock, log: a.log}
}

// get returns the access token of a user at a provider, and refreshes it if that is due.
func (t *accessTokens) get(ctx context.Context, r refresher, userID, provider string) (string, error) {
	account, err := t.account(ctx, userID, provider, "")
	if err != nil {
		return "", err
	}
	if token, err := t.validToken(account); token != "" || err != nil {
		return token, err
	}
	return t.refreshes.Do(ctx, accountKey(account), refreshTimeout, func(ctx context.Context) (string, error) {
		return t.refreshLocked(ctx, r, account)
	})
}

// account returns the account of a user at a provider: the one with that id, or the first one if id
// is "". If there is none, the error is ErrNotFound.
func (t *accessTokens) account(ctx context.Context, userID, provider, id string) (*Account, error) {
	accounts, err := t.adapter.Accounts(ctx, userID)
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		if account.Provider == provider && (id == "" || account.ProviderAccountID == id) {
			return account, nil
		}
	}
	return nil, ErrNotFound
}

// accountKey is the key of an account as one text.
func accountKey(account *Account) string {
	return strings.Join([]string{account.Provider, account.ProviderAccountID}, "\x00")
}

// validToken returns the access token of an account, or "" if it must be refreshed. The error is
// ErrGrantRevoked if it cannot be refreshed, and ErrTokenBound if it is bound to a key.
func (t *accessTokens) validToken(account *Account) (string, error) {
	now := t.now()
	if account.RefreshToken != "" {
		now = now.Add(refreshBefore)
	}
	switch {
	case relyingparty.IsBound(account.TokenType) && account.AccessToken+account.RefreshToken != "":
		return "", ErrTokenBound
	case account.AccessToken != "" && (account.ExpiresAt.IsZero() || now.Before(account.ExpiresAt)):
		return account.AccessToken, nil
	case account.RefreshToken == "":
		return "", ErrGrantRevoked
	}
	return "", nil
}

// storedToken returns the access token that another refresh has just stored. If it is about to
// expire already, that is an error.
func (t *accessTokens) storedToken(account *Account) (string, error) {
	token, err := t.validToken(account)
	if token == "" && err == nil {
		err = errors.New("another refresh has stored tokens that are about to expire")
	}
	return token, err
}

// refreshLocked refreshes the tokens of an account under the lock of the account. If another
// process has refreshed them before it gets the lock, it returns the new access token.
func (t *accessTokens) refreshLocked(ctx context.Context, r refresher, old *Account) (string, error) {
	lock := newRefreshLock(t, old)
	for attempt := 0; ; attempt++ {
		held, err := lock.acquire(ctx)
		if err != nil {
			return "", err
		}
		if held {
			break
		}
		if err := backoff.Wait(ctx, attempt); err != nil {
			return "", err
		}
		if token, _, err := t.reread(ctx, old); token != "" || err != nil {
			return token, err
		}
	}
	defer lock.release(ctx)
	token, account, err := t.reread(ctx, old)
	if token != "" || err != nil {
		return token, err
	}
	return t.refresh(ctx, r, account)
}

// reread reads an account again, and returns its access token, "" if it must be refreshed.
func (t *accessTokens) reread(ctx context.Context, old *Account) (string, *Account, error) {
	account, err := t.account(ctx, old.UserID, old.Provider, old.ProviderAccountID)
	if err != nil {
		return "", nil, err
	}
	token, err := t.validToken(account)
	return token, account, err
}

// refresh redeems the refresh token of an account and stores the new tokens. The caller holds the
// lock, so nobody else does so at the same time, unless the lock expires.
func (t *accessTokens) refresh(ctx context.Context, r refresher, account *Account) (string, error) {
	inTime, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	fresh, err := r.refresh(inTime, account)
	switch {
	case errors.Is(err, relyingparty.ErrNoRefresh):
		return "", ErrGrantRevoked
	case errors.Is(err, relyingparty.ErrRevoked):
		return t.forget(ctx, account)
	case err != nil:
		return "", err
	}
	newer, err := t.replace(ctx, account, func(ctx context.Context) error {
		return t.adapter.UpdateAccount(ctx, fresh)
	})
	if err != nil {
		return "", err
	}
	if newer != nil {
		return t.storedToken(newer)
	}
	t.log.InfoContext(ctx, "cardea: access token refreshed", "user", account.UserID, "provider", account.Provider)
	if relyingparty.IsBound(fresh.TokenType) {
		return "", ErrTokenBound
	}
	return fresh.AccessToken, nil
}

// forget deletes the tokens of an account whose grant was revoked.
func (t *accessTokens) forget(ctx context.Context, account *Account) (string, error) {
	t.log.WarnContext(ctx, "cardea: grant revoked", "user", account.UserID, "provider", account.Provider)
	newer, err := t.replace(ctx, account, func(ctx context.Context) error {
		return t.adapter.ForgetTokens(ctx, account.Provider, account.ProviderAccountID)
	})
	if err != nil || newer == nil {
		return "", errors.Join(ErrGrantRevoked, err)
	}
	return t.storedToken(newer)
}

// replace calls write for an account whose refresh token was redeemed. If somebody else has stored
// other tokens in the meantime, it does not call write, and returns the account with those tokens;
// otherwise newer is nil.
//
// It tries again until storeTimeout, because the new tokens are nowhere but in this process, and
// the old refresh token may be worthless.
func (t *accessTokens) replace(
	ctx context.Context, used *Account, write func(context.Context) error,
) (newer *Account, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err = t.adapter.Transact(ctx, func(ctx context.Context) (err error) {
			if err := t.adapter.LockUser(ctx, used.UserID); err != nil {
				return err
			}
			newer, err = t.account(ctx, used.UserID, used.Provider, used.ProviderAccountID)
			if err != nil || newer.RefreshToken != used.RefreshToken {
				return err
			}
			newer = nil
			return write(ctx)
		})
		if err == nil || errors.Is(err, ErrNotFound) || backoff.Wait(ctx, attempt) != nil {
			return newer, err
		}
	}
}
