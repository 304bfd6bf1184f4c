package account_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// site is a site with the account page and two providers, idp and other.
type site struct {
	*httptest.Server
	auth  *cardea.Auth
	store *memadapter.Adapter
}

func newSite(t testing.TB, o account.Options, change ...func(*cardea.Config)) *site {
	t.Helper()
	s := &site{store: memadapter.New()}
	c := cardea.Config{
		Secret: strings.Repeat("secret", 8), Adapter: s.store, Logger: slog.New(slog.DiscardHandler),
		Features: []cardea.Feature{account.New(o)},
	}
	for _, id := range []string{"idp", "other"} {
		issuer := cardeatest.NewIssuer(t,
			cardeatest.Person{Subject: id + "-1", Name: "Ann", Email: "ann@example.com", EmailVerified: true},
			cardeatest.Person{Subject: id + "-2", Name: "Ben", Email: "ben@example.com", EmailVerified: true},
			cardeatest.Person{Subject: id + "-3", Name: "Cy"})
		p := provider.OIDC(id, strings.ToUpper(id), provider.Client{
			ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL,
		})
		c.Providers = append(c.Providers, p)
	}
	for _, f := range change {
		f(&c)
	}
	var err error
	if s.auth, err = cardea.New(c); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", s.auth)
	mux.HandleFunc("/enter", func(w http.ResponseWriter, r *http.Request) {
		proof := cardea.Proof{UserID: r.FormValue("user"), Methods: append(r.URL.Query()["method"], "fed")}
		if _, err := s.auth.SignIn(w, r, proof); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// as sets the User-Agent header of a browser.
type as struct {
	userAgent string
	http.RoundTripper
}

func (a as) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", a.userAgent)
	return a.RoundTripper.RoundTrip(r)
}

const (
	firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
		"Version/18.0 Mobile/15E148 Safari/604.1"
)

func (s *site) signIn(t testing.TB, userAgent, hint string) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.URL)
	b.Client.Transport = as{userAgent, b.Client.Transport}
	b.SignIn("idp", hint)
	return b
}

// enter signs a user in as an application does after a check of its own.
func (s *site) enter(t *testing.T, userID string, methods ...string) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.URL)
	res, err := b.Get(s.URL + "/enter?" + url.Values{"user": {userID}, "method": methods}.Encode())
	if err != nil || res.StatusCode != http.StatusOK || b.Session() == nil {
		t.Fatal(res, err)
	}
	return b
}

// show returns the account page.
func show(t *testing.T, b *cardeatest.Browser) string {
	t.Helper()
	res, err := b.Get(b.Site + "/api/auth/account")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	return body(t, res)
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(string(text))
}

// userID returns who is signed in, "" for nobody.
func userID(t testing.TB, s *site, email string) string {
	t.Helper()
	u, err := s.store.UserByEmail(t.Context(), email)
	if err != nil {
		return ""
	}
	return u.ID
}

var sessionInput = regexp.MustCompile(`name="session" value="([0-9a-f]+)"`)

func wants(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{})
	ann := s.signIn(t, firefox, "idp-1")
	text := show(t, ann)
	wants(t, text, "<h1>Account</h1>", "Ann", "ann@example.com", "IDP: idp-1",
		"This device: Firefox on Windows, 127.0.0.0/24", `signin?callbackUrl=`, "Type ann@example.com to confirm")
	if strings.Contains(text, "Sign out everywhere else") {
		t.Error("a button for other devices, and there are none")
	}
	for _, unwanted := range []string{"<script", " style=", " onclick="} {
		if strings.Contains(text, unwanted) {
			t.Errorf("the page has %s", unwanted)
		}
	}
	wants(t, show(t, s.signIn(t, firefox, "idp-3")), "Cy", "Type DELETE to confirm")
}

func TestDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{})
	desk, phone, hostile := s.signIn(t, firefox, "idp-1"), s.signIn(t, safari, "idp-1"),
		s.signIn(t, "<script>alert(1)</script>", "idp-1")
	ben := s.signIn(t, safari, "idp-2")

	wants(t, show(t, desk), "Safari on iPhone, 127.0.0.0/24, last used", "Unknown device", "Sign out everywhere else")
	ids := sessionInput.FindAllStringSubmatch(show(t, ben), -1)
	if len(ids) != 0 {
		t.Fatalf("Ben sees sessions %v", ids)
	}

	// Somebody else's session stays, whatever Ben posts.
	ids = sessionInput.FindAllStringSubmatch(show(t, phone), -1)
	if len(ids) != 2 {
		t.Fatalf("the phone sees %d other sessions, want 2", len(ids))
	}
	for _, id := range ids {
		ben.Post("/account/end-session", url.Values{"session": {id[1]}})
	}
	if desk.Session() == nil || hostile.Session() == nil {
		t.Fatal("Ben has ended a session of Ann")
	}

	res := phone.Post("/account/end-session", url.Values{"session": {ids[0][1]}})
	if got := res.Request.URL; got.Path != "/api/auth/account" || got.Fragment != "devices" {
		t.Errorf("led to %s", got)
	}
	if left := len(sessionInput.FindAllString(show(t, phone), -1)); left != 1 {
		t.Errorf("%d other sessions are left, want 1", left)
	}
	phone.Post("/account/end-other-sessions", nil)
	if desk.Session() != nil || hostile.Session() != nil || phone.Session() == nil || ben.Session() == nil {
		t.Error("want all other sessions of Ann ended, and no more")
	}
}

// A JWT session is in a browser alone.
func TestDevicesWithJWT(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{}, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT })
	ann := s.signIn(t, firefox, "idp-1")
	wants(t, show(t, ann), "cannot list where you are signed in")
	for _, path := range []string{"/account/end-session", "/account/end-other-sessions"} {
		if res := ann.Post(path, nil); res.StatusCode != http.StatusOK || ann.Session() == nil {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

func TestUnlink(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{})
	ann, ben := s.signIn(t, firefox, "idp-1"), s.signIn(t, firefox, "idp-2")
	id := userID(t, s, "ann@example.com")
	own := url.Values{"provider": {"idp"}, "providerAccountId": {"idp-1"}}

	wants(t, body(t, ann.Post("/account/unlink", own)), `role="alert"`, "your only way to sign in")
	ann.SignIn("other", "other-1")
	ben.Post("/account/unlink", url.Values{"provider": {"idp"}, "providerAccountId": {"idp-1"}})
	if all, err := s.auth.Accounts(t.Context(), id); err != nil || len(all) != 2 {
		t.Fatalf("%d accounts are left (%v), want 2", len(all), err)
	}
	ann.Post("/account/unlink", url.Values{"provider": {"idp"}, "providerAccountId": {"idp-1"}})
	if all, err := s.auth.Accounts(t.Context(), id); err != nil || len(all) != 1 || all[0].Provider != "other" {
		t.Errorf("accounts %v (%v), want the other one", all, err)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{}, func(c *cardea.Config) { c.Features = append(c.Features, notes{}) })
	ann := s.signIn(t, firefox, "idp-1")
	s.signIn(t, safari, "idp-1")
	res := ann.Post("/account/export", nil)
	if got := res.Header.Get("Content-Disposition"); got != `attachment; filename="account.json"` {
		t.Errorf("Content-Disposition %q", got)
	}
	if got := res.Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	var all struct {
		User     map[string]any
		Accounts []map[string]any
		Sessions []map[string]any
		Features map[string]any
	}
	text := body(t, res)
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	if all.User["email"] != "ann@example.com" || len(all.Accounts) != 1 || len(all.Sessions) != 2 {
		t.Errorf("exported %s", text)
	}
	if got := all.Features["notes"]; got == nil {
		t.Errorf("exported no rows of the feature: %s", text)
	}
	accounts, err := s.store.Accounts(t.Context(), userID(t, s, "ann@example.com"))
	if err != nil || len(accounts) != 1 || accounts[0].AccessToken == "" {
		t.Fatal(accounts, err)
	}
	sessions, err := s.store.Sessions(t.Context(), userID(t, s, "ann@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{accounts[0].AccessToken, accounts[0].IDToken}
	for _, session := range sessions {
		secrets = append(secrets, session.Token, session.ID())
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("exported the secret %s", secret)
		}
	}
}

// notes is a feature that keeps rows.
type notes struct{}

func noDelete(context.Context, string) error { return nil }

func exportNotes(_ context.Context, userID string) (any, error) {
	return []string{"note of " + userID}, nil
}

func (notes) FeatureID() string { return "notes" }

func (notes) Install(h *cardea.Host) error {
	h.Rows(feature.Rows{Delete: noDelete, Export: exportNotes})
	h.Rows(feature.Rows{Delete: noDelete})
	return nil
}

func TestDelete(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		s := newSite(t, account.Options{AfterDelete: "/bye"}, func(c *cardea.Config) { c.Session.Strategy = strategy })
		ann, phone := s.signIn(t, firefox, "idp-1"), s.signIn(t, safari, "idp-1")
		for _, wrong := range []string{"", "ben@example.com", "DELETE"} {
			ann.Post("/account/delete", url.Values{"confirm": {wrong}})
		}
		res := ann.Post("/account/delete", url.Values{"confirm": {"ben@example.com"}})
		wants(t, body(t, res), `role="alert"`, "Nothing was deleted")
		if userID(t, s, "ann@example.com") == "" {
			t.Fatal("deleted without the confirmation")
		}
		res = ann.Post("/account/delete", url.Values{"confirm": {" Ann@example.com "}})
		if res.Request.URL.Path != "/bye" {
			t.Errorf("led to %s", res.Request.URL)
		}
		if userID(t, s, "ann@example.com") != "" || ann.Session() != nil || phone.Session() != nil {
			t.Errorf("%s: the user or a session is left", strategy)
		}
	}
}

// A provider that was removed from the configuration has no name any more. Its accounts can still
// be seen and removed.
func TestAccountOfAProviderThatIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{})
	ann := s.signIn(t, firefox, "idp-1")
	err := s.store.LinkAccount(t.Context(), &cardea.Account{
		UserID: userID(t, s, "ann@example.com"), Type: "oidc", Provider: "gone", ProviderAccountID: "g-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, show(t, ann), "IDP: idp-1", "gone: g-1")
	ann.Post("/account/unlink", url.Values{"provider": {"gone"}, "providerAccountId": {"g-1"}})
	if strings.Contains(show(t, ann), "g-1") {
		t.Error("the account is left")
	}
}

// addSessions adds sessions of a user.
func addSessions(tb testing.TB, s *site, userID string, n int) {
	tb.Helper()
	now := time.Now()
	for i := range n {
		seen := now.Add(-time.Duration(i+1) * time.Minute)
		err := s.store.CreateSession(tb.Context(), &cardea.Session{
			Token: fmt.Sprint("token-", i), UserID: userID, Expires: now.Add(24 * time.Hour), CreatedAt: seen,
			AuthTime: seen, SeenAt: seen, IP: "203.0.113.0/24", UserAgent: firefox, Methods: []string{"fed"}, Level: 1,
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// With very many sessions the page shows the 50 that were used last, and one button ends all.
func TestManyDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{})
	ann := s.signIn(t, firefox, "idp-1")
	id := userID(t, s, "ann@example.com")
	addSessions(t, s, id, 1000)
	text := show(t, ann)
	ids := sessionInput.FindAllStringSubmatch(text, -1)
	if len(ids) != 50 {
		t.Fatalf("the page has %d other devices, want 50", len(ids))
	}
	all, err := s.auth.Sessions(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range all[1:51] { // the first one is this device
		if ids[i][1] != want.ID() {
			t.Fatalf("device %d is not the one that was used last", i)
		}
	}
	if len(text) > 100<<10 {
		t.Errorf("the page has %d bytes", len(text))
	}
	ann.Post("/account/end-other-sessions", nil)
	if all, err = s.auth.Sessions(t.Context(), id); err != nil || len(all) != 1 || ann.Session() == nil {
		t.Errorf("%d sessions are left, %v", len(all), err)
	}
}

// BenchmarkPage measures the account page of somebody with few or very many sessions.
func BenchmarkPage(b *testing.B) {
	for _, sessions := range []int{10, 1000} {
		b.Run(fmt.Sprintf("%d sessions", sessions), func(b *testing.B) {
			s := newSite(b, account.Options{})
			ann := s.signIn(b, firefox, "idp-1")
			addSessions(b, s, userID(b, s, "ann@example.com"), sessions)
			site, err := url.Parse(s.URL)
			if err != nil {
				b.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, s.URL+"/api/auth/account", nil)
			for _, c := range ann.Jar.Cookies(site) {
				r.AddCookie(c)
			}
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				if s.auth.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}

// Whoever changes a credential must have signed in of late. A form of another site does nothing.
func TestRules(t *testing.T) {
	t.Parallel()
	s := newSite(t, account.Options{Fresh: time.Nanosecond})
	ann := s.signIn(t, firefox, "idp-1")
	forms := map[string]url.Values{
		"/account/unlink": {"provider": {"idp"}, "providerAccountId": {"idp-1"}},
		"/account/export": {},
		"/account/delete": {"confirm": {"ann@example.com"}},
	}
	for path, form := range forms {
		res := ann.Post(path, form)
		if res.StatusCode == http.StatusOK && !strings.HasSuffix(res.Request.URL.Path, "/signin") {
			t.Errorf("%s, long after the sign-in: %s of %s", path, res.Status, res.Request.URL)
		}
	}
	if userID(t, s, "ann@example.com") == "" {
		t.Error("the user was deleted long after the sign-in")
	}

	s = newSite(t, account.Options{})
	ann = s.signIn(t, firefox, "idp-1")
	stranger := cardeatest.NewBrowser(t, s.URL)
	forms["/account/end-session"], forms["/account/end-other-sessions"] = url.Values{}, url.Values{}
	for path, form := range forms {
		if res := stranger.Post(path, form); res.StatusCode == http.StatusOK &&
			!strings.HasSuffix(res.Request.URL.Path, "/signin") {
			t.Errorf("%s by nobody: %s", path, res.Status)
		}
		form.Set("csrfToken", strings.Repeat("0", 64))
		if res := ann.Post(path, form); res.StatusCode == http.StatusOK && res.Request.URL.Path == "/api/auth"+path {
			t.Errorf("%s with a wrong CSRF token: %s", path, res.Status)
		}
		res, err := ann.Get(s.URL + "/api/auth" + path)
		if err != nil || res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %v, %v", path, res.Status, err)
		}
	}
	if userID(t, s, "ann@example.com") == "" || ann.Session() == nil {
		t.Error("the user or the session is gone")
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	page := func(o account.Options) []cardea.Feature { return []cardea.Feature{account.New(o)} }
	s := newSite(t, account.Options{Without: []string{account.SectionDelete, account.SectionExport}})
	ann := s.signIn(t, firefox, "idp-1")
	text := show(t, ann)
	if strings.Contains(text, `id="delete"`) || strings.Contains(text, `id="export"`) {
		t.Error("the page has a section that it was told to leave out")
	}
	res := ann.Post("/account/delete", url.Values{"confirm": {"ann@example.com"}})
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("the endpoint of a section that is left out: %s", res.Status)
	}

	s = newSite(t, account.Options{}, func(c *cardea.Config) { c.Pages.Account = "/me" })
	ann = s.signIn(t, firefox, "idp-1")
	if res, err := ann.Get(s.URL + "/api/auth/account"); err != nil || res.Request.URL.Path != "/me" {
		t.Errorf("with a page of the application: %s (%v)", res.Request.URL, err)
	}

	for want, c := range map[string]cardea.Config{
		`"x", which is no section; there are profile, address, sign-ins, devices, export, delete`: {Adapter: memadapter.New(), Features: page(account.Options{Without: []string{"x"}})},
		"needs an Adapter": {Features: page(account.Options{})},
		"Options.Fresh":    {Adapter: memadapter.New(), Features: page(account.Options{Fresh: -1})},
		"Pages.Account":    {Adapter: memadapter.New(), Pages: cardea.Pages{Account: "me"}},
	} {
		c.Secret = strings.Repeat("secret", 8)
		c.Providers = []cardea.Provider{provider.GitHub(provider.Client{ID: "x", Secret: "y"})}
		if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want %q in it", err, want)
		}
	}
}
