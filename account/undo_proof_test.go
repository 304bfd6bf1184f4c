package account_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// A link that undoes a change of the address is of the person who had the account then. If the
// application gives the user an address that somebody else is the first to prove, it ends.
func TestUndoFromBeforeTheFirstProof(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	u := &cardea.User{Name: "Eve", Email: "eve@evil.example", EmailVerified: time.Now()}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	posted(s.enter(t, u.ID), "/account/address", url.Values{"email": {"other@evil.example"}})
	undo := mailTo(t, mails, "eve@evil.example", "Request to change your address", 1)
	row, err := s.store.UserByID(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	row.Email, row.EmailVerified = annsOld, time.Time{}
	if err := s.store.UpdateUser(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	ann := s.signIn(t, firefox, "idp-1")
	if ann.Session() == nil || userID(t, s, annsOld) != u.ID {
		t.Fatal("Ann is not the user")
	}
	eve := cardeatest.NewBrowser(t, s.URL)
	follow(t, eve, undo)
	posted(eve, undoPath, nil)
	if got := addressOf(t, s, u.ID); got != annsOld {
		t.Errorf("the address is %s, want Ann's", got)
	}
}
