package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

// keptFor is whom the links to undo a change belong to. It is not the id of the user, whose links
// end with every change of a credential: a stranger would change the password to end them.
func keptFor(userID string) string { return "kept:" + userID }

// endUndo ends the links of a user who is deleted, or whose address was taken back.
func (a addresses) endUndo(ctx context.Context, userID string) error {
	return a.host.EndTokens(ctx, keptFor(userID), kindUndo)
}

// newUndo returns a token that gives the address that a user has back to the user.
func (a addresses) newUndo(ctx context.Context, u *cardea.User, lifetime time.Duration) (string, error) {
	keys, err := a.keys(ctx, u.ID)
	if err != nil {
		return "", err
	}
	values := oauth.Claims{
		valueUser: u.ID, valueOld: u.Email, valueSince: strconv.FormatInt(a.host.Now().UnixMilli(), 10),
	}
	if len(keys) <= maxKeys {
		names := make([]string, len(keys))
		for i, k := range keys {
			names[i] = k.name
		}
		values[valueKeys] = strings.Join(names, " ")
	}
	return a.host.NewToken(ctx, kindUndo, keptFor(u.ID), lifetime, values)
}

// maxKeys is how many ways in fit into a link. With more of them, none is removed.
const maxKeys = 40

// key is an account at a provider, or a passkey.
type key struct {
	name   string // a short hash
	remove func(ctx context.Context) error
}

func newKey(remove func(ctx context.Context) error, parts ...string) key {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return key{base64.RawURLEncoding.EncodeToString(sum[:9]), remove}
}

// keys returns the accounts and passkeys of a user, which do not say when they were added.
func (a addresses) keys(ctx context.Context, userID string) ([]key, error) {
	accounts, err := a.host.Adapter().Accounts(ctx, userID)
	if err != nil {
		return nil, err
	}
	var keys []key
	for _, account := range accounts {
		remove := func(ctx context.Context) error {
			return a.host.Adapter().UnlinkAccount(ctx, account.Provider, account.ProviderAccountID)
		}
		keys = append(keys, newKey(remove, "account", account.Provider, account.ProviderAccountID))
	}
	store, ok := feature.StoreOf[cardea.AuthenticatorStore](a.host.Adapter())
	if !ok {
		return keys, nil
	}
	passkeys, err := store.Authenticators(ctx, userID)
	for _, p := range passkeys {
		remove := func(ctx context.Context) error { return store.DeleteAuthenticator(ctx, userID, p.CredentialID) }
		keys = append(keys, newKey(remove, "passkey", p.CredentialID))
	}
	return keys, err
}

// showUndo asks whether to take the address back. Nobody needs to be signed in: the user may have
// lost the account.
func (a addresses) showUndo(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	l, err := a.opened(ctx, kindUndo)
	if err != nil {
		return err
	}
	t := language.Of(ctx)
	return a.host.Page(ctx, feature.Page{
		Title: t.Text("undo.heading"), Text: []string{t.Text("undo.text", "address", l.value(valueOld))},
		Forms: []feature.Form{{Path: pathUndo, Button: t.Text("undo.button")}},
	})
}

// undo gives the user the old address again, whatever address the user has by now, and removes what
// a stranger may know or have added since. All sessions and links of the user end, and the links to
// undo later changes too, which the stranger has. That is one transaction.
func (a addresses) undo(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	l, err := a.opened(ctx, kindUndo)
	if err != nil {
		return err
	}
	var owner *cardea.User
	err = a.host.EndSessions(ctx, l.value(valueUser), func(ctx context.Context) error {
		if _, _, err := a.host.UseToken(ctx, l.kind, l.token); err != nil {
			return err
		}
		if owner, err = a.host.Adapter().UserByID(ctx, l.value(valueUser)); err != nil {
			return err
		}
		if err := a.move(ctx, owner, l.value(valueOld)); err != nil {
			return err
		}
		if err := a.revoke(ctx, l); err != nil {
			return err
		}
		return a.endUndo(ctx, owner.ID)
	})
	if err != nil {
		return err
	}
	a.host.Cookie(ctx, cookieLink).Clear()
	to := *owner
	err = a.host.SendMail(ctx, to.Email, func(ctx context.Context) error {
		return a.send(ctx, Mail{Kind: MailRestored, To: to.Email, URL: a.host.URL(ctx, "signin"), User: &to})
	})
	if err != nil {
		return err
	}
	t := language.Of(ctx)
	return a.host.Page(ctx, feature.Page{
		Title: t.Text("undone.heading"), Text: []string{t.Text("undone.text")},
		HTML: linkTo(a.host.URL(ctx, "signin"), t.Text("undone.signin")),
	})
}

// revoke removes what a stranger may know or have added since the change.
func (a addresses) revoke(ctx context.Context, l link) error {
	if before, ok := l.values[valueKeys]; ok {
		names := strings.Fields(before.(string))
		keys, err := a.keys(ctx, l.value(valueUser))
		if err != nil {
			return err
		}
		for _, k := range keys {
			if slices.Contains(names, k.name) {
				continue
			}
			if err := k.remove(ctx); err != nil {
				return err
			}
		}
	}
	since, err := strconv.ParseInt(l.value(valueSince), 10, 64)
	if err != nil {
		return err
	}
	return a.host.Users().Revoke(ctx, l.value(valueUser), time.UnixMilli(since))
}
