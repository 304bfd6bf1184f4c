package main

import (
	"bytes"
	"encoding/json"
	"go/format"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
)

// start runs the example, and returns the URL of the site and its mails. script is the file of
// htmx, "" for the pages without it.
func start(t *testing.T, script string) (string, *cardeatest.Mailbox) {
	t.Helper()
	return startWith(t, memadapter.New(), script)
}

func startWith(t *testing.T, store *memadapter.Adapter, script string) (string, *cardeatest.Mailbox) {
	t.Helper()
	idp := httptest.NewUnstartedServer(nil)
	issuer := cardeatest.NewLocalIssuer("http://"+idp.Listener.Addr().String(), "pages", "not a secret")
	idp.Config.Handler = issuer
	idp.Start()
	t.Cleanup(idp.Close)
	var mails cardeatest.Mailbox
	handler, err := newSite(store, issuer, &mails, script)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, &mails
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
	forms   = regexp.MustCompile(`(?s)<form (?:method="post" )?action="([^"]*)"[^>]*>(.*?)</form>`)
	hidden  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	buttons = regexp.MustCompile(`<button hx-post="([^"]*)" hx-vals="([^"]*)"`)
)

// submit submits the form of a page with that action, as a browser does: with its hidden fields and
// what the visitor types. A button of htmx that posts to action is such a form.
func submit(t *testing.T, b *cardeatest.Browser, page, action string, typed url.Values) (next, at string) {
	t.Helper()
	values, found := findForm(t, b, page, action, typed)
	if !found {
		t.Fatalf("no form %s on the page:\n%s", action, page)
	}
	res, err := b.PostForm(b.Site+action, values)
	return read(t, res, err)
}

func findForm(t *testing.T, b *cardeatest.Browser, page, action string, typed url.Values) (url.Values, bool) {
	t.Helper()
	values := url.Values{}
	for _, button := range buttons.FindAllStringSubmatch(page, -1) {
		var members map[string]string
		if err := json.Unmarshal([]byte(html.UnescapeString(button[2])), &members); err != nil {
			t.Fatal(err)
		}
		if button[1] == action {
			for name, value := range members {
				values.Set(name, value)
			}
			return values, true
		}
	}
	for _, form := range forms.FindAllStringSubmatch(page, -1) {
		if form[1] != action && form[1] != b.Site+action { // built-in pages write the whole URL
			continue
		}
		for _, field := range hidden.FindAllStringSubmatch(form[2], -1) {
			values.Set(field[1], html.UnescapeString(field[2]))
		}
		for name, value := range typed {
			if !strings.Contains(form[2], `name="`+name+`"`) {
				t.Errorf("the form %s has no field %s", action, name)
			}
			values[name] = value
		}
		return values, true
	}
	return nil, false
}

// forEachLook runs a test with the pages in html/template and with those in templ.
func forEachLook(t *testing.T, test func(t *testing.T, site string, mails *cardeatest.Mailbox)) {
	for name, script := range map[string]string{"html": "", "templ": "htmx.js"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site, mails := start(t, script)
			test(t, site, mails)
		})
	}
}

// The test of the pages in a browser, with htmx, is in module conformance.
func TestEachFormSignsIn(t *testing.T) {
	t.Parallel()
	forEachLook(t, checkEachForm)
}

func checkEachForm(t *testing.T, site string, mails *cardeatest.Mailbox) {
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
			return get(t, b, mails.Last(t, "eve@example.com").Link)
		}, "Account"},
		{"with a password", func(t *testing.T, b *cardeatest.Browser, page string) (string, string) {
			page, _ = submit(t, b, page, "/api/auth/callback/credentials",
				url.Values{"name": {"ann"}, "password": {"wrong"}})
			if !strings.Contains(page, "The name, the address or the password is not right.") {
				t.Errorf("after a wrong password:\n%s", page)
			}
			return submit(t, b, page, "/api/auth/callback/credentials",
				url.Values{"name": {"ann"}, "password": {"open sesame"}})
		}, "Ann"},
		{"with an address and a password", func(t *testing.T, b *cardeatest.Browser, page string) (string, string) {
			signUp(t, b, page, mails)
			page, _ = get(t, b, site+"/signin")
			typed := url.Values{"email": {"rose@example.com"}, "password": {"wrong"}}
			page, _ = submit(t, b, page, "/api/auth/callback/password", typed)
			if !strings.Contains(page, "The name, the address or the password is not right.") {
				t.Errorf("after a wrong password:\n%s", page)
			}
			typed.Set("password", sentence)
			return submit(t, b, page, "/api/auth/callback/password", typed)
		}, "Rose"},
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
				answer, _ := submit(t, b, page, "/account/unlink", nil)
				if !strings.Contains(answer, "only way to sign in") {
					t.Errorf("the only way in is unlinked:\n%s", answer)
				}
			} else {
				_, idp := submit(t, b, page, "/api/auth/signin/local", nil)
				res, err := b.PostForm(idp, url.Values{"name": {"Linked"}, "email": {tc.want + "@example.org"}})
				page, _ = read(t, res, err)
				page, at = submit(t, b, page, "/api/auth/link", nil) // the first form links the account
				if at != site+"/account" || !strings.Contains(page, "linked: local") {
					t.Errorf("after linking at %s:\n%s", at, page)
				}
				if tc.want == "Ann" {
					submit(t, b, page, "/account/unlink", nil)
					if page, _ = get(t, b, site+"/account"); strings.Contains(page, "linked: local") {
						t.Errorf("after unlinking:\n%s", page)
					}
				}
			}
			// Without Accept: text/html, the account page leads no further.
			if _, at = submit(t, b, page, "/api/auth/signout", nil); at != site+"/account" {
				t.Errorf("after signing out at %s", at)
			}
			if _, at = get(t, b, site+"/account"); !strings.HasPrefix(at, site+"/signin") {
				t.Errorf("still signed in, at %s", at)
			}
		})
	}
}

const sentence = "a long sentence of a test"

// signUp makes the user Rose with a password, by the link of the sign-in page, and signs out.
func signUp(t *testing.T, b *cardeatest.Browser, page string, mails *cardeatest.Mailbox) {
	t.Helper()
	for _, path := range []string{"/api/auth/password/forgot", "/api/auth/password/signup"} {
		if !strings.Contains(page, `<a href="`+path+`">`) {
			t.Errorf("no link to %s on the page:\n%s", path, page)
		}
	}
	form, _ := get(t, b, b.Site+"/api/auth/password/signup")
	submit(t, b, form, "/api/auth/password/signup", url.Values{"name": {"Rose"}, "email": {"rose@example.com"}})
	form, _ = get(t, b, mails.Last(t, "rose@example.com").Link)
	page, _ = submit(t, b, form, "/api/auth/password/choose", url.Values{"password": {sentence}})
	submit(t, b, page, "/api/auth/signout", nil)
}

// Who has signed in some time ago is led to confirm, with a form and with htmx, and the account
// stays.
func TestUnlinkingNeedsFreshSession(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{"html": "", "templ": "htmx.js"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := memadapter.New()
			site, _ := startWith(t, store, script)
			b := cardeatest.NewBrowser(t, site)
			page, _ := get(t, b, site+"/account")
			page, _ = submit(t, b, page, "/api/auth/callback/credentials",
				url.Values{"name": {"ann"}, "password": {"open sesame"}})
			_, idp := submit(t, b, page, "/api/auth/signin/local", nil)
			res, err := b.PostForm(idp, url.Values{"name": {"Ann"}, "email": {"ann@example.org"}})
			page, _ = read(t, res, err)
			page, _ = submit(t, b, page, "/api/auth/link", nil)
			makeOld(t, store, "ann@example.com")

			values, found := findForm(t, b, page, "/account/unlink", nil)
			if !found {
				t.Fatalf("no form to unlink on the page:\n%s", page)
			}
			req, err := http.NewRequest(http.MethodPost, site+"/account/unlink", strings.NewReader(values.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if script == "" {
				req.Header.Set("Accept", "text/html")
			} else {
				req.Header.Set("HX-Request", "true")
				req.Header.Set("HX-Current-URL", site+"/account")
			}
			res, err = b.Do(req)
			_, at := read(t, res, err)
			if script != "" {
				at = res.Header.Get("HX-Redirect")
			}
			if !strings.HasPrefix(at, site+"/api/auth/confirm") {
				t.Errorf("the visitor is at %s, %s", at, res.Status)
			}
			if page, _ = get(t, b, site+"/account"); !strings.Contains(page, "linked: local") {
				t.Errorf("unlinked without a confirmation:\n%s", page)
			}
		})
	}
}

// makeOld moves the sign-in of the one session of a user 16 minutes into the past.
func makeOld(t *testing.T, store *memadapter.Adapter, email string) {
	t.Helper()
	u, err := store.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := store.Sessions(t.Context(), u.ID)
	if err != nil || len(sessions) != 1 {
		t.Fatal(len(sessions), err)
	}
	s := *sessions[0]
	s.AuthTime = s.AuthTime.Add(-16 * time.Minute)
	if err := store.DeleteSession(t.Context(), s.Token); err != nil {
		t.Fatal(err)
	}
	if err := store.CreateSession(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsHaveTexts(t *testing.T) {
	t.Parallel()
	forEachLook(t, checkTexts)
}

func checkTexts(t *testing.T, site string, _ *cardeatest.Mailbox) {
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

// components_templ.go is what templ makes of components.templ.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	t.Parallel()
	parsed, err := parser.Parse("components.templ")
	if err != nil {
		t.Fatal(err)
	}
	var code bytes.Buffer
	_, err = generator.Generate(parsed, &code, generator.WithVersion(templ.Version()),
		generator.WithFileName("components.templ"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := format.Source(code.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("components_templ.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("components_templ.go is not what templ generates: run go generate ./pages in examples")
	}
	source, err := os.ReadFile("components.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), "/cmd/templ@"+templ.Version()+" generate") {
		t.Errorf("go generate runs another version than %s, which is in go.mod", templ.Version())
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
