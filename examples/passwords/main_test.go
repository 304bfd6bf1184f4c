package main

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/password"
)

const (
	first  = "correct horse battery staple"
	second = "another long sentence of mine"
)

// visitor is a browser, and the page that it shows.
type visitor struct {
	*cardeatest.Browser
	t    *testing.T
	page string
	at   string // path and query
}

// start runs the example and returns a visitor of it, and its mails.
func start(t *testing.T) (*visitor, *cardeatest.Mailbox) {
	t.Helper()
	mails := &cardeatest.Mailbox{}
	handler, err := newSite(mails)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newVisitor(t, server.URL), mails
}

func newVisitor(t *testing.T, site string) *visitor {
	return &visitor{Browser: cardeatest.NewBrowser(t, site), t: t}
}

// open opens a page.
func (v *visitor) open(target string) {
	v.t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = v.Site + target
	}
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, target, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	v.send(req)
}

var (
	forms  = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)">(.*?)</form>`)
	hidden = regexp.MustCompile(`<input (?:type="hidden" )?name="([^"]*)"(?: autocomplete="username")? ` +
		`value="([^"]*)"(?: hidden)?>`)
)

// submit submits the form of the page with that action, as a browser does: with its hidden fields
// and what the visitor types.
func (v *visitor) submit(action string, typed url.Values) {
	v.t.Helper()
	for _, form := range forms.FindAllStringSubmatch(v.page, -1) {
		if form[1] != action {
			continue
		}
		values := url.Values{}
		for _, field := range hidden.FindAllStringSubmatch(form[2], -1) {
			values.Set(field[1], html.UnescapeString(field[2]))
		}
		for name, value := range typed {
			if !strings.Contains(form[2], `name="`+name+`"`) {
				v.t.Errorf("the form %s has no field %s", action, name)
			}
			values[name] = value
		}
		req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.Site+action,
			strings.NewReader(values.Encode()))
		if err != nil {
			v.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", v.Site)
		v.send(req)
		return
	}
	v.t.Fatalf("no form %s on the page %s:\n%s", action, v.at, v.page)
}

// send sends a request as a browser does that opens a page.
func (v *visitor) send(req *http.Request) {
	v.t.Helper()
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	res, err := v.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.page, v.at = string(text), res.Request.URL.RequestURI()
}

// linkMark is what binds a page to the link of a mail, in the query of the page.
var linkMark = regexp.MustCompile(`&link=[A-Za-z0-9_-]{22}$`)

// want checks where the visitor is, and what the page says.
func (v *visitor) want(at, text string) {
	v.t.Helper()
	if linkMark.ReplaceAllString(v.at, "") != at || !strings.Contains(v.page, text) {
		v.t.Fatalf("at %s, want %s with %q:\n%s", v.at, at, text, v.page)
	}
}

// link waits for a mail with that subject, and returns its link. Mails leave after the answers, in
// any order.
func link(t *testing.T, mails *cardeatest.Mailbox, subject string) string {
	t.Helper()
	for range 5000 {
		for _, m := range mails.All() {
			if strings.Contains(m.Subject, subject) {
				return regexp.MustCompile(`http://\S+`).FindString(m.Text)
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("no mail %q was sent", subject)
	return ""
}

// A visitor signs up, changes the password, forgets it, and chooses another one, on the pages of
// the example alone.
func TestPages(t *testing.T) {
	t.Parallel()
	v, mails := start(t)
	v.open("/")
	v.want("/signin?callbackUrl="+url.QueryEscape(v.Site+"/settings"), "Sign up")

	// Sign-up. Everything that can be wrong leads back to the page, which says so.
	v.open("/api/auth/password/signup")
	v.want("/join", "Sign up")
	v.submit("/api/auth/password/signup", url.Values{"email": {"nobody"}})
	v.want("/join?error=EmailSignin", "This is not an email address.")
	v.submit("/api/auth/password/signup", url.Values{"name": {"Ann"}, "email": {"ann@example.com"}})
	v.want("/sent?success=password_signup_mailed", done["password_signup_mailed"])
	v.open(link(t, mails, "Sign up"))
	v.want("/choose?email=ann%40example.com", "the password of ann@example.com")
	for typed, want := range map[string]string{
		"short": "password_short", "passwordpassword": "password_common", "ann@example.com 1": "password_personal",
		strings.Repeat("ab c", 1100): "password_long",
	} {
		v.submit("/api/auth/password/choose", url.Values{"password": {typed}})
		v.want("/choose?email=ann%40example.com&error="+want, html.EscapeString(texts[want]))
	}
	v.submit("/api/auth/password/choose", url.Values{"password": {first}})
	v.want("/settings", "<h1>Ann</h1>")

	// The settings.
	elsewhere := newVisitor(t, v.Site)
	elsewhere.open("/settings?from=mail")
	elsewhere.submit("/api/auth/callback/password", url.Values{"email": {"ann@example.com"}, "password": {"wrong"}})
	elsewhere.want("/signin?code=credentials&error=CredentialsSignin", "is not right")
	elsewhere.submit("/api/auth/callback/password", url.Values{"email": {"ann@example.com"}, "password": {first}})
	elsewhere.want("/settings?from=mail", "<h1>Ann</h1>")
	for _, tt := range []struct{ current, next, want string }{
		{"wrong", second, "password_wrong"}, {first, first, "password_same"}, {first, "short", "password_short"},
	} {
		v.submit("/api/auth/password/change", url.Values{"current": {tt.current}, "password": {tt.next}})
		v.want("/settings?error="+tt.want, html.EscapeString(texts[tt.want]))
	}
	v.submit("/api/auth/password/change", url.Values{"current": {first}, "password": {second}})
	v.want("/settings?success=password_changed", done["password_changed"])
	elsewhere.open("/settings")
	elsewhere.want("/signin?callbackUrl="+url.QueryEscape(v.Site+"/settings"), "Sign in")

	// The password is not the last way in, because there is sign-in by mail.
	v.submit("/api/auth/password/remove", nil)
	v.want("/settings?success=password_removed", done["password_removed"])
	v.submit("/api/auth/password/set", url.Values{"password": {"short"}})
	v.want("/settings?error=password_short", texts["password_short"])
	v.submit("/api/auth/password/set", url.Values{"password": {second}})
	v.want("/settings?success=password_set", done["password_set"])

	// A forgotten password.
	v.submit("/api/auth/signout", nil)
	v.open("/forgot")
	v.submit("/api/auth/password/forgot", url.Values{"email": {"ann@example.com"}})
	v.want("/sent?success=password_reset_mailed", done["password_reset_mailed"])
	reset := link(t, mails, "A new password")
	v.open(reset)
	v.want("/choose?email=ann%40example.com", "the password of ann@example.com")
	v.submit("/api/auth/password/choose", url.Values{"password": {first}})
	v.want("/signin?callbackUrl="+url.QueryEscape(v.Site+"/settings")+"&provider=password&success=password_reset",
		done["password_reset"])
	v.submit("/api/auth/callback/password", url.Values{"email": {"ann@example.com"}, "password": {first}})
	v.want("/settings", "<h1>Ann</h1>")
	elsewhere.open(reset)
	elsewhere.want("/signin?error=Verification", "used already")
	elsewhere.submit("/api/auth/signin/email", url.Values{"email": {"ann@example.com"}})
	elsewhere.want("/sent?provider=email&type=email", "mailbox")
	elsewhere.open(link(t, mails, "Sign in"))
	elsewhere.want("/settings?from=mail", "<h1>Ann</h1>")
}

// A link with another value of the parameter success shows nothing, and Cardea passes on none that
// it does not have.
func TestOtherSuccessSaysNothing(t *testing.T) {
	t.Parallel()
	v, _ := start(t)
	for _, value := range []string{"nothing", "<b>you have won</b>", "password_changed2", ""} {
		v.open("/forgot?success=" + url.QueryEscape(value))
		if strings.Contains(v.page, "role=\"status\"") || value != "" && strings.Contains(v.page, value) {
			t.Errorf("%q is on the page: %s", value, v.page)
		}
		v.open("/api/auth/verify-request?success=" + url.QueryEscape(value))
		v.want("/sent", "mailbox")
		v.open("/api/auth/signin?success=" + url.QueryEscape(value))
		if strings.Contains(v.at, "success") {
			t.Errorf("%q leads to %s", value, v.at)
		}
	}
}

// Every value of the parameter success that package password has has a text.
func TestEachSuccessHasAText(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		password.SuccessSignUpMailed, password.SuccessResetMailed, password.SuccessReset, password.SuccessChanged,
		password.SuccessSet, password.SuccessRemoved,
	} {
		if done[value] == "" {
			t.Errorf("no text for %s", value)
		}
	}
}

// Every code that a form of a password can have has a text.
func TestEachCodeHasAText(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		password.CodeShort, password.CodeLong, password.CodeCommon, password.CodePersonal, password.CodeBreached,
		password.CodeSame, password.CodeWrong, password.CodeLast, password.CodeFields,
		string(cardea.CodeEmailSignIn),
		string(cardea.CodeCredentialsSignIn), string(cardea.CodeVerification), string(cardea.CodeRateLimited),
	} {
		if texts[code] == "" {
			t.Errorf("no text for %s", code)
		}
	}
	if textOf("<script>") != textOf("SomethingNew") {
		t.Error("an unknown code is on the page")
	}
}

// The code blocks of docs/password-pages.md are copies of code in this package.
func TestDocumentationShowsThisCode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/password-pages.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range []string{"main.go", "pages.go", "pages.html"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(source)
	}
	blocks := regexp.MustCompile("(?s)```(?:go|html)\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 6 {
		t.Errorf("the page has %d code blocks, want 6 or more", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), string(block[1])) {
			t.Errorf("not in this package:\n%s", block[1])
		}
	}
}
