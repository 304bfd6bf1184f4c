package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/cardeatest"
)

// serve runs the quick start on a free port and returns the URL of the site.
func serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	site := "http://" + listener.Addr().String()
	handler, err := newSite(site, filepath.Join(t.TempDir(), "test.sqlite"))
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
	for _, want := range []string{"You are signed in", "Grace", "grace@example.com", "MEMBER", "current"} {
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

func TestGitHubAppearsWhenItsClientIsSet(t *testing.T) {
	t.Setenv("AUTH_GITHUB_ID", "id")
	t.Setenv("AUTH_GITHUB_SECRET", "secret")
	site := serve(t)
	page := get(t, cardeatest.NewBrowser(t, site), site+"/api/auth/signin")
	if !strings.Contains(page, "Sign in with GitHub") {
		t.Errorf("no GitHub on the sign-in page:\n%s", page)
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
