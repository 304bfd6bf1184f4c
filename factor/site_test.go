package factor_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/internal/totp"
	"github.com/cardea-auth/cardea/memadapter"
)

const annAddress = "ann@example.com"

// site is an application with second factors and the account page.
type site struct {
	*httptest.Server
	*cardea.Auth
	store  *memadapter.Adapter
	factor *factor.Feature
	mails  *cardeatest.Mailbox
	log    *lockedBuffer
	clock  *clock
}

// clock is what the codes of apps go by. It stands until it is advanced.
type clock struct{ nanoseconds atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(0, c.nanoseconds.Load()) }

func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

// lockedBuffer is a log that mails write to after the answer.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newSite(t *testing.T, change func(*cardea.Config, *factor.Options)) *site {
	t.Helper()
	return newSiteOf(t, true, change)
}

// newSiteOf is newSite, with or without package account.
func newSiteOf(t *testing.T, hasAccount bool, change func(*cardea.Config, *factor.Options)) *site {
	t.Helper()
	s := &site{store: memadapter.New(), mails: &cardeatest.Mailbox{}, log: &lockedBuffer{}, clock: &clock{}}
	s.clock.advance(time.Duration(time.Now().UnixNano()))
	c := cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: s.store, Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	o := factor.Options{Issuer: "Example", From: "Example <no-reply@example.com>", Sender: s.mails}
	if change != nil {
		change(&c, &o)
	}
	s.factor = factor.New(o)
	s.factor.SetClock(s.clock.now)
	if c.Features = append(c.Features, s.factor); hasAccount {
		c.Features = append(c.Features, account.New(account.Options{From: o.From, Sender: o.Sender}))
	}
	var err error
	if s.Auth, err = cardea.New(c); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.Auth)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "home") })
	mux.Handle("/level", s.Auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, cardea.SessionFrom(r.Context()).Level)
	})))
	mux.Handle("/strong", s.Auth.RequireLevel(2, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "strong ", r.URL.RawQuery)
	})))
	mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
		proof := cardea.Proof{UserID: r.FormValue("user"), Methods: strings.Fields(r.FormValue("methods"))}
		_, err := s.Auth.SignIn(w, r, proof)
		if failure, ok := errors.AsType[*cardea.Error](err); ok && failure.Redirect != "" {
			http.Redirect(w, r, failure.Redirect, http.StatusSeeOther)
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *site) user(t *testing.T, address string) *cardea.User {
	t.Helper()
	return s.userProven(t, address, 0)
}

const day = 24 * time.Hour

// userProven adds a user who has proven the address so long before the time of the clock.
func (s *site) userProven(t *testing.T, address string, before time.Duration) *cardea.User {
	t.Helper()
	u := &cardea.User{Name: "Ann", Email: address, EmailVerified: s.clock.now().Add(-before)}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u
}

// visitor is a browser.
type visitor struct {
	*cardeatest.Browser
	t    *testing.T
	site *site
}

// page is where a request has ended.
type page struct {
	status int
	at     string // path and query
	body   string
	header http.Header
}

// heading returns the heading of the page.
func (p page) heading() string { return p.find(`<h1>([^<]*)`) }

// alert returns what the page says about a failure.
func (p page) alert() string { return p.find(`role="alert">\s*<svg[^\0]*?<span>([^<]*)`) }

func (p page) find(pattern string) string {
	if found := regexp.MustCompile(pattern).FindStringSubmatch(p.body); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

func (s *site) visitor(t *testing.T) *visitor {
	t.Helper()
	return &visitor{cardeatest.NewBrowser(t, s.URL), t, s}
}

// enter signs a user in as an application does after a check of its own.
func (s *site) enter(t *testing.T, u *cardea.User, methods string) *visitor {
	t.Helper()
	v := s.visitor(t)
	if p := v.get("/enter?user=" + url.QueryEscape(u.ID) + "&methods=" + url.QueryEscape(methods)); p.status != 200 {
		t.Fatalf("enter: %d %s", p.status, p.body)
	}
	return v
}

// enter returns the visitor after the first proof of a user, and where that has led.
func (v *visitor) enter(u *cardea.User, methods string) page {
	v.t.Helper()
	return v.get("/enter?user=" + url.QueryEscape(u.ID) + "&methods=" + url.QueryEscape(methods))
}

// waits returns a visitor whose sign-in waits for the second factor.
func (s *site) waits(t *testing.T, u *cardea.User) *visitor {
	t.Helper()
	v := s.visitor(t)
	if p := v.enter(u, "pwd"); p.at != "/api/auth/factor/challenge" || p.heading() != "One more step" {
		t.Fatalf("the sign-in does not wait: ended at %s: %d %s", p.at, p.status, p.body)
	}
	return v
}

func (v *visitor) get(path string) page {
	v.t.Helper()
	if strings.HasPrefix(path, "/factor/") || path == "/account" {
		path = "/api/auth" + path
	}
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.site.URL+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	res, err := v.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.read(res)
}

// post posts a form to an endpoint, with names and values in turn.
func (v *visitor) post(path string, form ...string) page {
	v.t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	return v.read(v.Post(path, values))
}

func (v *visitor) read(res *http.Response) page {
	v.t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return page{res.StatusCode, res.Request.URL.RequestURI(), string(text), res.Header}
}

func (v *visitor) isSignedIn() bool { return v.Session() != nil }

// cookies returns the cookies of the browser.
func (v *visitor) cookies() []*http.Cookie { return v.Jar.Cookies(v.at()) }

// addCookies adds those copied cookies whose names contain a text.
func (v *visitor) addCookies(copied []*http.Cookie, name string) *visitor {
	for _, c := range copied {
		if strings.Contains(c.Name, name) {
			c.Path = "/"
			v.Jar.SetCookies(v.at(), []*http.Cookie{c})
		}
	}
	return v
}

func (v *visitor) at() *url.URL {
	u, err := url.Parse(v.site.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	return u
}

// enterWithoutFactor returns a browser whose session is of level 1, although the user has a factor:
// it began before.
func (s *site) enterWithoutFactor(t *testing.T, u *cardea.User) *visitor {
	t.Helper()
	return s.signedInAt(t, u, time.Now(), "pwd")
}

// signedInAt returns a browser with a session of level 1 that has begun then.
func (s *site) signedInAt(t *testing.T, u *cardea.User, begin time.Time, methods ...string) *visitor {
	t.Helper()
	v := s.visitor(t)
	token := rand.Text()
	err := s.store.CreateSession(t.Context(), &cardea.Session{
		Token: hashOf(token), UserID: u.ID, Expires: time.Now().Add(time.Hour), AuthTime: begin,
		Methods: methods, Level: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.addCookies([]*http.Cookie{{Name: "authjs.session-token", Value: token}}, "")
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (s *site) host() string { return strings.TrimPrefix(s.URL, "http://") }

// app is an authenticator app.
type app struct {
	secret totp.Secret
	clock  *clock
}

// code returns the code of now or, if the clock of the app is wrong, of some steps later.
func (a *app) code(later int) string {
	return codeOf(a.secret, a.clock.now().Add(time.Duration(later)*30*time.Second))
}

// next waits for the next code, and returns it.
func (a *app) next() string {
	a.clock.advance(30 * time.Second)
	return a.code(0)
}

// start opens the page of an enrolment.
func (v *visitor) start() page {
	v.t.Helper()
	p := v.post("/factor/start")
	if p.at != "/api/auth/factor/enrol" {
		v.t.Fatalf("factor/start: ended at %s: %s", p.at, p.body)
	}
	return p
}

// appOf reads the secret of an enrolment as people do who type it.
func (s *site) appOf(t *testing.T, p page) *app {
	t.Helper()
	text := strings.ReplaceAll(p.find(`<code>([A-Z2-7 ]{39})</code>`), " ", "")
	secret, err := totp.ParseSecret(text)
	if err != nil {
		t.Fatalf("no secret on the page: %v: %s", err, p.body)
	}
	return &app{secret, s.clock}
}

// enrol sets up an app, and returns it with the recovery codes.
func (v *visitor) enrol() (*app, []string) {
	v.t.Helper()
	a := v.site.appOf(v.t, v.start())
	p := v.post("/factor/enrol", "code", a.code(0), "name", "Phone")
	codes := recoveryCodesOf(p)
	if p.heading() != "Your recovery codes" || len(codes) != 8 {
		v.t.Fatalf("enrolled: ended at %s: %s", p.at, p.body)
	}
	return a, codes
}

var recoveryCode = regexp.MustCompile(`<li><code>([0-9A-Z-]{27})</code>`)

func recoveryCodesOf(p page) (codes []string) {
	for _, found := range recoveryCode.FindAllStringSubmatch(p.body, -1) {
		codes = append(codes, found[1])
	}
	return codes
}

// factors returns the stored factors of a user.
func (s *site) factors(t *testing.T, u *cardea.User) []*factor.Factor {
	t.Helper()
	has, err := s.store.Factors(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return has
}

func (s *site) countRecoveryCodes(t *testing.T, u *cardea.User) int {
	t.Helper()
	n, err := s.store.CountRecoveryCodes(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wantMails waits until the site has sent mails with these subjects to an address, and no others.
// Several are sent at a time, so their order is any.
func (s *site) wantMails(t *testing.T, to string, subjects ...string) {
	t.Helper()
	var got []string
	for range 5000 {
		got = nil
		for _, m := range s.mails.All() {
			if m.To == to {
				got = append(got, m.Subject)
			}
		}
		if len(got) >= len(subjects) {
			break
		}
		time.Sleep(2 * time.Millisecond) // mails leave after the answer
	}
	slices.Sort(got)
	if slices.Sort(subjects); !slices.Equal(got, subjects) {
		t.Errorf("mails to %s: %q, want %q", to, got, subjects)
	}
}

// codeOf returns the code of a secret at a time (RFC 6238 § 4, RFC 4226 § 5.3).
func codeOf(secret []byte, at time.Time) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[19]&15:]) & (1<<31 - 1)
	return fmt.Sprintf("%06d", number%1000000)
}
