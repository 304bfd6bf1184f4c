package password_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
)

// handlerTransport sends requests to a handler in this process. Without a network, a test can have
// a clock of its own.
type handlerTransport struct{ handler http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
	in.Header, in.Host = r.Header.Clone(), cmp.Or(r.Host, in.Host)
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, in)
	res := w.Result()
	res.Request = r
	return res, nil
}

// Class 3: GO-2026-5140: a link lives as long as docs/passwords.md says for its kind, to the
// second, whether it is opened late or its form is sent late.
func TestLinksLiveAsLongAsTheirKind(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path, subject string
		life          time.Duration
	}{
		"sign-up":      {"/password/signup", "Sign up", 24 * time.Hour},
		"new password": {"/password/forgot", "A new password", 30 * time.Minute},
	} {
		for late, wait := range map[string][2]time.Duration{
			"in time":       {tt.life - 2*time.Second, time.Second},
			"opened late":   {tt.life, 0},
			"sent late":     {tt.life - time.Second, time.Second},
			"much too late": {2 * tt.life, 0},
		} {
			t.Run(name+" "+late, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, handler := newHandler(t, func(c *cardea.Config, _ *password.Options) {
						c.BaseURL = "http://localhost"
					})
					b := cardeatest.NewBrowser(t, "http://localhost")
					b.Transport = handlerTransport{handler}
					defer time.Sleep(time.Second) // for the notices
					if tt.path == "/password/forgot" {
						s.user(t, ann, first)
					}
					post(t, b, tt.path, url.Values{"email": {ann}})
					link := s.mail(t, ann, tt.subject)
					time.Sleep(wait[0])
					_, at, _ := open(t, b, link)
					if late != "opened late" && late != "much too late" {
						time.Sleep(wait[1])
						at = post(t, b, "/password/choose", url.Values{"password": {second}})
					}
					if refused := strings.Contains(at, "Verification"); refused != (late != "in time") {
						t.Errorf("after %v, ended at %s", wait[0]+wait[1], at)
					}
				})
			})
		}
	}
}

// ownLink is a link of a mail: nothing that a request says is in it.
var ownLink = regexp.MustCompile(`^/api/auth/password/choose\?kind=password-(signup|reset)&token=[A-Za-z0-9_.-]+$`)

// Class 11: GO-2026-5737, GHSA-qq9h: no parameter of the request for a mail, or added to its link,
// carries the token to another site. The token leaves the URL before a page is shown, so no Referer
// has it.
func TestTokenOfALinkStaysOnTheSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	const evil = "https://evil.example/steal"
	names := []string{"callbackUrl", "redirectTo", "redirect_uri", "redirect", "next", "url", "link", "base", "token",
		"kind"}
	for path, want := range map[string][2]string{
		"/password/forgot": {ann, "A new password"}, "/password/signup": {"bob@example.com", "Sign up"},
	} {
		form, query := url.Values{"email": {want[0]}}, url.Values{}
		for _, name := range names {
			form.Set(name, evil)
			query.Set(name, evil)
		}
		b := s.browser(t)
		site, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		b.Jar.SetCookies(site, []*http.Cookie{{Name: "authjs.callback-url", Value: url.QueryEscape(evil), Path: "/"}})
		post(t, b, path+"?"+query.Encode(), form)
		link := s.mail(t, want[0], want[1])
		rest, ok := strings.CutPrefix(link, s.URL)
		if !ok || !ownLink.MatchString(rest) {
			t.Errorf("%s: the link is %s", path, link)
		}
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		query.Del("token")
		query.Del("kind")
		res, err := b.Get(link + "&" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if at := res.Header.Get("Location"); at != s.URL+"/api/auth/password/choose" ||
			res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: the link leads to %q with %v", path, at, res.Header)
		}
		b.CheckRedirect = nil
		open(t, b, res.Header.Get("Location"))
		at := post(t, b, "/password/choose?"+query.Encode(), url.Values{"password": {second}, "callbackUrl": {evil}})
		if at != "/" && at != signInPage+"password_reset" {
			t.Errorf("%s: the form leads to %s", path, at)
		}
	}
}

// Class 12: the host of a link is the site's own, whatever the headers of the request say.
func TestHostHeaderIsNotInALink(t *testing.T) {
	t.Parallel()
	const evil = "evil.example"
	for name, baseURL := range map[string]string{"with BaseURL": "http://localhost", "without BaseURL": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, handler := newHandler(t, func(c *cardea.Config, _ *password.Options) { c.BaseURL = baseURL })
			s.user(t, ann, first)
			for _, header := range []string{"Host", "X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Host",
				"X-Original-Host", "X-HTTP-Host-Override", "Origin", "Referer"} {
				b := cardeatest.NewBrowser(t, "http://localhost")
				b.Transport = handlerTransport{handler}
				token := b.CSRFToken()
				b.Transport = changedTransport{handlerTransport{handler}, func(r *http.Request) {
					switch header {
					case "Host":
						r.Host = evil
					case "Forwarded":
						r.Header.Set(header, "host="+evil+";proto=https")
					case "Origin", "Referer":
						r.Header.Set(header, "https://"+evil)
					default:
						r.Header.Set(header, evil)
					}
				}}
				b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				res := b.Post("/password/forgot", url.Values{"email": {ann}, "csrfToken": {token}})
				if strings.Contains(res.Header.Get("Location"), evil) {
					t.Errorf("%s: the answer leads to %s", header, res.Header.Get("Location"))
				}
			}
			s.mail(t, ann, "A new password")
			for _, m := range s.mails.All() {
				if text := m.Subject + m.Text + m.HTML; strings.Contains(text, evil) ||
					!strings.Contains(text, "http://localhost/api/auth/password/choose?") {
					t.Errorf("the mail says %s", text)
				}
			}
		})
	}
}

// changedTransport changes requests before it sends them.
type changedTransport struct {
	http.RoundTripper
	change func(*http.Request)
}

func (c changedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	c.change(r)
	return c.RoundTripper.RoundTrip(r)
}

// Class 14: of 20 sign-ups at once with one link, one wins, and there is one user with that
// password.
func TestSignUpAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.Hashing.Parallel = 10 })
	post(t, s.browser(t), "/password/signup", url.Values{"email": {ann}})
	link := s.mail(t, ann, "Sign up")
	const all = 20
	signedIn := make(chan bool, all)
	var wait sync.WaitGroup
	for i := range all {
		b := s.browser(t)
		open(t, b, link)
		wait.Go(func() {
			at := post(t, b, "/password/choose", url.Values{"password": {strings.Repeat("word ", i+3) + second}})
			if at != "/" && !strings.Contains(at, "Verification") {
				t.Errorf("ended at %s", at)
			}
			signedIn <- isSignedIn(b)
		})
	}
	wait.Wait()
	won := 0
	for range all {
		if <-signedIn {
			won++
		}
	}
	if n := s.created.Load(); won != 1 || n != 1 {
		t.Errorf("%d have won, and %d users were created", won, n)
	}
}

// foldingStore finds users as a database does that takes letters for equal that are not the same,
// such as MySQL with most of its collations.
type foldingStore struct {
	*memadapter.Adapter
	stored, typed string
}

func (s foldingStore) UserByEmail(ctx context.Context, address string) (*cardea.User, error) {
	if address == s.typed {
		address = s.stored
	}
	return s.Adapter.UserByEmail(ctx, address)
}

// Class 10: GO-2026-4476: a mail goes to the stored address byte for byte, or to nobody. The typed
// address is never used for a user, even if the database takes it for the stored one.
func TestMailGoesToTheStoredAddress(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		stored, typed string
		sent          bool
	}{
		"other case":              {"Ann@Example.com", ann, true},
		"accent":                  {"\u00e4nn@example.com", ann, true},
		"sharp s":                 {"stra\u00dfe@example.com", "strasse@example.com", true},
		"Kelvin sign in store":    {"\u212aim@example.com", "kim@example.com", true},
		"Kelvin sign typed":       {"kim@example.com", "\u212aim@example.com", false},
		"dotless i typed":         {"mike@example.com", "m\u0131ke@example.com", false},
		"dotless i in the domain": {"ann@mail.example", "ann@ma\u0131l.example", false},
		"Cyrillic a typed":        {ann, "\u0430nn@example.com", false},
		"full-width typed":        {ann, "ann\uff20example.com", false},
		"two addresses":           {ann, ann + ",mallory@evil.example", false},
		"line break":              {ann, ann + "\r\nBcc: mallory@evil.example", false},
	} {
		for _, path := range []string{"/password/forgot", "/password/signup"} {
			t.Run(name+" "+path, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, handler := newHandler(t, func(c *cardea.Config, _ *password.Options) {
						c.BaseURL = "http://localhost"
						c.Adapter = foldingStore{c.Adapter.(*memadapter.Adapter), tt.stored, tt.typed}
					})
					s.user(t, tt.stored, first)
					b := cardeatest.NewBrowser(t, "http://localhost")
					b.Transport = handlerTransport{handler}
					post(t, b, path, url.Values{"email": {tt.typed}})
					time.Sleep(time.Minute) // for the mails
					mails := s.mails.All()
					if (len(mails) == 1) != tt.sent || len(mails) > 0 && mails[0].To != tt.stored {
						t.Errorf("sent %+v", mails)
					}
				})
			})
		}
	}
}

// Class 13: CVE-2026-32700: a link for a sign-up is for the address alone. A user who had the
// address when the link was asked for, and has another one when it is used, does not get the
// password.
func TestSignUpLinkAfterTheAddressHasMoved(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	u := &cardea.User{Name: "Ann", Email: ann} // the address is not proven
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	post(t, b, "/password/signup", url.Values{"email": {ann}})
	open(t, b, s.mail(t, ann, "Sign up"))
	moved := *u
	moved.Email = "new@example.com"
	if err := s.store.UpdateUser(t.Context(), &moved); err != nil {
		t.Fatal(err)
	}
	if at := post(t, b, "/password/choose", url.Values{"password": {second}}); at != "/" {
		t.Fatalf("ended at %s", at)
	}
	owner, err := s.store.UserByEmail(t.Context(), ann)
	if err != nil || owner.ID == u.ID {
		t.Errorf("the address belongs to %+v, %v", owner, err)
	}
	if _, _, err := s.store.PasswordHash(t.Context(), u.ID); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the user who has moved has a password, %v", err)
	}
}

// A new password by mail signs nobody in, and ends the session of the browser that chooses it, also
// in an application that has Auth.Load around all its handlers.
func TestNewPasswordBehindLoad(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		for _, load := range []bool{false, true} {
			s, handler := newHandler(t, func(c *cardea.Config, _ *password.Options) { c.Session.Strategy = strategy })
			if load {
				handler = s.Auth.Load(handler)
			}
			s.Server = httptest.NewServer(handler)
			t.Cleanup(s.Close)
			s.user(t, ann, first)
			b := cardeatest.NewBrowser(t, s.URL)
			signIn(t, b, ann, first)
			post(t, b, "/password/forgot", url.Values{"email": {ann}})
			open(t, b, s.mail(t, ann, "A new password"))
			post(t, b, "/password/choose", url.Values{"password": {second}})
			if isSignedIn(b) {
				t.Errorf("%s, with Load %v: still signed in", strategy, load)
			}
		}
	}
}
