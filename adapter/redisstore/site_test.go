package redisstore_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
	"github.com/cardea-auth/cardea/ratelimit"
)

// database is what three instances share beside Redis. It must get nothing that belongs to Redis.
type database struct {
	*memadapter.Adapter
	t *testing.T

	reads     atomic.Int64 // of sessions
	afterRead func()       // runs before a session that was read is returned
}

func (d *database) Session(ctx context.Context, token string) (*cardea.Session, error) {
	d.reads.Add(1)
	s, err := d.Adapter.Session(ctx, token)
	if d.afterRead != nil {
		d.afterRead()
	}
	return s, err
}

func (d *database) TakeLimit(
	_ context.Context, _ string, _ ratelimit.Rate, _ time.Time,
) (bool, time.Duration, error) {
	d.t.Error("the database counts")
	return true, 0, nil
}

func (d *database) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	if !strings.Contains(t.Identifier, "@") {
		d.t.Errorf("the database has a token of %s", t.Identifier)
	}
	return d.Adapter.CreateVerificationToken(ctx, t)
}

// site is three instances of a site, each with a client of Redis of its own, behind one address.
type site struct {
	*httptest.Server
	instances [3]*cardea.Auth
	stores    [3]*redisstore.Store
	at        atomic.Int32 // the instance that gets the next requests
	database  *database
	mails     *cardeatest.Mailbox
	issuer    *cardeatest.Issuer
	log       *logbook
}

// newSite returns a site on Redis.
func newSite(t *testing.T, e engine, change func(*cardea.Config)) *site {
	t.Helper()
	return newSiteWith(t, e, options(), change)
}

func newSiteWith(t *testing.T, e engine, o redisstore.Options, change func(*cardea.Config)) *site {
	t.Helper()
	s := &site{
		database: &database{Adapter: memadapter.New(), t: t}, mails: new(cardeatest.Mailbox),
		issuer: cardeatest.NewIssuer(t), log: new(logbook),
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.instances[s.at.Load()].ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	o.Logger = s.log.logger()
	for i := range s.instances {
		s.stores[i] = newStore(t, e.client(t), o)
		c := cardea.Config{
			Secret: strings.Repeat("s", 32), BaseURL: s.URL, Logger: slog.New(slog.DiscardHandler),
			Adapter: wrap(t, s.stores[i], s.database),
			Providers: []cardea.Provider{
				provider.OIDC("idp", "IdP", provider.Client{
					ID: s.issuer.ClientID, Secret: s.issuer.ClientSecret, Issuer: s.issuer.URL,
				}),
				email.New(email.Options{From: "no-reply@example.com", Sender: s.mails}), abroad(),
			},
		}
		if change != nil {
			change(&c)
		}
		auth, err := cardea.New(c)
		must(t, err)
		s.instances[i] = auth
	}
	return s
}

// abroad is a provider whose answers are bound to no sign-in, so each has a proof that may be used
// once.
func abroad() *oauth.Provider {
	return &oauth.Provider{
		ID: "abroad", Name: "Abroad", Type: oauth.TypeOAuth2,
		Redirect: func(_ context.Context, r *oauth.Redirection) (string, error) {
			return "https://abroad.example/?" + url.Values{"back": {r.ReturnTo}}.Encode(), nil
		},
		Identify: func(_ context.Context, r *oauth.Redirection) (oauth.Claims, error) {
			if !r.Once(r.Answer.Get("proof"), r.Now.Add(time.Minute)) {
				return nil, errors.New("used already")
			}
			return oauth.Claims{"id": r.Answer.Get("who")}, nil
		},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{ID: raw.String("id"), Name: "Ann"}, nil
		},
	}
}

// stopAt makes a browser follow redirects only before the given host and path.
func stopAt(b *cardeatest.Browser, at string) {
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), at) {
			return http.ErrUseLastResponse
		}
		return nil
	}
}

// copied returns a browser with the same cookies.
func (s *site) copied(t *testing.T, b *cardeatest.Browser) *cardeatest.Browser {
	t.Helper()
	other := cardeatest.NewBrowser(t, s.URL)
	jar, err := cookiejar.New(nil)
	must(t, err)
	u, err := url.Parse(s.URL + "/api/auth/")
	must(t, err)
	jar.SetCookies(u, b.Jar.Cookies(u))
	other.Jar = jar
	return other
}

// Five mails an hour stay five, whichever instance is asked.
func TestInstancesShareTheLimitOfMails(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, e, nil)
			for i := range 9 {
				s.at.Store(int32(i % 3))
				b := cardeatest.NewBrowser(t, s.URL)
				res := b.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
				if limited := res.StatusCode == http.StatusTooManyRequests; limited != (i >= 5) {
					t.Errorf("mail %d: status %d", i, res.StatusCode)
				} else if limited && res.Header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
			}
		})
	}
}

// A proof, and a callback, that was used at one instance signs nobody in at another.
func TestInstancesAcceptAProofOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, e, nil)
			for _, test := range []struct{ id, until, answer string }{
				{"abroad", "https://abroad.example/", "&who=7&proof=a"},
				{"idp", s.URL + "/api/auth/callback/idp", ""},
			} {
				signedIn := 0
				s.at.Store(0)
				b := cardeatest.NewBrowser(t, s.URL)
				stopAt(b, test.until)
				to, err := url.Parse(b.Post("/signin/"+test.id, nil).Header.Get("Location"))
				must(t, err)
				callback := to.String()
				if test.id == "abroad" {
					callback = to.Query().Get("back")
				}
				for i := range s.instances {
					s.at.Store(int32(i))
					thief := s.copied(t, b)
					res, err := thief.Get(callback + test.answer)
					must(t, err)
					res.Body.Close()
					if thief.Session() != nil {
						signedIn++
					}
				}
				if signedIn != 1 {
					t.Errorf("%s: %d sessions, want 1", test.id, signedIn)
				}
			}
		})
	}
}

// A JWT session that was signed out at one instance, or whose user was signed out everywhere, is
// dead at the others.
func TestInstancesShareSignOuts(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, e, func(c *cardea.Config) {
				c.Session.Strategy, c.Session.ShareSignOuts = cardea.StrategyJWT, true
			})
			for name, end := range map[string]func(b *cardeatest.Browser){
				"sign-out": func(b *cardeatest.Browser) { b.SignOut() },
				"deletion": func(b *cardeatest.Browser) {
					u, err := s.database.UserByAccount(t.Context(), "idp", "1001")
					must(t, err)
					must(t, s.instances[0].DeleteUser(t.Context(), u.ID))
				},
			} {
				s.at.Store(0)
				b := cardeatest.SignIn(t, s.URL, "idp", "")
				thief := s.copied(t, b)
				if thief.Session() == nil {
					t.Fatal("a copy of the cookie is not signed in")
				}
				end(b)
				for i := range s.instances {
					s.at.Store(int32(i))
					if s.copied(t, thief).Session() != nil {
						t.Errorf("%s: the session lives on at instance %d", name, i)
					}
				}
			}
		})
	}
}

// While Redis is away, mails are sent and counted in memory, and whoever may have used a callback
// before gets 503 with Retry-After and keeps the cookies.
func TestSignInWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, engine{"away", "", redisEngine.open}, nil)
	for i := range 7 {
		res := cardeatest.NewBrowser(t, s.URL).Post("/signin/email", url.Values{"email": {"ann@example.com"}})
		if limited := res.StatusCode == http.StatusTooManyRequests; limited != (i >= 5) {
			t.Errorf("mail %d: status %d", i, res.StatusCode)
		}
	}
	b := cardeatest.NewBrowser(t, s.URL)
	res := b.Post("/signin/idp", nil)
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || b.Session() != nil {
		t.Errorf("the callback: status %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	if n := s.log.count("Redis is away"); n != 1 {
		t.Errorf("%d lines in the log, want 1", n)
	}
}
