package password

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

const pathRemove = "password/remove"

// removal is the end of a password on the account page.
type removal struct{ *Feature }

// form is on the account page.
func (removal) form(t *language.Texts) feature.Form {
	return feature.Form{
		Path: pathRemove, Button: t.Text("password.remove.button"), Text: t.Text("password.remove.text"),
	}
}

// remove answers the form of a user who has signed in a short time ago. The last way in stays.
func (f removal) remove(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u, err := f.host.Adapter().UserByID(ctx, cardea.SessionFrom(ctx).UserID)
	if err != nil {
		return f.host.StoreError("read the user", err)
	}
	err = f.host.EndSessions(ctx, u.ID, func(ctx context.Context) error {
		if _, _, err := f.store.PasswordHash(ctx, u.ID); err != nil {
			return err
		}
		if err := f.store.DeletePassword(ctx, u.ID); err != nil {
			return err
		}
		has, err := f.host.Users().HasCredential(ctx, u.ID)
		switch {
		case err != nil:
			return err
		case !has:
			return cardea.ErrLastCredential
		}
		return f.notify(ctx, u, MailRemoved)
	})
	switch {
	case errors.Is(err, cardea.ErrLastCredential):
		return refuseChange(f.Feature, r, true, CodeLast)
	case errors.Is(err, cardea.ErrNotFound):
		err = nil // there is none
	}
	if err != nil {
		return err
	}
	return toAccount(ctx, f.Feature, SuccessRemoved)
}

// revoke deletes the password, however old it is: a stranger who had the account has known it.
func (f removal) revoke(ctx context.Context, userID string, _ time.Time) error {
	return f.store.DeletePassword(ctx, userID)
}
