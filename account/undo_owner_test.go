package account_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
)

// undone uses a link to undo a change of the address, and returns the page that follows.
func undone(t *testing.T, s *site, link string) string {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.URL)
	follow(t, b, link)
	return body(t, b.Post(undoPath, nil))
}

// The stranger has links too, for later changes. To use one ends no link of the owner, and after
// the owner has used one, the stranger's are worthless.
func TestUndoOfTheOwnerOutlivesTheStrangers(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	stranger := s.signIn(t, firefox, "idp-1") // a found session
	id := userID(t, s, annsOld)
	move(t, stranger, mails, "evil@example.com")
	owners := mailTo(t, mails, annsOld, "was changed", 1)
	ask(t, stranger, mails, "evil2@example.com")
	strangers := mailTo(t, mails, "evil@example.com", "Request to change", 1)
	wants(t, undone(t, s, strangers), "yours again")
	if got := addressOf(t, s, id); got != "evil@example.com" {
		t.Fatalf("the stranger's link leads to %s", got)
	}

	stranger = s.enter(t, id)
	move(t, stranger, mails, "evil3@example.com")
	late := mailTo(t, mails, "evil@example.com", "was changed", 2)
	wants(t, undone(t, s, owners), "yours again")
	if got := addressOf(t, s, id); got != annsOld {
		t.Errorf("the owner has used the link to undo, and the address is %s", got)
	}
	for _, link := range []string{late, strangers} {
		undone(t, s, link)
		if got := addressOf(t, s, id); got != annsOld {
			t.Errorf("a later link has moved the account to %s", got)
		}
	}
}

// A provider that is not trusted with addresses has made a user with the old address. Nobody has
// proven it, so the owner takes it.
func TestUndoTakesTheAddressFromAnUnprovenUser(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t)
	stranger := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	move(t, stranger, mails, "evil@example.com")
	cardeatest.NewBrowser(t, s.URL).SignIn("other", "other-1")
	other := userID(t, s, annsOld)
	if other == "" || other == id {
		t.Fatalf("the second user is %q", other)
	}
	wants(t, undone(t, s, mailTo(t, mails, annsOld, "was changed", 1)), "yours again")
	if own, others := addressOf(t, s, id), addressOf(t, s, other); own != annsOld || others != "" {
		t.Errorf("the owner has %q, the other user %q", own, others)
	}
	if stranger.Session() != nil {
		t.Error("the stranger is still signed in")
	}
}

// Another user has proven the old address meanwhile, perhaps the owner, who has signed up again.
// That user keeps it. The stranger loses the account in any case, and the link counts again when
// the address is free.
func TestUndoWhileAnotherUserHasProvenTheAddress(t *testing.T) {
	t.Parallel()
	rows := &revoked{since: map[string]time.Time{}}
	s, mails := newAddressSite(t, func(c *cardea.Config) { c.Features = append(c.Features, rows) })
	stranger := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	move(t, stranger, mails, "evil@example.com")
	owners := mailTo(t, mails, annsOld, "was changed", 1)
	move(t, stranger, mails, "evil2@example.com")
	strangers := mailTo(t, mails, "evil@example.com", "was changed", 2)
	stranger.SignIn("other", "other-3")
	other := &cardea.User{Email: annsOld, EmailVerified: time.Now()}
	if err := s.store.CreateUser(t.Context(), other); err != nil {
		t.Fatal(err)
	}

	wants(t, undone(t, s, owners), "belongs to another account", annsOld)
	u, err := s.store.UserByID(t.Context(), id)
	if err != nil || u.Email != "" || !u.EmailVerified.IsZero() || addressOf(t, s, other.ID) != annsOld {
		t.Errorf("got %+v, %v, and the other user has %q", u, err, addressOf(t, s, other.ID))
	}
	accounts, err := s.store.Accounts(t.Context(), id)
	if err != nil || len(accounts) != 1 || accounts[0].Provider != "idp" || stranger.Session() != nil {
		t.Errorf("accounts %v, %v; the stranger is signed in: %v", accounts, err, stranger.Session() != nil)
	}
	rows.mu.Lock()
	_, called := rows.since[id]
	rows.mu.Unlock()
	if !called {
		t.Error("nothing was revoked")
	}
	undone(t, s, strangers)
	if got := addressOf(t, s, id); got != "" {
		t.Errorf("the stranger's link has moved the account to %s", got)
	}

	if err := s.auth.DeleteUser(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"yours again", "no longer valid"} {
		text := undone(t, s, owners)
		if addressOf(t, s, id) != annsOld || !strings.Contains(text, want) {
			t.Errorf("use %d: the address is %q, %s", i, addressOf(t, s, id), text)
		}
	}
}

// meanwhile is a store in which another user gets the old address just before it is stored.
type meanwhile struct {
	*memadapter.Adapter
	others atomic.Int32 // how often that still happens
}

func (m *meanwhile) UpdateUser(ctx context.Context, u *cardea.User) error {
	if u.Email == annsOld && m.others.Add(-1) >= 0 {
		return cardea.ErrConflict
	}
	return m.Adapter.UpdateUser(ctx, u)
}

// A user who gets the old address in the moment of the undo does not keep the stranger in.
func TestUndoAtOnceWithANewUser(t *testing.T) {
	t.Parallel()
	store := &meanwhile{}
	s, mails := newAddressSite(t, func(c *cardea.Config) {
		store.Adapter = c.Adapter.(*memadapter.Adapter)
		c.Adapter = store
	})
	stranger := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, annsOld)
	move(t, stranger, mails, "evil@example.com")
	owners := mailTo(t, mails, annsOld, "was changed", 1)
	store.others.Store(2)
	wants(t, undone(t, s, owners), "yours again")
	if got := addressOf(t, s, id); got != annsOld || stranger.Session() != nil {
		t.Errorf("the address is %q, the stranger is signed in: %v", got, stranger.Session() != nil)
	}
}
