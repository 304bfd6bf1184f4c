package main

import (
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

	"github.com/cardea-auth/cardea/cardeatest"
)

// serve runs the example on a free port and returns the URL of the site and its mails.
func serve(t *testing.T) (string, *cardeatest.Mailbox) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	site := "http://" + listener.Addr().String()
	var mails cardeatest.Mailbox
	handler, err := newSite(site, &mails)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return site, &mails
}

// get opens a page and returns it, with the URL where the browser is then.
func get(t *testing.T, b *cardeatest.Browser, target string) (page, at string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	res, err := b.Do(req)
	return read(t, res, err)
}

func read(t *testing.T, res *http.Response, err error) (page, at string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), res.Request.URL.String()
}

var (
	forms  = regexp.MustCompile(`(?s)<form (?:method="post" )?action="([^"]*)"(?: method="post")?>(.*?)</form>`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// submit submits the form of a page with that action, as a browser does: with its hidden fields and
// what the visitor types.
func submit(t *testing.T, b *cardeatest.Browser, page, action string, typed url.Values) (next, at string) {
	t.Helper()
	for _, form := range forms.FindAllStringSubmatch(page, -1) {
		if form[1] != action && form[1] != b.Site+action { // built-in pages write the whole URL
			continue
		}
		values := url.Values{}
		for _, field := range hidden.FindAllStringSubmatch(form[2], -1) {
			values.Set(field[1], html.UnescapeString(field[2]))
		}
		for name, value := range typed {
			if !strings.Contains(form[2], `name="`+name+`"`) {
				t.Errorf("the form %s has no field %s", action, name)
			}
			values[name] = value
		}
		res, err := b.PostForm(b.Site+action, values)
		return read(t, res, err)
	}
	t.Fatalf("no form %s on the page:\n%s", action, page)
	return "", ""
}

func TestEachFormSignsIn(t *testing.T) {
	t.Parallel()
	site, mails := serve(t)
	for _, tc := range []struct {
		name string
		next func(t *testing.T, b *cardeatest.Browser, page string) (string, string)
		want string
	}{
		{"at a provider", func(t *testing.T, b *cardeatest.Browser, page string) (string, string) {
			_, idp := submit(t, b, page, "/api/auth/signin/local", nil)
			res, err := b.PostForm(idp, url.Values{"name": {"Grace"}, "email": {"grace@example.com"}})
			return read(t, res, err)
		}, "Grace"},
		{"by mail", func(t *testing.T, b *cardeatest.Browser, page string) (string, string) {
			submit(t, b, page, "/api/auth/signin/email", url.Values{"email": {"eve@example.com"}})
			sent := mails.All()
			return get(t, b, sent[len(sent)-1].Link)
		}, "Account"},
		{"with a password", func(t *testing.T, b *cardeatest.Browser, page string) (string, string) {
			page, _ = submit(t, b, page, "/api/auth/callback/credentials",
				url.Values{"name": {"ann"}, "password": {"wrong"}})
			if !strings.Contains(page, "The name or the password is not right.") {
				t.Errorf("after a wrong password:\n%s", page)
			}
			return submit(t, b, page, "/api/auth/callback/credentials",
				url.Values{"name": {"ann"}, "password": {"open sesame"}})
		}, "Ann"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := cardeatest.NewBrowser(t, site)
			page, at := get(t, b, site+"/account?tab=1")
			if !strings.HasPrefix(at, site+"/signin?callbackUrl=") {
				t.Fatalf("at %s", at)
			}
			page, at = tc.next(t, b, page)
			if !strings.HasPrefix(at, site+"/account") || !strings.Contains(page, tc.want) {
				t.Fatalf("at %s:\n%s", at, page)
			}
			if tc.name == "at a provider" {
				if !strings.Contains(page, "linked: local") {
					t.Errorf("the account is not on the page:\n%s", page)
				}
			} else {
				_, idp := submit(t, b, page, "/api/auth/signin/local", nil)
				res, err := b.PostForm(idp, url.Values{"name": {"Linked"}, "email": {tc.want + "@example.org"}})
				page, _ = read(t, res, err)
				page, at = submit(t, b, page, "/api/auth/link", nil) // the first form links the account
				if at != site+"/account" || !strings.Contains(page, "linked: local") {
					t.Errorf("after linking at %s:\n%s", at, page)
				}
			}
			if _, at = submit(t, b, page, "/api/auth/signout", nil); at != site+"/signin" {
				t.Errorf("after signing out at %s", at)
			}
			if _, at = get(t, b, site+"/account"); !strings.HasPrefix(at, site+"/signin") {
				t.Errorf("still signed in, at %s", at)
			}
		})
	}
}

func TestErrorsHaveTexts(t *testing.T) {
	t.Parallel()
	site, _ := serve(t)
	b := cardeatest.NewBrowser(t, site)
	for path, want := range map[string]string{
		"/api/auth/signin/gone":                "There is no such way to sign in.",
		"/api/auth/signin?error=SomethingNew":  "Signing in did not work.",
		"/api/auth/error?error=AccessDenied":   "You may not sign in here.",
		"/api/auth/callback/local?state=wrong": "The sign-in was interrupted.",
	} {
		if page, _ := get(t, b, site+path); !strings.Contains(page, want) {
			t.Errorf("%s: no %q on the page:\n%s", path, want, page)
		}
	}
	page, at := get(t, b, site+"/api/auth/signin/local?callbackUrl=/account")
	if strings.Contains(page, "password") || !strings.Contains(page, "signin/local") {
		t.Errorf("a link to one provider, at %s:\n%s", at, page)
	}
}

// The code blocks of docs/pages.md are copies of code in this package.
func TestDocumentationShowsThisCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/pages.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.*")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	blocks := regexp.MustCompile("(?s)```(?:go|html|templ)\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 5 {
		t.Errorf("the page has %d code blocks, want at least 5", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), string(block[1])) {
			t.Errorf("not in this package:\n%s", block[1])
		}
	}
}
