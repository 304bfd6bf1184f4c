package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

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
	ctx, t := r.Context(), language.Of(r.Context())
	if r.URL.Query().Get("success") == SuccessAddressRestored {
		return a.host.Page(ctx, feature.Page{
			Title: t.Text("undone.heading"), Text: []string{t.Text("undone.text")},
			HTML: linkTo(a.host.URL(ctx, "signin"), t.Text("undone.signin")),
		})
	}
	l, err := a.opened(ctx, kindUndo)
	if err != nil {
		return err
	}
	return a.host.Page(ctx, feature.Page{
		Title: t.Text("undo.heading"), Text: []string{t.Text("undo.text", "address", l.value(valueOld))},
		Forms: []feature.Form{{Path: pathUndo, Button: t.Text("undo.button"), Hidden: l.Hidden()}},
	})
}

// undo takes the account back: see takeBack. That is one transaction.
func (a addresses) undo(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	l, err := a.opened(ctx, kindUndo)
	if err != nil {
		return err
	}
	if !l.Marks(a.host.Form(ctx)) {
		return errOtherPage
	}
	var back takenBack
	for range maxConflicts {
		err = a.host.EndSessions(ctx, l.value(valueUser), func(ctx context.Context) (err error) {
			if back, err = a.takeBack(ctx, l); err != nil || !back.hasAddress {
				return err
			}
			return a.tellOfUndo(ctx, back.user)
		})
		if !errors.Is(err, cardea.ErrConflict) { // otherwise a new user has got the address meanwhile
			break
		}
	}
	if err != nil {
		return err
	}
	t := language.Of(ctx)
	if !back.hasAddress {
		return a.host.Page(ctx, feature.Page{
			Title: t.Text("undone.heading"), Text: []string{t.Text("undone.taken", "address", l.value(valueOld))},
			HTML: linkTo(a.host.URL(ctx, "signin"), t.Text("undone.signin")),
		})
	}
	a.host.Cookie(ctx, cookieLink).Clear()
	return a.host.Redirect(ctx, a.host.URL(ctx, pathUndo)+"?success="+SuccessAddressRestored)
}

// tellOfUndo tells the address that a user has again, after the answer. Ctx carries the transaction
// of the undo.
func (a addresses) tellOfUndo(ctx context.Context, u cardea.User) error {
	return a.host.SendMail(ctx, u.Email, func(ctx context.Context) error {
		return a.send(ctx, Mail{Kind: MailRestored, To: u.Email, URL: a.host.URL(ctx, "signin"), User: &u})
	})
}

// maxConflicts is how often an undo is tried that meets a new user with the old address.
const maxConflicts = 3

// takenBack is what an undo has done.
type takenBack struct {
	user       cardea.User
	hasAddress bool // the user has the old address again; otherwise none
}

// takeBack gives a user the old address again, whatever address the user has by now, and removes
// what a stranger may know or have added. If another user has proven the old address meanwhile, the
// user has no address afterwards: the one of now may be the stranger's. The link then counts again,
// for the time when the old address is free.
func (a addresses) takeBack(ctx context.Context, l link) (b takenBack, err error) {
	if _, _, err := a.host.Token(ctx, l.Kind, l.Token); err != nil { // the user is locked
		return b, err
	}
	u, err := a.host.Adapter().UserByID(ctx, l.value(valueUser))
	if err != nil {
		return b, err
	}
	address := l.value(valueOld)
	if b.hasAddress, err = a.free(ctx, u.ID, address); err != nil {
		return b, err
	}
	if !b.hasAddress {
		address = ""
	}
	if err := a.move(ctx, u, address); err != nil {
		return b, err
	}
	b.user = *u
	if err := a.revoke(ctx, l); err != nil {
		return b, err
	}
	used := l.undoLink()
	return b, a.endUndo(ctx, u.ID, func(other undoLink) bool {
		return other.since > used.since || b.hasAddress && other.mailbox == used.mailbox
	})
}

// free takes an address away from another user who never proved it, as a sign-in does, and reports
// false if another user has proven it, or is deleted and keeps it.
func (a addresses) free(ctx context.Context, userID, address string) (bool, error) {
	other, err := a.host.Adapter().UserByEmail(ctx, address)
	switch {
	case errors.Is(err, cardea.ErrUserDeleted):
		return false, nil
	case errors.Is(err, cardea.ErrNotFound):
		return true, nil
	case err != nil || other.ID == userID:
		return err == nil, err
	}
	if err := a.host.Adapter().LockUser(ctx, other.ID); err != nil {
		return false, err
	}
	if other, err = a.host.Adapter().UserByID(ctx, other.ID); err != nil {
		return false, err
	}
	if !other.EmailVerified.IsZero() {
		return other.Email != address, nil
	}
	other.Email = ""
	return true, a.host.Adapter().UpdateUser(ctx, other)
}

// addedBefore is how long before a link was made something may have been added that counts as the
// stranger's, who chooses what comes first.
const addedBefore = 7 * 24 * time.Hour

// revoke removes what a stranger may know or have added. What was there before the user of the link
// had proven the address is not the stranger's: a stranger who uses a link, too, must not remove
// the second factor of the owner.
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
	since := time.UnixMilli(l.milliseconds(valueSince)).Add(-addedBefore)
	if proven := time.UnixMilli(l.milliseconds(valueProven)); proven.After(since) {
		since = proven
	}
	return a.host.Users().Revoke(ctx, l.value(valueUser), since)
}
