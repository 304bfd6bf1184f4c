package account_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
)

// keepsUser is a store that cannot delete one user.
type keepsUser struct {
	*memadapter.Adapter
	id string
}

func (f *keepsUser) DeleteUser(ctx context.Context, id string) error {
	if id == f.id {
		return errors.New("a foreign key of the application")
	}
	return f.Adapter.DeleteUser(ctx, id)
}

// A user who cannot be deleted, because of a row of the application, keeps no other one.
func TestPurgeGoesOnAfterAUserWhoCannotBeDeleted(t *testing.T) {
	t.Parallel()
	mails := &cardeatest.Mailbox{}
	o := account.Options{From: "Example <no-reply@example.com>", Sender: mails, DeleteAfter: grace}
	s := &laterSite{mails: mails, page: account.New(o)}
	var f *keepsUser
	s.site = newSite(t, o, func(c *cardea.Config) {
		f = &keepsUser{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter, c.Features = f, []cardea.Feature{s.page}
	})
	ann := s.signIn(t, firefox, "idp-1")
	ben := s.signIn(t, firefox, "idp-2")
	f.id = userID(t, s.site, "ann@example.com")
	askFor(t, ann)
	posted(ben, "/account/delete", url.Values{"confirm": {"ben@example.com"}})
	s.age(t, grace)
	if n, err := s.page.PurgeDeleted(t.Context()); n != 1 || err == nil {
		t.Errorf("got %d, %v, want the other user, and an error", n, err)
	}
	if left := s.waiting(t); len(left) != 1 {
		t.Errorf("%d deletions wait, want 1", len(left))
	}
}
