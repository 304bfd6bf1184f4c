package authjs_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

const (
	secret = "a secret of more than thirty-two bytes"
	older  = "an older secret of more than thirty-two bytes"

	secure = "__Secure-authjs.session-token"
	plain  = "authjs.session-token"
)

var ada = authjs.Claims{
	"name": "Ada Lovelace", "email": "ada@example.com", "picture": "https://example.com/a.png", "sub": "user-1",
}

func newSessions(t testing.TB, c authjs.Config) *authjs.Sessions {
	t.Helper()
	s, err := authjs.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request returns a request with one Cookie header.
func request(cookies string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "https://example.com/", nil)
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	return r
}

// sealed returns the token of a session that is written with the configuration c.
func sealed(t testing.TB, c authjs.Config, claims authjs.Claims) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := newSessions(t, c).Write(w, request(""), claims); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0].Value
}

// wantError checks that reading a request returns this error.
func wantError(t *testing.T, s *authjs.Sessions, r *http.Request, want error) {
	t.Helper()
	if claims, err := s.Read(r); err != want || claims != nil {
		t.Errorf("got %v, %v, want %v", claims, err, want)
	}
}

// wantSubject checks that a request has the session of this user.
func wantSubject(t *testing.T, s *authjs.Sessions, r *http.Request, want string) {
	t.Helper()
	if claims, err := s.Read(r); err != nil || claims.Subject() != want {
		t.Errorf("got %v, %v, want the session of %s", claims, err, want)
	}
}

// browser keeps the cookies of an https site.
type browser struct {
	t   *testing.T
	jar *cookiejar.Jar
}

var site = &url.URL{Scheme: "https", Host: "example.com", Path: "/"}

func newBrowser(t *testing.T, cookies ...*http.Cookie) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(site, cookies)
	return browser{t, jar}
}

func (b browser) request() *http.Request {
	r := request("")
	for _, c := range b.jar.Cookies(site) {
		r.AddCookie(c)
	}
	return r
}

// do sends a request to a handler and keeps the cookies of the response.
func (b browser) do(h http.HandlerFunc) *http.Response {
	w := httptest.NewRecorder()
	h(w, b.request())
	res := w.Result()
	b.jar.SetCookies(site, res.Cookies())
	return res
}

// write sends a request to a handler that writes a session.
func (b browser) write(s *authjs.Sessions, claims authjs.Claims) {
	b.t.Helper()
	b.do(func(w http.ResponseWriter, r *http.Request) {
		if err := s.Write(w, r, claims); err != nil {
			b.t.Error(err)
		}
	})
}

// names returns the names of the browser's cookies, sorted.
func (b browser) names() string {
	var names []string
	for _, c := range b.jar.Cookies(site) {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config authjs.Config
		cookie string
		flags  string
	}{
		{"v5", authjs.Config{}, secure, "HttpOnly; Secure; SameSite=Lax"},
		{"v4", authjs.Config{Version: authjs.VersionV4}, "__Secure-next-auth.session-token",
			"HttpOnly; Secure; SameSite=Lax"},
		{"v5 on plain http", authjs.Config{InsecureCookies: true}, plain, "HttpOnly; SameSite=Lax"},
		{"v4 on plain http", authjs.Config{InsecureCookies: true, Version: authjs.VersionV4}, "next-auth.session-token",
			"HttpOnly; SameSite=Lax"},
		{"own name", authjs.Config{CookieName: "__Host-sid"}, "__Host-sid", "HttpOnly; Secure; SameSite=Lax"},
		{"own name without prefix", authjs.Config{CookieName: "sid"}, "sid", "HttpOnly; Secure; SameSite=Lax"},
		{"own name on plain http",
			authjs.Config{CookieName: "sid", InsecureCookies: true, Version: authjs.VersionV4},
			"sid", "HttpOnly; SameSite=Lax"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // at midnight of 2000-01-01
				tt.config.Secret = secret
				s, before := newSessions(t, tt.config), maps.Clone(ada)
				b := newBrowser(t)
				res := b.do(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Cache-Control", "public, max-age=60")
					if err := s.Write(w, r, ada); err != nil {
						t.Error(err)
					}
				})
				// rodauth #142: every attribute.
				line := res.Header.Get("Set-Cookie")
				value, attributes, _ := strings.Cut(line, "; ")
				want := "Path=/; Expires=Mon, 31 Jan 2000 00:00:00 GMT; " + tt.flags
				if !strings.HasPrefix(value, tt.cookie+"=ey") || attributes != want {
					t.Errorf("got %s, want %s with %s", line, tt.cookie, want)
				}
				if got := res.Header["Cache-Control"]; !slices.Equal(got, []string{"private, no-store"}) {
					t.Errorf("Cache-Control: %q", got)
				}
				if !reflect.DeepEqual(ada, before) {
					t.Error("Write changed the caller's map")
				}
				claims, err := s.Read(b.request())
				if err != nil {
					t.Fatal(err)
				}
				if got := claims.Expires(); !got.Equal(time.Now().Add(30 * 24 * time.Hour)) {
					t.Errorf("expires %v", got)
				}
				for name, want := range ada {
					if claims[name] != want {
						t.Errorf("%s: got %v, want %v", name, claims[name], want)
					}
				}
			})
		})
	}
}

func TestNoSession(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret})
	token := sealed(t, authjs.Config{Secret: secret}, ada)
	for name, cookies := range map[string]string{
		"no cookies":                    "",
		"other cookies":                 "theme=dark; lang=cs",
		"empty":                         secure + "=; " + plain + "=",
		"name of the other version":     "__Secure-next-auth.session-token=" + token,
		"name that only begins so":      secure + "X=" + token,
		"other case":                    "__secure-authjs.session-token=" + token,
		"other prefix":                  "__Host-authjs.session-token=" + token,
		"space of Unicode before it":    "\u2000" + secure + "=" + token,
		"cookie's name without a value": secure,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, s, request(cookies), authjs.ErrNoSession)
		})
	}
	r := request("")
	r.URL.RawQuery = "access_token=" + token // OAuth 2.1: never from the query
	wantError(t, s, r, authjs.ErrNoSession)
}

// Behind a proxy that terminates TLS, it is not known which of the two default names the site uses.
// Both are read.
func TestEitherNameIsRead(t *testing.T) {
	t.Parallel()
	ofSecure := sealed(t, authjs.Config{Secret: secret}, authjs.Claims{"sub": "secure"})
	ofPlain := sealed(t, authjs.Config{Secret: secret, InsecureCookies: true}, authjs.Claims{"sub": "plain"})
	s := newSessions(t, authjs.Config{Secret: secret})
	wantSubject(t, s, request(secure+"="+ofSecure), "secure")
	wantSubject(t, s, request(plain+"="+ofPlain), "plain")
	wantSubject(t, s, request(plain+"="+ofPlain+"; "+secure+"="+ofSecure), "secure")

	// A page on plain http can set the cookie without prefix, so it is not used if the other one is
	// invalid.
	wantError(t, s, request(plain+"="+ofPlain+"; "+secure+"=x"), authjs.ErrInvalid)

	oneName := newSessions(t, authjs.Config{Secret: secret, CookieName: secure})
	wantSubject(t, oneName, request(secure+"="+ofSecure), "secure")
	wantError(t, oneName, request(plain+"="+ofPlain), authjs.ErrNoSession)

	insecure := newSessions(t, authjs.Config{Secret: secret, InsecureCookies: true})
	wantSubject(t, insecure, request(secure+"="+ofSecure+"; "+plain+"="+ofPlain), "plain")
}

// NextAuth CVE-2023-48309: a token that was encrypted for one cookie is not valid in another.
// In v4 the key does not depend on the name of the session cookie.
func TestTokenOfAnotherCookie(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret})
	wantError(t, s, request(secure+"="+sealed(t, authjs.Config{Secret: secret, InsecureCookies: true}, ada)),
		authjs.ErrInvalid)
	wantError(t, s, request(plain+"="+sealed(t, authjs.Config{Secret: secret}, ada)), authjs.ErrInvalid)
	for _, name := range []string{"authjs.state", "authjs.pkce.code_verifier", "authjs.nonce", "encodedState"} {
		wantError(t, s, request(plain+"="+sealed(t, authjs.Config{Secret: secret, CookieName: name}, ada)),
			authjs.ErrInvalid)
	}

	v4 := authjs.Config{Secret: secret, Version: authjs.VersionV4}
	wantError(t, s, request(secure+"="+sealed(t, v4, ada)), authjs.ErrInvalid)
	ofV5 := sealed(t, authjs.Config{Secret: secret}, ada)
	wantError(t, newSessions(t, v4), request("__Secure-next-auth.session-token="+ofV5), authjs.ErrInvalid)
	wantSubject(t, newSessions(t, v4), request("next-auth.session-token="+sealed(t, v4, ada)), "user-1")
}

func TestSecretRotation(t *testing.T) {
	t.Parallel()
	for _, version := range []authjs.Version{authjs.VersionV5, authjs.VersionV4} {
		before := authjs.Config{Secret: older, Version: version, CookieName: "sid"}
		during := authjs.Config{
			Secret: secret, PreviousSecrets: []string{"another one", older}, Version: version, CookieName: "sid",
		}
		after := authjs.Config{Secret: secret, Version: version, CookieName: "sid"}

		wantSubject(t, newSessions(t, during), request("sid="+sealed(t, before, ada)), "user-1")
		wantSubject(t, newSessions(t, after), request("sid="+sealed(t, during, ada)), "user-1")
		wantError(t, newSessions(t, after), request("sid="+sealed(t, before, ada)), authjs.ErrInvalid)
		wantError(t, newSessions(t, before), request("sid="+sealed(t, during, ada)), authjs.ErrInvalid)
	}
}

// RFC 7519, Section 4.1.4: a difference of 15 seconds between the clocks does not end a session.
func TestExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := authjs.Config{Secret: secret, MaxAge: time.Hour + time.Second/2}
		s := newSessions(t, c)
		r := request(secure + "=" + sealed(t, c, ada))
		time.Sleep(time.Hour + 14*time.Second)
		wantSubject(t, s, r, "user-1")
		time.Sleep(time.Second)
		wantError(t, s, r, authjs.ErrExpired)
	})
}

func TestChunks(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret})
	b := newBrowser(t, &http.Cookie{Name: "theme", Value: "dark"})
	long := authjs.Claims{"sub": "user-1", "blob": strings.Repeat("x", 6000)}
	for _, step := range []struct {
		name   string
		claims authjs.Claims
		want   string
	}{
		{"short", ada, secure + " theme"},
		{"long", long, secure + ".0 " + secure + ".1 " + secure + ".2 theme"},
		{"less long", authjs.Claims{"sub": "user-1", "blob": strings.Repeat("x", 4000)},
			secure + ".0 " + secure + ".1 theme"},
		{"short again", ada, secure + " theme"},
		{"long again", long, secure + ".0 " + secure + ".1 " + secure + ".2 theme"},
	} {
		b.write(s, step.claims)
		if got := b.names(); got != step.want {
			t.Errorf("%s: the browser has %s, want %s", step.name, got, step.want)
		}
		wantSubject(t, s, b.request(), "user-1")
	}

	// oauth2-proxy CVE-2026-34454: nothing of the session outlives the sign-out.
	res := b.do(s.Clear)
	if got := b.names(); got != "theme" {
		t.Errorf("after Clear the browser has %s", got)
	}
	if got := res.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control: %q", got)
	}
	for _, c := range res.Cookies() {
		if want := strings.HasPrefix(c.Name, "__Secure-"); c.Secure != want || c.MaxAge != -1 || c.Value != "" ||
			!c.HttpOnly || c.Path != "/" {
			t.Errorf("cleared by %s", c.Raw)
		}
	}
	wantError(t, s, b.request(), authjs.ErrNoSession)
}

// A browser may also have a session of http://localhost, under the other default name. Write
// removes it.
func TestWriteRemovesTheOtherName(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret})
	b := newBrowser(t, &http.Cookie{Name: plain + ".0", Value: "a"}, &http.Cookie{Name: plain + ".1", Value: "b"})
	b.write(s, ada)
	if got := b.names(); got != secure {
		t.Errorf("the browser has %s, want %s", got, secure)
	}
}

// If a session is for a domain, the session that was for the host alone is removed: browsers would
// continue to send it first.
func TestCookieDomain(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret, CookieDomain: "example.com"})
	r := request(secure + ".0=old")
	for name, call := range map[string]func(http.ResponseWriter){
		"write": func(w http.ResponseWriter) {
			if err := s.Write(w, r, authjs.Claims{"sub": "user-1"}); err != nil {
				t.Error(err)
			}
		},
		"clear": func(w http.ResponseWriter) { s.Clear(w, r) },
	} {
		w := httptest.NewRecorder()
		call(w)
		kept := map[string]bool{} // by name and domain
		for _, c := range w.Result().Cookies() {
			kept[c.Name+" "+c.Domain] = c.MaxAge >= 0
		}
		for _, removed := range []string{secure + ".0 ", secure + ".0 example.com"} {
			if kept, told := kept[removed]; kept || !told {
				t.Errorf("%s: %sis not removed", name, removed)
			}
		}
		if got := kept[secure+" example.com"]; got != (name == "write") || kept[secure+" "] {
			t.Errorf("%s: the cookies that are kept: %v", name, kept)
		}
	}
}

func TestTheLastCallDecidesAboutTheSession(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret})
	long := authjs.Claims{"sub": "user-1", "blob": strings.Repeat("x", 6000)}
	write := func(w http.ResponseWriter, r *http.Request, claims authjs.Claims) {
		if err := s.Write(w, r, claims); err != nil {
			t.Error(err)
		}
	}

	b := newBrowser(t)
	res := b.do(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
		write(w, r, long)
		s.Clear(w, r)
	})
	if got := b.names(); got != "theme" {
		t.Errorf("after Write and Clear the browser has %s", got)
	}
	if n := len(res.Header["Set-Cookie"]); n != 3 {
		t.Errorf("%d cookies are set, want theme and the two names", n)
	}
	b.do(func(w http.ResponseWriter, r *http.Request) {
		write(w, r, long)
		write(w, r, ada)
	})
	if got := b.names(); got != secure+" theme" {
		t.Errorf("after Write and Write the browser has %s", got)
	}
	b.do(func(w http.ResponseWriter, r *http.Request) {
		s.Clear(w, r)
		write(w, r, authjs.Claims{"sub": "user-2"})
	})
	wantSubject(t, s, b.request(), "user-2")
}

func TestWriteThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret})
	for name, claims := range map[string]authjs.Claims{
		"no claims": nil,
		"empty":     {},
		"no JSON":   {"sub": make(chan int)},
		"too long":  {"sub": strings.Repeat("x", 64<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			w.Header().Set("Set-Cookie", "theme=dark")
			err := s.Write(w, request(secure+".0=a; "+plain+"=b"), claims)
			if err == nil || !strings.HasPrefix(err.Error(), "authjs: write a session: ") || len(err.Error()) > 200 {
				t.Errorf("got %v", err)
			}
			if want := (http.Header{"Set-Cookie": {"theme=dark"}}); !reflect.DeepEqual(w.Header(), want) {
				t.Errorf("the header became %v", w.Header())
			}
		})
	}
}

// fiber CVE-2026-25899: the work that a request can cause is limited.
func TestTooManyCookies(t *testing.T) {
	t.Parallel()
	c := authjs.Config{Secret: secret}
	s, token := newSessions(t, c), sealed(t, c, ada)
	var chunks []string
	for n := range 200 {
		chunks = append(chunks, secure+"."+strconv.Itoa(n)+"=x")
	}
	wantError(t, s, request(strings.Join(chunks, "; ")), authjs.ErrNoSession)
	wantError(t, s, request(secure+"="+token+"; a="+strings.Repeat("x", 100<<10)), authjs.ErrNoSession)
	wantError(t, s, request(secure+"="+strings.Repeat("x", 70<<10)), authjs.ErrInvalid)
	wantSubject(t, s, request(secure+"="+token+"; a="+strings.Repeat("x", 98<<10)), "user-1")
}

// Tinyauth CVE-2026-33544: run with -race.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret, Bearer: true})
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			b, sub := newBrowser(t), fmt.Sprint("user-", n)
			b.write(s, authjs.Claims{"sub": sub})
			wantSubject(t, s, b.request(), sub)
		})
	}
	all.Wait()
}
