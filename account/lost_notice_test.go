package account_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// brokenStore fails if the test asks for that: in the transaction of a change with sessions in the
// database, and after it with sessions in cookies.
type brokenStore struct {
	*memadapter.Adapter
	isBroken atomic.Bool
}

func (s *brokenStore) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	if s.isBroken.Load() {
		return 0, errBroken
	}
	return s.Adapter.DeleteSessions(ctx, userID, except)
}

func (s *brokenStore) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	if s.isBroken.Load() && t.Identifier == "cut:" { // the end of the sessions in cookies
		return errBroken
	}
	return s.Adapter.CreateVerificationToken(ctx, t)
}

var errBroken = errors.New("broken by the test")

// Both addresses hear of a change, and the old one of its undo, although something fails after it
// is stored: the callback of the application, or the store. Of a change that is not stored, nobody
// hears.
func TestNoticesOfAddressesAreNotLost(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"Callbacks.JWT", "the sign-outs", "the sessions"} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			store, isCut := &brokenStore{Adapter: memadapter.New()}, &atomic.Bool{}
			s, mails := newAddressSite(t, func(c *cardea.Config) {
				c.Adapter = store
				if broken != "the sessions" {
					c.Session = cardea.SessionConfig{Strategy: cardea.StrategyJWT, ShareSignOuts: true}
				}
				c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
					if isCut.Load() {
						return nil, errBroken
					}
					return t.Claims, nil
				}
			})
			s.store = store.Adapter
			ann := s.signIn(t, firefox, "idp-1")
			id := userID(t, s, annsOld)
			// change posts a form while something is broken, and again if that has changed nothing.
			change := func(b *cardeatest.Browser, path string, form url.Values) {
				t.Helper()
				before := addressOf(t, s, id)
				isCut.Store(broken == "Callbacks.JWT")
				store.isBroken.Store(broken != "Callbacks.JWT")
				posted(b, path, form)
				isCut.Store(false)
				store.isBroken.Store(false)
				if isStored := addressOf(t, s, id) != before; isStored != (broken != "the sessions") {
					t.Fatalf("%s: the change is stored: %v", path, isStored)
				} else if !isStored {
					posted(b, path, form)
				}
			}
			follow(t, ann, ask(t, ann, mails, annsNew))
			change(ann, confirmPath, nil)
			told(t, mails, annsNew+": Your address for "+s.URL[len("http://"):]+" was changed")
			owner := cardeatest.NewBrowser(t, s.URL)
			follow(t, owner, mailTo(t, mails, annsOld, "was changed", 1))
			change(owner, undoPath, nil)
			all := told(t, mails, annsOld+": Your address for "+s.URL[len("http://"):]+" is the old one again")
			all = slices.DeleteFunc(all, func(m string) bool {
				return !strings.Contains(m, "was changed") && !strings.Contains(m, "the old one again")
			})
			if len(all) != 3 {
				t.Errorf("mails %q, want one for each change and address", all)
			}
		})
	}
}

// Nobody hears of a deletion that is undone, and the owner of the account of one that is made.
func TestNoticesOfDeletions(t *testing.T) {
	t.Parallel()
	store := &brokenStore{Adapter: memadapter.New()}
	mails := &cardeatest.Mailbox{}
	s := newSite(t, account.Options{From: "Example <no-reply@example.com>", Sender: mails},
		func(c *cardea.Config) {
			c.Adapter = store
			c.Session = cardea.SessionConfig{Strategy: cardea.StrategyJWT, ShareSignOuts: true}
		})
	s.store = store.Adapter
	ann := s.signIn(t, firefox, "idp-1")
	store.isBroken.Store(true)
	posted(ann, "/account/delete", url.Values{"confirm": {annsOld}})
	if userID(t, s, annsOld) == "" {
		t.Fatal("the user is deleted")
	}
	store.isBroken.Store(false)
	posted(s.signIn(t, firefox, "idp-1"), "/account/delete", url.Values{"confirm": {annsOld}})
	if got := told(t, mails, annsOld+": Your account at "+s.URL[len("http://"):]+" was deleted"); len(got) != 1 {
		t.Errorf("mails %q", got)
	}
}
