package gormadapter_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
)

// On every database, two processes: a code of an app and a recovery code sign in once, and wrong
// codes count together, whatever the sign-in that waits.
func TestProcessesAskForASecondFactorTogether(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			s := factorSite{user: &cardea.User{Email: "ann@example.com", EmailVerified: time.Now()}}
			for range 2 {
				s.start(t, o)
			}
			secret, recovery := s.enrol(t)
			for _, c := range []struct {
				path, wrong string
				right       func() string
			}{
				{"/factor/challenge", "000000", func() string {
					return codeAt(secret, time.Now().Add(30*time.Second)) // that of now has confirmed the app
				}},
				{"/factor/recovery", strings.Repeat("0", 26), func() string { return recovery }},
			} {
				if n := s.try(t, 6, c.path, c.right); n.signedIn != 1 || n.wrong != 5 || n.limited != 0 {
					t.Errorf("%s: one code six times at once: %+v", c.path, n)
				}
				wrong := func() string { return c.wrong }
				if n := s.try(t, 8, c.path, wrong); n.signedIn != 0 || n.wrong != 5 || n.limited != 3 {
					t.Errorf("%s: eight wrong codes at once, after five: %+v", c.path, n)
				}
			}
		})
	}
}

// factorSite is an application of several processes with second factors.
type factorSite struct {
	user      *cardea.User
	processes []string               // their URLs
	strategy  cardea.Strategy        // of all; "" for the default
	stores    []*gormadapter.Adapter // of the processes
	wrap      func(*gormadapter.Adapter) cardea.Adapter
}

// start starts one more process.
func (s *factorSite) start(t *testing.T, o gormadapter.Options) {
	t.Helper()
	store := openOn(t, o)
	s.stores = append(s.stores, store)
	var adapter cardea.Adapter = store
	if s.wrap != nil {
		adapter = s.wrap(store)
	}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: adapter, Logger: slog.New(slog.DiscardHandler),
		Session:  cardea.SessionConfig{Strategy: s.strategy, ShareSignOuts: s.strategy == cardea.StrategyJWT},
		Features: []cardea.Feature{factor.New(factor.Options{})},
	})
	must(t, err)
	if len(s.processes) == 0 {
		must(t, store.CreateUser(t.Context(), s.user))
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
		_, err := auth.SignIn(w, r, cardea.Proof{UserID: s.user.ID, Methods: []string{"pwd"}})
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.processes = append(s.processes, server.URL)
}

// enter returns a browser at a process, after the first proof of the user.
func (s *factorSite) enter(t *testing.T, i int) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.processes[i%len(s.processes)])
	res, err := b.Get(b.Site + "/enter")
	must(t, err)
	res.Body.Close()
	return b
}

// waits is enter for a user with a second factor.
func (s *factorSite) waits(t *testing.T, i int) *cardeatest.Browser {
	t.Helper()
	b := s.enter(t, i)
	if b.Session() != nil {
		t.Fatal("signed in without the second factor")
	}
	return b
}

// enrol sets up an app, and returns its secret and a recovery code.
func (s *factorSite) enrol(t *testing.T) (secret []byte, recovery string) {
	t.Helper()
	b := s.enter(t, 0)
	secret = startApp(t, b)
	page, err := io.ReadAll(confirmApp(b, secret).Body)
	must(t, err)
	found := regexp.MustCompile(`<li><code>([0-9A-Z-]{27})</code>`).FindSubmatch(page)
	if found == nil {
		t.Fatalf("no recovery code on the page: %s", page)
	}
	return secret, string(found[1])
}

// startApp begins to set up an app, and returns its secret.
func startApp(t *testing.T, b *cardeatest.Browser) []byte {
	t.Helper()
	page, err := io.ReadAll(b.Post("/factor/start", nil).Body)
	must(t, err)
	found := regexp.MustCompile(`<code>([A-Z2-7 ]{39})</code>`).FindSubmatch(page)
	if found == nil {
		t.Fatalf("no secret on the page: %s", page)
	}
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(string(found[1]), " ", ""))
	must(t, err)
	return secret
}

// confirmApp types a code of an app.
func confirmApp(b *cardeatest.Browser, secret []byte) *http.Response {
	return b.Post("/factor/enrol", url.Values{"code": {codeAt(secret, time.Now())}})
}

// answers are how many tries had which answer.
type answers struct{ signedIn, wrong, limited int32 }

// try posts a code of then in many browsers at once.
func (s *factorSite) try(t *testing.T, browsers int, path string, codeOf func() string) answers {
	t.Helper()
	var all []*cardeatest.Browser
	for i := range browsers {
		all = append(all, s.waits(t, i))
	}
	var signedIn, wrong, limited atomic.Int32
	var wg sync.WaitGroup
	code := codeOf()
	for _, b := range all {
		wg.Go(func() {
			res := b.Post(path, url.Values{"code": {code}})
			page, _ := io.ReadAll(res.Body)
			switch {
			case b.Session() != nil:
				signedIn.Add(1)
			case res.StatusCode == http.StatusTooManyRequests:
				limited.Add(1)
			case strings.Contains(string(page), `role="alert"`):
				wrong.Add(1)
			}
		})
	}
	wg.Wait()
	return answers{signedIn.Load(), wrong.Load(), limited.Load()}
}

// codeAt returns the code of a secret at a time (RFC 6238 § 4, RFC 4226 § 5.3).
func codeAt(secret []byte, at time.Time) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&(1<<31-1)%1000000)
}
