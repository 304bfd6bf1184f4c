package cardea

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

const (
	// renewBefore is how long before its end an access token is renewed, so that the call that it
	// is for has time.
	renewBefore = time.Minute

	callLimit  = 15 * time.Second // of the calls to a provider for one renewal
	storeLimit = 10 * time.Second // of storing what it gave
	renewLimit = time.Minute      // of a renewal, with the time in which another process is at it
)

// AccessToken returns a valid access token of a user at a provider, for calls to the provider's
// API. One that expires within a minute is refreshed first (RFC 6749 § 6), by the refresh token of
// the last sign-in or refresh, and the new tokens are stored; a provider gives one only if the
// scopes ask for it, often as offline_access. Of several accounts at one provider the one with the
// first id counts. A token whose end the provider did not tell is returned as it is.
//
// A refresh token is spent once: all callers in this process wait for one refresh and, where the
// [Config.Adapter] is a [TokenStore], those in other processes too. Their clocks must agree within
// ten seconds. It must not be called in a transaction of the application's. A caller whose ctx ends
// stops waiting, and the refresh goes on. Where a process dies between the provider's answer and
// its storing, the tokens are lost, and some providers then revoke the grant.
//
// The error is [ErrNotFound] when the user has no such account, the provider is not configured (any
// more), or there is no Adapter; [ErrGrantRevoked] when the person must sign in again;
// [ErrTokenBound] where the provider has DPoP; an [Error] with [CodeAccessDenied] when
// [Callbacks.Authorized] says so, which is asked with a session that has only UserID and User; and
// another one when the provider or the store cannot be asked, in which case nothing has changed,
// and trying again may help.
func (a *Auth) AccessToken(ctx context.Context, userID, provider string) (string, error) {
	token, err := a.accessToken(ctx, userID, provider)
	if err != nil {
		return "", fmt.Errorf("cardea: access token of provider %q: %w", provider, err)
	}
	return token, nil
}

func (a *Auth) accessToken(ctx context.Context, userID, provider string) (string, error) {
	client, ok := a.clients[provider]
	if !ok || a.config.Adapter == nil {
		return "", ErrNotFound
	}
	if err := a.authorize(ctx, userID); err != nil {
		return "", err
	}
	account, err := a.account(ctx, userID, provider, "")
	if err != nil {
		return "", err
	}
	if token, err := a.current(account); token != "" || err != nil {
		return token, err
	}
	return a.renewals.do(ctx, renewalKey(account), renewLimit, func(ctx context.Context) (string, error) {
		return a.renew(ctx, client, account)
	})
}

// authorize asks the application whether a user counts, as read does about a session.
func (a *Auth) authorize(ctx context.Context, userID string) error {
	decide := a.config.Callbacks.Authorized
	if decide == nil {
		return nil
	}
	u, err := a.config.Adapter.UserByID(ctx, userID)
	if err != nil {
		return err
	}
	ok, err := decide(ctx, &Session{UserID: u.ID, User: u})
	if err == nil && !ok {
		err = fail(CodeAccessDenied, "the application does not let this user in")
	}
	return err
}

// account returns the account of a user at a provider with that id, or with any if it is "", or
// ErrNotFound.
func (a *Auth) account(ctx context.Context, userID, provider, id string) (*Account, error) {
	accounts, err := a.config.Adapter.Accounts(ctx, userID)
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

// current returns the access token that an account has, "" if it must be renewed, and
// ErrGrantRevoked if it cannot be.
func (a *Auth) current(account *Account) (string, error) {
	now := a.now()
	if account.RefreshToken != "" {
		now = now.Add(renewBefore)
	}
	switch {
	case bound(account) && account.AccessToken+account.RefreshToken != "":
		return "", ErrTokenBound
	case account.AccessToken != "" && (account.ExpiresAt.IsZero() || now.Before(account.ExpiresAt)):
		return account.AccessToken, nil
	case account.RefreshToken == "":
		return "", ErrGrantRevoked
	}
	return "", nil
}

// currentNow is current for an account that somebody else has written a moment ago.
func (a *Auth) currentNow(account *Account) (string, error) {
	token, err := a.current(account)
	if token == "" && err == nil {
		err = errors.New("the tokens were replaced meanwhile by others that are expiring")
	}
	return token, err
}

// renew refreshes the tokens of an account, unless another process does so first.
func (a *Auth) renew(ctx context.Context, client *oauthClient, old *Account) (string, error) {
	l := a.leaseOf(old)
	for try := 0; ; try++ {
		held, err := l.take(ctx)
		if err != nil {
			return "", err
		}
		if held {
			break
		}
		if err := pause(ctx, try); err != nil {
			return "", err
		}
		if token, _, err := a.look(ctx, old); token != "" || err != nil {
			return token, err
		}
	}
	defer l.release(ctx)
	token, account, err := a.look(ctx, old)
	if token != "" || err != nil {
		return token, err
	}
	return a.refresh(ctx, client, account)
}

// look reads an account again, and returns what current does.
func (a *Auth) look(ctx context.Context, old *Account) (string, *Account, error) {
	account, err := a.account(ctx, old.UserID, old.Provider, old.ProviderAccountID)
	if err != nil {
		return "", nil, err
	}
	token, err := a.current(account)
	return token, account, err
}

// refresh spends the refresh token of an account. Nobody else does so meanwhile, unless the lease
// has run out.
func (a *Auth) refresh(ctx context.Context, client *oauthClient, account *Account) (string, error) {
	inTime, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	fresh, err := client.refresh(inTime, account)
	adapter := a.config.Adapter
	if refusal, ok := errors.AsType[*oauth2.Error](err); ok && refusal.Revoked() {
		a.log.WarnContext(ctx, "cardea: grant revoked", "user", account.UserID, "provider", account.Provider)
		newer, err := a.replace(ctx, account, func(ctx context.Context) error {
			return adapter.ForgetTokens(ctx, account.Provider, account.ProviderAccountID)
		})
		if err != nil || newer == nil {
			return "", errors.Join(ErrGrantRevoked, err)
		}
		return a.currentNow(newer)
	}
	if err != nil {
		return "", err
	}
	newer, err := a.replace(ctx, account, func(ctx context.Context) error { return adapter.UpdateAccount(ctx, fresh) })
	if err != nil {
		return "", err
	}
	if newer != nil {
		return a.currentNow(newer)
	}
	a.log.InfoContext(ctx, "cardea: access token refreshed", "user", account.UserID, "provider", account.Provider)
	if bound(fresh) {
		return "", ErrTokenBound
	}
	return fresh.AccessToken, nil
}

// replace writes to an account whose refresh token was spent, unless somebody else has written
// newer ones since: then it returns the account with those. It tries for some time, because what a
// spent token was given for is nowhere else.
func (a *Auth) replace(
	ctx context.Context, spent *Account, write func(context.Context) error,
) (newer *Account, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	for try := 0; ; try++ {
		err = a.config.Adapter.Transact(ctx, func(ctx context.Context) (err error) {
			if err := a.config.Adapter.LockUser(ctx, spent.UserID); err != nil {
				return err
			}
			newer, err = a.account(ctx, spent.UserID, spent.Provider, spent.ProviderAccountID)
			if err != nil || newer.RefreshToken != spent.RefreshToken {
				return err
			}
			newer = nil
			return write(ctx)
		})
		if err == nil || errors.Is(err, ErrNotFound) || pause(ctx, try) != nil {
			return newer, err
		}
	}
}

// refresh asks the provider, as the client that has signed the person in, for the account with new
// tokens.
func (c *oauthClient) refresh(ctx context.Context, account *Account) (*Account, error) {
	if c.Exchange != nil { // the token endpoint is not one of RFC 6749
		return nil, ErrGrantRevoked
	}
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	client := c.client(m, "")
	client.TokenURL = cmp.Or(c.RefreshURL, client.TokenURL)
	t, err := client.Refresh(ctx, account.RefreshToken)
	if err != nil {
		return nil, err
	}
	if t.IDToken != "" && account.IDToken != "" && !samePerson(t.IDToken, account.IDToken) {
		// OpenID Connect Core 1.0, Section 12.2
		return nil, errors.New("refresh: the new ID token is about somebody else")
	}
	return &Account{
		Provider: account.Provider, ProviderAccountID: account.ProviderAccountID,
		AccessToken: t.Access, RefreshToken: t.Refresh, ExpiresAt: t.Expires, TokenType: t.Type,
		Scope: t.Scope, IDToken: t.IDToken, SessionState: t.SessionState,
	}, nil
}

// samePerson compares ID tokens that came from the token endpoint itself, so that their signatures
// need not be checked (OpenID Connect Core 1.0 § 3.1.3.7).
func samePerson(one, two string) bool {
	x, y := claimsOf(one), claimsOf(two)
	return x.String("sub") != "" && x.String("sub") == y.String("sub") && x.String("iss") == y.String("iss")
}

// claimsOf are the claims of a JWT, unverified; none of what is no JWT.
func claimsOf(token string) (c Claims) {
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &c) != nil {
		return nil
	}
	return c
}

// pause waits before another try, longer each time and not as long as others do. It returns an
// error when ctx ends.
func pause(ctx context.Context, try int) error {
	longest := 50 * time.Millisecond << min(try, 3)
	n, err := rand.Int(rand.Reader, big.NewInt(int64(longest/2)))
	if err != nil {
		return err
	}
	select {
	case <-time.After(longest/2 + time.Duration(n.Int64())):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
