package cardea

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea/feature"
)

// Users returns what the site and all its features keep about users. A feature that removes a
// credential asks whether another one is left, inside of [Host.EndSessions] and after the row is
// gone, and returns [ErrLastCredential] to undo that:
//
//	err := h.EndSessions(ctx, userID, func(ctx context.Context) error {
//		if err := store.DeletePassword(ctx, userID); err != nil {
//			return err
//		}
//		if has, err := h.Users().HasCredential(ctx, userID); err != nil || !has {
//			return cmp.Or(err, cardea.ErrLastCredential)
//		}
//		return nil
//	})
//
// What counts is what [Auth.UnlinkAccount] says.
func (h *Host) Users() feature.Users { return hostUsers{h} }

// hostUsers is what the site and its features keep about users.
type hostUsers struct{ *Host }

func (h hostUsers) HasCredential(ctx context.Context, userID string) (bool, error) {
	if h.auth.config.Adapter == nil {
		return false, noAdapter("feature " + h.id)
	}
	accounts, err := h.auth.config.Adapter.Accounts(ctx, userID)
	if err != nil {
		return false, err
	}
	return h.auth.hasCredential(ctx, userID, accounts)
}

func (h hostUsers) Revoke(ctx context.Context, userID string, since time.Time) error {
	return h.auth.features.revoke(ctx, userID, since)
}

// revoke deletes what a stranger may know or have added since some time.
func (f *features) revoke(ctx context.Context, userID string, since time.Time) error {
	for _, r := range f.rows {
		if r.Revoke == nil {
			continue
		}
		if err := r.Revoke(ctx, userID, since); err != nil {
			return err
		}
	}
	return nil
}

func (h hostUsers) WayName(id string) string {
	if m := h.auth.method(id); m != nil {
		return m.info().name
	}
	return id
}

func (h hostUsers) OnLink(linked func(ctx context.Context, provider string)) {
	h.auth.features.onLink = append(h.auth.features.onLink, linked)
}

func (h hostUsers) Export(ctx context.Context, userID string) (map[string][]any, error) {
	all := map[string][]any{}
	for _, r := range h.auth.features.rows {
		if r.Export == nil {
			continue
		}
		value, err := r.Export(ctx, userID)
		if err != nil {
			return nil, err
		}
		if value != nil {
			all[r.feature] = append(all[r.feature], value)
		}
	}
	return all, nil
}
