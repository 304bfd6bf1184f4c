package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
)

// secondProcess returns a site and another process of it, with the same configuration and store.
func secondProcess(t *testing.T, change func(*cardea.Config)) (*site, *cardea.Auth) {
	t.Helper()
	var config cardea.Config
	s := newSite(t, func(c *cardea.Config) {
		c.Providers = append(c.Providers, customProvider())
		if change != nil {
			change(c)
		}
		config = *c
	})
	second, err := cardea.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s, second
}

// sendTo sends a request with these cookies to one process.
func sendTo(process *cardea.Auth, target string, jar cookies) *http.Response {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Cookie", jar.String())
	w := httptest.NewRecorder()
	process.ServeHTTP(w, r)
	return w.Result()
}

func startsSession(res *http.Response) bool {
	c := setCookie(res, sessionCookie)
	return c != nil && c.Value != ""
}

// What may be used once is used once by all processes together: the callback of a flow, and a proof
// that is bound to no flow, as Telegram's and Steam's.
func TestProcessesUseAFlowOnce(t *testing.T) {
	t.Parallel()
	s, second := secondProcess(t, nil)
	b := newBrowser(t, s.URL)
	callback := callbackURLOf(t, b, "idp")
	before := cookiesOf(b)
	var started atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if startsSession(sendTo([]*cardea.Auth{s.auth, second}[i%2], callback, before)) {
				started.Add(1)
			}
		})
	}
	all.Wait()
	if n := started.Load(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

// The provider refuses a code that was used. So the flow alone counts where the provider has
// nothing of the kind, and each callback brings another proof.
func TestProcessesUseAFlowWithManyProofsOnce(t *testing.T) {
	t.Parallel()
	s, second := secondProcess(t, nil)
	b := newBrowser(t, s.URL)
	callback := beginAtCustomProvider(t, b) + "&who=7&proof="
	jar := cookiesOf(b)
	var started atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if startsSession(sendTo([]*cardea.Auth{s.auth, second}[i%2], callback+strconv.Itoa(i), jar)) {
				started.Add(1)
			}
		})
	}
	all.Wait()
	if n := started.Load(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

// The question whether to link an account is answered once. With JWT no row of the session ends
// with the first answer.
func TestProcessesUseAnAnswerOnce(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"link", "other"} {
		s, second := secondProcess(t, func(c *cardea.Config) {
			c.Session.Strategy = cardea.StrategyJWT
			addGitHub(c)
		})
		s.issuer.Next(bob)
		s.issuer.Next(octocat)
		b := s.signedIn(t, bob.Subject)
		b.CheckRedirect = stopAtRedirect
		form := questionOf(t, text(t, visit(t, b, beginAs(t, b, "github", octocat.Subject, "/next"))))
		form.Set("answer", answer)
		form.Set("csrfToken", b.CSRFToken())
		jar := cookiesOf(b).String()
		var started atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				r := httptest.NewRequest(http.MethodPost, s.URL+"/api/auth/link", strings.NewReader(form.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Cookie", jar)
				w := httptest.NewRecorder()
				[]*cardea.Auth{s.auth, second}[i%2].ServeHTTP(w, r)
				if startsSession(w.Result()) {
					started.Add(1)
				}
			})
		}
		all.Wait()
		if n := started.Load(); n != 1 {
			t.Errorf("%s: %d sessions, want 1", answer, n)
		}
	}
}

func TestProcessesUseAProofOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		s, second := secondProcess(t, nil)
		var started atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			b := newBrowser(t, s.URL)
			callback := beginAtCustomProvider(t, b) + "&who=7&proof=a"
			jar := cookiesOf(b)
			all.Go(func() {
				if startsSession(sendTo([]*cardea.Auth{s.auth, second}[i%2], callback, jar)) {
					started.Add(1)
				}
			})
		}
		all.Wait()
		if n := started.Load(); n != 1 {
			t.Fatalf("%d sessions, want 1", n)
		}
	}
}

// tokensAway is a store whose tokens of some kinds cannot be stored.
type tokensAway struct {
	*memadapter.Adapter
	kind string
}

func (s *tokensAway) CreateVerificationToken(ctx context.Context, v *cardea.VerificationToken) error {
	if strings.HasPrefix(v.Identifier, s.kind) {
		return errors.New("the store is away")
	}
	return s.Adapter.CreateVerificationToken(ctx, v)
}

// If nobody can tell whether something was used, nobody is signed in, and the answer is 503.
func TestUseWithAnUnavailableStoreIs503(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"flow:", "once:"} {
		s, _ := secondProcess(t, func(c *cardea.Config) {
			c.Adapter = &tokensAway{c.Adapter.(*memadapter.Adapter), kind}
		})
		b := newBrowser(t, s.URL)
		res := visit(t, b, beginAtCustomProvider(t, b)+"&who=7&proof=a")
		if res.StatusCode != http.StatusServiceUnavailable || startsSession(res) ||
			res.Header.Get("Retry-After") == "" {
			t.Errorf("%s %s, session: %t", kind, res.Status, startsSession(res))
		}
	}
}

// The tokens of used flows are deleted again, though nobody calls PurgeExpired.
func TestUsedFlowsDoNotPileUp(t *testing.T) {
	t.Parallel()
	s, _ := secondProcess(t, nil)
	now := s.setClock()
	for i := range 40 {
		b := newBrowser(t, s.URL)
		visit(t, b, beginAtCustomProvider(t, b)+"&who=7&proof="+strconv.Itoa(i))
		now.advance(20 * time.Minute)
	}
	n, err := s.store.DeleteExpiredVerificationTokens(t.Context(), now.now().Add(time.Hour), 1000)
	if err != nil || n > 25 {
		t.Errorf("%d tokens are left, %v", n, err)
	}
}

// signedInJWT returns a browser that is signed in, and its cookies.
func signedInJWT(t *testing.T, s *site, subject string) (*cardeatest.Browser, cookies) {
	t.Helper()
	s.issuer.Next(cardeatest.Person{Subject: subject, Email: subject + "@example.com", EmailVerified: true})
	b := s.signedIn(t, subject)
	return b, cookiesOf(b)
}

func shareSignOuts(c *cardea.Config) {
	c.Session.Strategy, c.Session.ShareSignOuts = cardea.StrategyJWT, true
}

// With ShareSignOuts a copy of a JWT session ends in every process, and after a restart.
func TestProcessesShareSignOuts(t *testing.T) {
	t.Parallel()
	for _, share := range []bool{true, false} {
		s, second := secondProcess(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Session.ShareSignOuts = cardea.StrategyJWT, share
		})
		b, copied := signedInJWT(t, s, "1001")
		_, other := signedInJWT(t, s, "1002")
		signOut(t, s, b)
		if got := bodyFrom(t, second, s.URL, copied); (got == "null") != share {
			t.Errorf("shared: %t: the second process answers %s", share, got)
		}
		for range 3 { // reading does not use the sign-out up
			if got := bodyFrom(t, second, s.URL, other); got == "null" {
				t.Error("another session has ended")
			}
			if got := bodyFrom(t, second, s.URL, copied); (got == "null") != share {
				t.Errorf("shared: %t: read again, the second process answers %s", share, got)
			}
		}
	}
}

func bodyFrom(t *testing.T, process *cardea.Auth, site string, jar cookies) string {
	t.Helper()
	return text(t, sendTo(process, site+"/api/auth/session", jar))
}

// A deleted user's sessions end in every process, and those of a later user with the same ID stay.
func TestProcessesShareTheEndOfAllSessions(t *testing.T) {
	t.Parallel()
	s, second := secondProcess(t, shareSignOuts)
	_, copied := signedInJWT(t, s, "1001")
	_, other := signedInJWT(t, s, "1002")
	if err := s.auth.DeleteUser(t.Context(), s.accountOwner(t, "idp", "1001")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := bodyFrom(t, second, s.URL, copied); got != "null" {
			t.Errorf("the second process answers %s", got)
		}
		if got := bodyFrom(t, second, s.URL, other); got == "null" {
			t.Error("the session of another user has ended")
		}
	}
	if _, again := signedInJWT(t, s, "1001"); bodyFrom(t, second, s.URL, again) == "null" {
		t.Error("a later sign-in has ended")
	}
}

// If the store is unavailable, a request with a session gets 503, and never null.
func TestSharedSignOutsWithUnavailableStore(t *testing.T) {
	t.Parallel()
	var store *transactAway
	s, _ := secondProcess(t, func(c *cardea.Config) {
		shareSignOuts(c)
		store = &transactAway{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter = store
	})
	_, jar := signedInJWT(t, s, "1001")
	store.away.Store(true)
	if res := sendTo(s.auth, s.URL+"/api/auth/session", jar); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s, want 503", res.Status)
	}
}

type transactAway struct {
	*memadapter.Adapter
	away atomic.Bool
}

func (s *transactAway) Transact(ctx context.Context, fn func(context.Context) error) error {
	if s.away.Load() {
		return errors.New("the store is away")
	}
	return s.Adapter.Transact(ctx, fn)
}

func TestShareSignOutsNeedsATokenStore(t *testing.T) {
	t.Parallel()
	for _, adapter := range []cardea.Adapter{nil, struct{ cardea.Adapter }{memadapter.New()}} {
		_, err := cardea.New(cardea.Config{Adapter: adapter, Session: cardea.SessionConfig{
			Strategy: cardea.StrategyJWT, ShareSignOuts: true,
		}})
		const want = "Config.Session.ShareSignOuts: needs an Adapter that is a TokenStore"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v", err)
		}
	}
}
