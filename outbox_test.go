package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// outboxSite is a site with a feature that changes the name of a user, in a transaction, and tells
// the user. Something fails then, as the field "fault" of the form says.
type outboxSite struct {
	*site
	feature *testFeature
	store   *againStore
	isCut   atomic.Bool // Callbacks.JWT fails

	mu    sync.Mutex
	mails []string
}

// againStore undoes each transaction, and runs it again, if the test asks for that.
type againStore struct {
	*memadapter.Adapter
	isAgain atomic.Bool

	afterCommit atomic.Pointer[func()] // called once, before Transact returns
}

func (s *againStore) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.isAgain.Load() && ctx.Value(insideKey{}) == nil {
		_ = s.Adapter.Transact(context.WithValue(ctx, insideKey{}, true), func(ctx context.Context) error {
			_ = fn(ctx)
			return errStore
		})
	}
	err := s.Adapter.Transact(context.WithValue(ctx, insideKey{}, true), fn)
	if err == nil && ctx.Value(insideKey{}) == nil {
		if call := s.afterCommit.Swap(nil); call != nil {
			(*call)()
		}
	}
	return err
}

type insideKey struct{}

func newOutboxSite(t *testing.T, strategy cardea.Strategy) *outboxSite {
	t.Helper()
	s := &outboxSite{}
	s.site = newSite(t, func(c *cardea.Config) {
		s.store = &againStore{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter, c.Session.Strategy = s.store, strategy
		c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
			if s.isCut.Load() {
				return nil, errStore
			}
			return t.Claims, nil
		}
		s.feature = addFeature(c, "x", func(h *cardea.Host) error {
			h.Handle(rule("POST", "x/change", feature.SenderOwnPage, feature.VisitorSignedIn), s.change)
			return nil
		})
	})
	return s
}

func (s *outboxSite) tell(ctx context.Context, whom string) error {
	return s.feature.host.SendMail(ctx, whom, func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mails = append(s.mails, whom)
		return nil
	})
}

// change answers the form.
func (s *outboxSite) change(_ http.ResponseWriter, r *http.Request) error {
	ctx, h, own := r.Context(), s.feature.host, cardea.SessionFrom(r.Context())
	in, fault := h.Form(ctx)["in"], h.Form(ctx)["fault"]
	if fault == "no room" {
		if err := h.TakeMail(ctx, "somebody@example.com"); err != nil {
			return err
		}
	}
	within := func(ctx context.Context) error {
		u, err := s.store.UserByID(ctx, own.UserID)
		if err != nil {
			return err
		}
		u.Name = "Changed"
		if err := s.store.UpdateUser(ctx, u); err != nil {
			return err
		}
		tell := func(ctx context.Context) error { return s.tell(ctx, "ann") }
		if in == "EndSessions" { // the session of the visitor has ended, so there is no Transact
			err = tell(ctx)
		} else {
			_ = h.Transact(ctx, func(ctx context.Context) error { return errors.Join(s.tell(ctx, "undone"), errStore) })
			err = h.Transact(ctx, tell)
		}
		if err == nil && fault == "undo" {
			err = errStore
		}
		s.isCut.Store(fault == "callback")
		return err
	}
	p := cardea.Proof{
		UserID: own.UserID, Confirms: true, Methods: []string{"otp"},
		Within: func(ctx context.Context, _ *cardea.User) error { return within(ctx) },
	}
	var err error
	switch in {
	case "Transact":
		err = h.Transact(ctx, within)
	case "EndSessions":
		err = h.EndSessions(ctx, own.UserID, within)
	case "Complete":
		return h.Complete(ctx, p)
	case "Complete and EndSessions":
		p.Within = func(ctx context.Context, u *cardea.User) error { return h.EndSessions(ctx, u.ID, within) }
		return h.Complete(ctx, p)
	}
	switch {
	case err != nil:
		return err
	case fault == "later":
		return errStore
	case fault == "panic":
		panic(http.ErrAbortHandler)
	}
	return h.JSON(ctx, http.StatusOK, "changed")
}

// got returns the mails that were sent.
func (s *outboxSite) got() []string {
	s.auth.WaitForTasks()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// fill leaves no room for the mails of strangers, until release is called.
func (s *outboxSite) fill(t *testing.T) (release func()) {
	t.Helper()
	begin, isSending := make(chan struct{}), make(chan struct{}, 3000)
	send := func(context.Context) error {
		isSending <- struct{}{}
		<-begin
		return nil
	}
	var err error
	for i := 0; err == nil; i++ {
		if i == 8 { // are sent at a time
			for range 8 {
				<-isSending
			}
		}
		if i > 2000 {
			t.Fatal("there is room for any number of mails")
		}
		err = s.feature.host.SendMail(t.Context(), "x", send)
	}
	return func() { close(begin) }
}

// post sends the form, and returns the status of the answer, 0 if there is none.
func (s *outboxSite) post(t *testing.T, b *cardeatest.Browser, form url.Values) int {
	t.Helper()
	form.Set("csrfToken", b.CSRFToken())
	res, err := b.PostForm(s.URL+"/api/auth/x/change", form)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// A mail that a transaction asks for is sent if the transaction is stored, whatever fails later,
// and however often it was tried. Otherwise it is not: nobody hears of what has not happened.
func TestMailsGoWithTheTransaction(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, in := range []string{"Transact", "EndSessions", "Complete", "Complete and EndSessions"} {
			for _, fault := range []string{"none", "callback", "later", "panic", "again", "undo", "no room"} {
				if strategy == cardea.StrategyJWT && in == "Complete and EndSessions" && fault == "again" {
					continue // a session in a cookie that the first run has ended does not come back
				}
				t.Run(in+" "+fault, func(t *testing.T) {
					t.Parallel()
					testMailGoesWithTheTransaction(t, newOutboxSite(t, strategy), in, fault)
				})
			}
		}
	})
}

func testMailGoesWithTheTransaction(t *testing.T, s *outboxSite, in, fault string) {
	t.Helper()
	b := s.signedIn(t, "1001")
	owner := s.sessionOf(t, b).UserID
	s.store.isAgain.Store(fault == "again")
	release := func() {}
	if fault == "no room" {
		release = s.fill(t)
	}
	status := s.post(t, b, url.Values{"in": {in}, "fault": {fault}})
	release()
	u, err := s.store.UserByID(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	want, name := []string{"ann"}, "Changed"
	if fault == "undo" || fault == "no room" {
		want, name = nil, "Ann Example"
	}
	got := s.got()
	for end := time.Now().Add(10 * time.Second); len(got) < len(want) && time.Now().Before(end); got = s.got() {
		time.Sleep(time.Millisecond) // the answer comes before its mails
	}
	if !slices.Equal(got, want) || u.Name != name {
		t.Errorf("answer %d: mails %q, name %q; want %q, %q", status, got, u.Name, want, name)
	}
}

// Whoever has linked an account is told of, also if the application's event panics.
func TestNoticeOfALinkComesBeforeTheEvents(t *testing.T) {
	t.Parallel()
	var told, hasPanicked atomic.Bool
	s := newSite(t, func(c *cardea.Config) {
		addSecondProvider(c).LinkByVerifiedEmail = true
		c.Events.LinkAccount = func(context.Context, *cardea.User, *cardea.Account, *oauth.Profile) {
			hasPanicked.Store(true)
			panic(http.ErrAbortHandler)
		}
		addFeature(c, "x", func(h *cardea.Host) error {
			h.Users().OnLink(func(context.Context, string) { told.Store(true) })
			return nil
		})
	})
	err := s.store.CreateUser(t.Context(), &cardea.User{Email: "ann@example.com", EmailVerified: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s.URL)
	if res, err := b.Get(beginAs(t, b, "other", "1001", "/")); err == nil {
		res.Body.Close() // the client has tried again
	}
	if !hasPanicked.Load() || !told.Load() {
		t.Errorf("the event has panicked: %v; the feature was told: %v", hasPanicked.Load(), told.Load())
	}
}

// A condition may send a mail, also about a sign-in from the application's own code.
func TestMailsOfSignInsByTheApplication(t *testing.T) {
	t.Parallel()
	sent := make(chan string, 9)
	s := newSite(t, func(c *cardea.Config) {
		addFeature(c, "x", func(h *cardea.Host) error {
			h.Require(func(ctx context.Context, in *cardea.SignIn) (string, error) {
				return "", h.SendMail(ctx, in.User.Email, func(context.Context) error {
					sent <- in.User.Email
					return nil
				})
			})
			return nil
		})
	})
	u := &cardea.User{Email: "ann@example.com"}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/enter", nil)
	if _, err := s.auth.SignIn(httptest.NewRecorder(), r, cardea.Proof{UserID: u.ID}); err != nil {
		t.Fatal(err)
	}
	s.auth.WaitForTasks()
	if len(sent) == 0 {
		t.Error("the mail is lost")
	}
}
