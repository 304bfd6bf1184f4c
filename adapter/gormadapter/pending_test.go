package gormadapter_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/password"
)

// gate is a feature that holds each sign-in, and takes every second proof for right: what one
// sign-in that waits is worth does not depend on the proof.
type gate struct{}

func (gate) FeatureID() string { return "gate" }

func (gate) Install(h *cardea.Host) error {
	h.Require(func(ctx context.Context, in *cardea.SignIn) (string, error) {
		if slices.Contains(in.Methods, "otp") {
			return "", nil
		}
		return h.Hold(ctx, in, "gate/proof")
	})
	h.Handle(feature.Rule{
		Method: http.MethodGet, Path: "gate/proof", Sender: feature.SenderAnybody, Visitor: feature.VisitorAnybody,
	}, func(_ http.ResponseWriter, r *http.Request) error {
		held, err := h.Held(r.Context())
		if err != nil {
			return err
		}
		return h.JSON(r.Context(), http.StatusOK, held)
	})
	h.Handle(feature.Rule{
		Method: http.MethodPost, Path: "gate/proof", Sender: feature.SenderOwnPage, Visitor: feature.VisitorAnybody,
	}, func(_ http.ResponseWriter, r *http.Request) error { return h.Resume(r.Context(), "otp") })
	return nil
}

// gateSite is an application of two processes that holds each sign-in.
type gateSite struct {
	ann, ben  *cardea.User
	processes [2]struct {
		url       string
		auth      *cardea.Auth
		passwords *password.Feature
	}
}

func newGateSite(t *testing.T, o gormadapter.Options, strategy cardea.Strategy) *gateSite {
	t.Helper()
	s := &gateSite{
		ann: &cardea.User{Email: "ann@example.com", EmailVerified: time.Now()},
		ben: &cardea.User{Email: "ben@example.com", EmailVerified: time.Now()},
	}
	for i := range s.processes {
		p := &s.processes[i]
		store := openOn(t, o)
		p.passwords = password.New(password.Options{From: "no-reply@example.com", Sender: noMail{}})
		var err error
		p.auth, err = cardea.New(cardea.Config{
			Secret: strings.Repeat("s", 32), Adapter: store, Logger: slog.New(slog.DiscardHandler),
			Session:   cardea.SessionConfig{Strategy: strategy, ShareSignOuts: strategy == cardea.StrategyJWT},
			Providers: []cardea.Provider{p.passwords}, Features: []cardea.Feature{gate{}},
		})
		must(t, err)
		if i == 0 {
			for _, u := range []*cardea.User{s.ann, s.ben} {
				must(t, store.CreateUser(t.Context(), u))
				must(t, store.LinkAccount(t.Context(),
					&cardea.Account{UserID: u.ID, Type: "oidc", Provider: "old", ProviderAccountID: u.Email}))
			}
		}
		mux := http.NewServeMux()
		mux.Handle("/api/auth/", p.auth)
		mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
		mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
			_, err := p.auth.SignIn(w, r, cardea.Proof{UserID: r.FormValue("user"), Methods: []string{"pwd"}})
			if err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
			}
		})
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		p.url = server.URL
	}
	return s
}

// noMail delivers nothing.
type noMail struct{}

func (noMail) Send(context.Context, email.Message) error { return nil }

// waits returns a browser at a process after the first proof of a user, and whether the sign-in
// waits there.
func (s *gateSite) waits(t *testing.T, process int, u *cardea.User) (*cardeatest.Browser, bool) {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.processes[process].url)
	res, err := b.Get(b.Site + "/enter?user=" + url.QueryEscape(u.ID))
	must(t, err)
	res.Body.Close()
	at, err := url.Parse(b.Site)
	must(t, err)
	isPending := func(c *http.Cookie) bool { return strings.Contains(c.Name, "pending") }
	return b, slices.ContainsFunc(b.Jar.Cookies(at), isPending)
}

// copyOf returns a browser at a process with the cookies of another one.
func (s *gateSite) copyOf(t *testing.T, process int, b *cardeatest.Browser) *cardeatest.Browser {
	t.Helper()
	from, err := url.Parse(b.Site)
	must(t, err)
	c := cardeatest.NewBrowser(t, s.processes[process].url)
	to, err := url.Parse(c.Site)
	must(t, err)
	for _, cookie := range b.Jar.Cookies(from) {
		cookie.Path = "/"
		c.Jar.SetCookies(to, []*http.Cookie{cookie})
	}
	return c
}

// prove gives the second proof, and reports whether that signs in.
func prove(b *cardeatest.Browser) bool {
	b.Post("/gate/proof", nil)
	return b.Session() != nil
}

// On every database, two processes: of many copies of a sign-in that waits one is finished. It ends
// with a change of a credential at the other process, also at the same moment. The sign-ins of a
// user that wait count together.
func TestProcessesFinishASignInOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
			t.Run(e.name+", "+string(strategy), func(t *testing.T) {
				t.Parallel()
				s := newGateSite(t, e.empty(t), strategy)
				s.finishAtOnce(t)
				s.endElsewhere(t)
				s.endAtOnce(t)
				s.beginAtOnce(t)
			})
		}
	}
}

// finishAtOnce finishes one sign-in that waits in many browsers at once.
func (s *gateSite) finishAtOnce(t *testing.T) {
	t.Helper()
	b, held := s.waits(t, 0, s.ann)
	if !held || b.Session() != nil {
		t.Fatal("the sign-in does not wait")
	}
	var all []*cardeatest.Browser
	for i := range 12 {
		all = append(all, s.copyOf(t, i%2, b))
	}
	var signedIn atomic.Int32
	var wg sync.WaitGroup
	for _, b := range all {
		wg.Go(func() {
			if prove(b) {
				signedIn.Add(1)
			}
		})
	}
	wg.Wait()
	if n := signedIn.Load(); n != 1 {
		t.Errorf("finished at once by 12: %d are signed in, want 1", n)
	}
}

// endElsewhere changes a credential at one process, and finishes the sign-in at the other.
func (s *gateSite) endElsewhere(t *testing.T) {
	t.Helper()
	elsewhere := s.processes[1]
	for _, c := range []struct {
		name string
		end  func(ctx context.Context) error
	}{
		{"a new password", func(ctx context.Context) error {
			return elsewhere.passwords.Set(ctx, s.ann.ID, "correct horse battery staple")
		}},
		{"an account that is unlinked", func(ctx context.Context) error {
			return elsewhere.auth.UnlinkAccount(ctx, s.ann.ID, "old", s.ann.Email)
		}},
	} {
		b, held := s.waits(t, 0, s.ann)
		must(t, c.end(t.Context()))
		if signedIn := prove(b); !held || signedIn {
			t.Errorf("%s: the sign-in waits: %t, and is finished afterwards: %t", c.name, held, signedIn)
		}
	}
}

// endAtOnce changes the password at one process while the sign-in is finished at the other. The
// sign-in is refused, or its session ends with the change.
func (s *gateSite) endAtOnce(t *testing.T) {
	t.Helper()
	for range 4 {
		b, _ := s.waits(t, 0, s.ann)
		var wg sync.WaitGroup
		wg.Go(func() { prove(b) })
		wg.Go(func() {
			if err := s.processes[1].passwords.Set(t.Context(), s.ann.ID, "correct horse battery staple"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if b.Session() != nil {
			t.Error("a sign-in from before the new password is a session after it")
		}
	}
}

// beginAtOnce begins more sign-ins of a user than may wait.
func (s *gateSite) beginAtOnce(t *testing.T) {
	t.Helper()
	var waiting atomic.Int32
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if _, held := s.waits(t, i%2, s.ben); held {
				waiting.Add(1)
			}
		})
	}
	wg.Wait()
	if n := waiting.Load(); n != 30 {
		t.Errorf("of 40 sign-ins %d wait, want 30", n)
	}
}
