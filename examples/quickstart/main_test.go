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

// serve runs the quick start at a free port.
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

// A newcomer sees the start page, is led to sign in, becomes somebody at the local identity
// provider, and sees the own row.
func TestNewcomer(t *testing.T) {
	site := serve(t)
	b := cardeatest.NewBrowser(t, site)
	if page := get(t, b, site+"/"); !strings.Contains(page, "Nobody is signed in") {
		t.Errorf("start page:\n%s", page)
	}
	if page := get(t, b, site+"/dashboard"); !strings.Contains(page, "Sign in with a local account") {
		t.Errorf("the dashboard of a stranger:\n%s", page)
	}

	idp := b.Post("/signin/local", url.Values{"callbackUrl": {"/dashboard"}})
	res, err := b.PostForm(idp.Request.URL.String(), url.Values{"name": {"Grace"}, "email": {"grace@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	page := read(t, res)
	for _, want := range []string{"You are signed in", "Grace", "grace@example.com", "ADMIN", "this one"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the dashboard:\n%s", want, page)
		}
	}
	user, _ := b.Session()["user"].(map[string]any)
	if _, shown := user["role"]; user["email"] != "grace@example.com" || shown {
		t.Errorf("the browser is told of %v", user)
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
	if page := get(t, cardeatest.NewBrowser(t, site), site+"/api/auth/signin"); !strings.Contains(page,
		"Sign in with GitHub") {
		t.Errorf("no GitHub on the sign-in page:\n%s", page)
	}
}

// get opens a page as a browser does.
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
	return read(t, res)
}

func read(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", res.Request.URL.Redacted(), res.Status, err)
	}
	return string(body)
}
