package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
)

// serve runs the quick start on a free port and returns the URL of the site.
func serve(t *testing.T) string {
	t.Helper()
	return start(t, filepath.Join(t.TempDir(), "test.sqlite"))
}

// start is serve with a database.
func start(t *testing.T, database string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	site := "http://" + listener.Addr().String()
	handler, err := newSite(site, database)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return site
}

// A new user opens the start page, is sent to the sign-in page, signs in with the local identity
// provider, and sees their row on the dashboard.
func TestNewUser(t *testing.T) {
	site := serve(t)
	b := cardeatest.NewBrowser(t, site)
	if page := get(t, b, site+"/"); !strings.Contains(page, "You are not signed in") {
		t.Errorf("start page:\n%s", page)
	}
	if page := get(t, b, site+"/dashboard"); !strings.Contains(page, "Sign in with a local account") {
		t.Errorf("the dashboard, signed out:\n%s", page)
	}

	idp := b.Post("/signin/local", url.Values{"callbackUrl": {"/dashboard"}})
	res, err := b.PostForm(idp.Request.URL.String(), url.Values{"name": {"Grace"}, "email": {"grace@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	page := readBody(t, res)
	for _, want := range []string{"You are signed in", "Grace", "grace@example.com", "MEMBER", "the current one"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the dashboard:\n%s", want, page)
		}
	}
	user, _ := b.Session()["user"].(map[string]any)
	if _, hasRole := user["role"]; user["email"] != "grace@example.com" || hasRole {
		t.Errorf("the session endpoint returns the user %v, want the e-mail and no role", user)
	}
	b.SignOut()
	if page := get(t, b, site+"/dashboard"); strings.Contains(page, "You are signed in") {
		t.Error("still signed in after signing out")
	}
}

// Somebody signs up with the link in a mail, chooses a password, signs in with it, and deletes the
// account.
func TestPassword(t *testing.T) {
	site := serve(t)
	b := cardeatest.NewBrowser(t, site)
	b.Post("/password/signup", url.Values{"name": {"Eve"}, "email": {"eve@example.com"}})
	get(t, b, openMail(t, b, site, "Sign up"))
	const password = "seven words that do not belong"
	b.Post("/password/choose", url.Values{"password": {password}, "callbackUrl": {"/dashboard"}})
	if page := get(t, b, site+"/dashboard"); !strings.Contains(page, "Eve") {
		t.Errorf("the dashboard after the sign-up:\n%s", page)
	}
	b.SignOut()
	b.Post("/callback/password", url.Values{"email": {"eve@example.com"}, "password": {password}})
	page := get(t, b, site+"/api/auth/account")
	for _, want := range []string{"Eve", "eve@example.com", "Current password", "New email", "This device"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the account page:\n%s", want, page)
		}
	}
	b.Post("/account/delete", url.Values{"confirm": {"eve@example.com"}})
	if page := get(t, b, site+"/"); !strings.Contains(page, "You are not signed in") {
		t.Errorf("after the deletion:\n%s", page)
	}
}

// Somebody signs in with the link in a mail.
func TestMail(t *testing.T) {
	site := serve(t)
	b := cardeatest.NewBrowser(t, site)
	b.Post("/signin/email", url.Values{"email": {"tim@example.com"}, "callbackUrl": {"/dashboard"}})
	if page := get(t, b, openMail(t, b, site, "Sign in")); !strings.Contains(page, "tim@example.com") {
		t.Errorf("after the link:\n%s", page)
	}
}

// Somebody sets up an authenticator app on the account page. After a restart, a sign-in with the
// link in a mail asks for its code.
func TestSecondFactor(t *testing.T) {
	database := filepath.Join(t.TempDir(), "test.sqlite")
	site := start(t, database)
	b := cardeatest.NewBrowser(t, site)
	b.Post("/signin/email", url.Values{"email": {"tim@example.com"}})
	get(t, b, openMail(t, b, site, "Sign in"))
	if page := get(t, b, site+"/api/auth/account"); !strings.Contains(page, "Set up an authenticator app") {
		t.Errorf("no second factor on the account page:\n%s", page)
	}
	key := keyOf(t, readBody(t, b.Post("/factor/start", nil)))
	page := readBody(t, b.Post("/factor/enrol", url.Values{"code": {codeAt(key, time.Now())}}))
	if !strings.Contains(page, "Your recovery codes") {
		t.Fatalf("no recovery codes:\n%s", page)
	}
	if page := get(t, b, site+"/dashboard"); !strings.Contains(page, "level 2") {
		t.Errorf("the dashboard after the code:\n%s", page)
	}

	site = start(t, database)
	b = cardeatest.NewBrowser(t, site)
	b.Post("/signin/email", url.Values{"email": {"tim@example.com"}, "callbackUrl": {"/dashboard"}})
	page = get(t, b, openMail(t, b, site, "Sign in"))
	if !strings.Contains(page, "One more step") || b.Session() != nil {
		t.Errorf("after the link:\n%s", page)
	}
	page = readBody(t, b.Post("/factor/challenge", url.Values{"code": {codeAt(key, time.Now().Add(30*time.Second))}}))
	if !strings.Contains(page, "tim@example.com") || !strings.Contains(page, "level 2") {
		t.Errorf("after the code:\n%s", page)
	}
}

// keyOf returns the key of an authenticator app from the page that sets one up.
func keyOf(t *testing.T, page string) []byte {
	t.Helper()
	found := regexp.MustCompile(`<code>([A-Z2-7 ]{39})</code>`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no key on the page:\n%s", page)
	}
	key, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(found[1], " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// codeAt returns the code of an app at a time (RFC 6238 § 4, RFC 4226 § 5.3).
func codeAt(key []byte, at time.Time) string {
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&(1<<31-1)%1000000)
}

// The secret stays the same, and nobody else on the machine can read it.
func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.sqlite.secret")
	secret, err := secretIn(file)
	if err != nil || len(secret) < 32 {
		t.Fatalf("the first start: %d characters, %v", len(secret), err)
	}
	if again, err := secretIn(file); again != secret || err != nil {
		t.Errorf("the second start: another secret, %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if _, err := secretIn(filepath.Join(file, "nothing")); err == nil {
		t.Error("a file that cannot be made is no error")
	}
	t.Setenv("AUTH_SECRET", strings.Repeat("s", 32))
	database := filepath.Join(t.TempDir(), "test.sqlite")
	start(t, database)
	if _, err := os.Stat(database + ".secret"); err == nil {
		t.Error("there is a file although AUTH_SECRET is set")
	}
}

// The address changes when the link in the mail to the new one is opened.
func TestChangeOfTheAddress(t *testing.T) {
	site := serve(t)
	b := cardeatest.NewBrowser(t, site)
	b.Post("/signin/email", url.Values{"email": {"tim@example.com"}})
	get(t, b, openMail(t, b, site, "Sign in"))
	b.Post("/account/address", url.Values{"email": {"tom@example.com"}})
	get(t, b, openMail(t, b, site, "Confirm your new address"))
	b.Post("/account/address/confirm", nil)
	if page := get(t, b, site+"/dashboard"); !strings.Contains(page, "tom@example.com") {
		t.Errorf("the dashboard after the change:\n%s", page)
	}
}

// openMail waits for a mail with a subject, and returns the link in it. Mails leave after the
// answers, in any order.
func openMail(t *testing.T, b *cardeatest.Browser, site, subject string) string {
	t.Helper()
	link := regexp.MustCompile(`<h2>` + subject + `[^<]*</h2>\s*<p>To [^<]*</p>\s*<p><a href="(http[^"]+)"`)
	for range 5000 {
		if m := link.FindStringSubmatch(get(t, b, site+"/mails")); m != nil {
			return html.UnescapeString(m[1])
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("no mail %q", subject)
	return ""
}

// Each service is on the sign-in page if its client is in the environment, and only then. The home
// page names its variables.
func TestServicesAppearWhenTheirClientsAreSet(t *testing.T) {
	idp := cardeatest.NewIssuer(t)
	services := []struct {
		button    string
		variables map[string]string
	}{
		{"Sign in with GitHub", map[string]string{"AUTH_GITHUB_ID": "id", "AUTH_GITHUB_SECRET": "secret"}},
		{"Sign in with Google", map[string]string{"AUTH_GOOGLE_ID": "id", "AUTH_GOOGLE_SECRET": "secret"}},
		{"Sign in with your OpenID provider", map[string]string{
			"AUTH_OIDC_ID": "id", "AUTH_OIDC_SECRET": "secret", "AUTH_OIDC_ISSUER": idp.URL,
		}},
	}
	for _, s := range services {
		for name := range s.variables {
			t.Setenv(name, "")
		}
	}
	for _, s := range services {
		site := serve(t)
		b := cardeatest.NewBrowser(t, site)
		if page := get(t, b, site+"/api/auth/signin"); strings.Contains(page, s.button) {
			t.Errorf("%q is on the sign-in page before its client is set", s.button)
		}
		home := get(t, b, site+"/")
		for name, value := range s.variables {
			t.Setenv(name, value)
			if !strings.Contains(home, "<code>"+name+"</code>") {
				t.Errorf("the home page does not name %s", name)
			}
		}
		site = serve(t)
		if page := get(t, cardeatest.NewBrowser(t, site), site+"/api/auth/signin"); !strings.Contains(page, s.button) {
			t.Errorf("no %q on the sign-in page:\n%s", s.button, page)
		}
	}
}

// From the home page to the provider and back, the pages have the colors of Cardea's pages.
func TestOneLook(t *testing.T) {
	site := serve(t)
	b := cardeatest.NewBrowser(t, site)
	variable := regexp.MustCompile(`--([a-z]+): (#[0-9a-f]{6});`)
	var built [2]map[string]string // light, dark
	light, dark, _ := strings.Cut(get(t, b, site+"/api/auth/signin"), "@media (prefers-color-scheme: dark)")
	for i, css := range []string{light, dark} {
		built[i] = map[string]string{}
		for _, v := range variable.FindAllStringSubmatch(css, -1) {
			built[i][v[1]] = v[2]
		}
	}
	idp := b.Post("/signin/local", nil)
	for name, page := range map[string]string{
		"home": get(t, b, site+"/"), "mails": get(t, b, site+"/mails"), "provider": readBody(t, idp),
	} {
		own := regexp.MustCompile(`--([a-z]+): light-dark\((#\w+), (#\w+)\)`).FindAllStringSubmatch(
			strings.ReplaceAll(page, "#fff,", "#ffffff,"), -1)
		for _, v := range own {
			if built[0][v[1]] != v[2] || built[1][v[1]] != v[3] {
				t.Errorf("%s: %s is %s and %s, want %s and %s", name, v[1], v[2], v[3], built[0][v[1]], built[1][v[1]])
			}
		}
		if len(own) < 6 || !strings.Contains(page, "background: #3b5bdb") || strings.Contains(page, "E-mail") {
			t.Errorf("%s has %d colors of its own:\n%s", name, len(own), page)
		}
	}
}

// get returns the HTML of a page. Any other status than 200 fails the test.
func get(t *testing.T, b *cardeatest.Browser, url string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return readBody(t, res)
}

// readBody returns the body of a response. Any other status than 200 fails the test.
func readBody(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", res.Request.URL.Redacted(), res.Status, err)
	}
	return string(body)
}
