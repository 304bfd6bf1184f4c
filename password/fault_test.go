package password_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
)

// clients are the ways in which a program asks for JSON: the clients of Auth.js and of next-auth 4,
// and any other one.
var clients = map[string]func(form url.Values, header http.Header){
	"Auth.js":        func(_ url.Values, h http.Header) { h.Set("X-Auth-Return-Redirect", "1") },
	"next-auth 4":    func(form url.Values, _ http.Header) { form.Set("json", "true") },
	"another client": func(_ url.Values, h http.Header) { h.Set("Accept", "application/json") },
}

// knownPassword is a list with one password.
type knownPassword string

func (p knownPassword) Contains(_ context.Context, text string) (bool, error) {
	return text == string(p), nil
}

// refusedForm posts a form as a client does, and returns the answer.
func refusedForm(t *testing.T, b *cardeatest.Browser, client, path string, form url.Values) (
	status int, answer map[string]string,
) {
	t.Helper()
	sent, header := url.Values{"csrfToken": {b.CSRFToken()}}, http.Header{}
	for name := range form {
		sent.Set(name, form.Get(name))
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	clients[client](sent, header)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.Site+"/api/auth"+path,
		strings.NewReader(sent.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Errorf("%s at %s: no JSON: %v", client, path, err)
	}
	return res.StatusCode, answer
}

// Every code reaches every client as JSON, with the URL of a page that shows it.
func TestCodesInJSON(t *testing.T) {
	t.Parallel()
	const known = "x9 Lq2 vRt7 pWz 31 k"
	s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.Policy.Breached = knownPassword(known) })
	s.user(t, ann, first)
	signedIn, choosing := s.browser(t), s.browser(t)
	signIn(t, signedIn, ann, first)
	post(t, choosing, "/password/forgot", url.Values{"email": {ann}})
	_, _, page := open(t, choosing, s.mail(t, ann, "A new password"))
	choice := func(next string) url.Values { return url.Values{"password": {next}, "link": {markIn(t, page)}} }
	change := func(current, next string) url.Values { return url.Values{"current": {current}, "password": {next}} }
	for client := range clients {
		for _, tt := range []struct {
			b        *cardeatest.Browser
			path     string
			form     url.Values
			code, at string
		}{
			{signedIn, "/password/change", change("wrong", second), password.CodeWrong, "/account"},
			{signedIn, "/password/change", change(first, first), password.CodeSame, "/account"},
			{signedIn, "/password/change", change(first, "short"), password.CodeShort, "/account"},
			{signedIn, "/password/remove", nil, password.CodeLast, "/account"},
			{choosing, "/password/choose", choice("short"), password.CodeShort, "/password/choose"},
			{choosing, "/password/choose", choice("passwordpassword"), password.CodeCommon,
				"/password/choose"},
			{choosing, "/password/choose", choice(known), password.CodeBreached, "/password/choose"},
			{choosing, "/password/choose", choice(ann + " 1"), password.CodePersonal,
				"/password/choose"},
			{choosing, "/password/choose", choice(strings.Repeat("ab c", 1100)), password.CodeLong,
				"/password/choose"},
			{s.browser(t), "/password/forgot", url.Values{"email": {"nobody"}}, "EmailSignin", "/password/forgot"},
			{s.browser(t), "/password/signup", url.Values{"email": {"nobody"}}, "EmailSignin", "/password/signup"},
		} {
			status, answer := refusedForm(t, tt.b, client, tt.path, tt.form)
			want := s.URL + "/api/auth" + tt.at + "?error=" + tt.code
			if status != http.StatusBadRequest || answer["error"] != tt.code || answer["url"] != want ||
				answer["message"] == "" {
				t.Errorf("%s, %s at %s: status %d, %v", client, tt.code, tt.path, status, answer)
			}
			if _, _, body := open(t, tt.b, answer["url"]); !strings.Contains(body, answer["message"]) {
				t.Errorf("%s: the page at %s does not show it", client, answer["url"])
			}
		}
	}
	if at := signIn(t, s.browser(t), ann, first); at != "/" {
		t.Errorf("the password was changed: ended at %s", at)
	}
	for _, code := range []string{"EmailSignin", "SomethingElse", "<b>"} { // not of the section
		_, _, body := open(t, signedIn, s.URL+"/api/auth/account?error="+code)
		if strings.Contains(body, `role="alert"`) {
			t.Errorf("the account page says something about %s", code)
		}
	}
}

// The application's own pages are shown in the place of the built-in ones, and get the codes.
func TestOwnPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		c.Pages.Account = "/account?tab=1"
		o.Pages = password.Pages{SignUp: "/join", Forgot: "/lost?lang=en", Choose: "/new", Change: "/me"}
	})
	s.user(t, ann, first)
	b, signedIn := s.browser(t), s.browser(t)
	for path, want := range map[string]string{
		"signup": "/join", "forgot": "/lost?lang=en", "signup?error=EmailSignin": "/join?error=EmailSignin",
		"forgot?error=EmailSignin": "/lost?error=EmailSignin&lang=en",
	} {
		if _, at, _ := open(t, b, s.URL+"/api/auth/password/"+path); at != want {
			t.Errorf("%s leads to %s", path, at)
		}
	}
	for path, want := range map[string]string{
		"/password/signup": "/join?error=EmailSignin", "/password/forgot": "/lost?error=EmailSignin&lang=en",
	} {
		if at := post(t, b, path, url.Values{"email": {"nobody"}}); at != want {
			t.Errorf("%s leads to %s", path, at)
		}
	}
	if _, at, _ := open(t, b, s.URL+"/api/auth/password/choose"); !strings.Contains(at, "Verification") {
		t.Errorf("without a link, the browser ended at %s", at)
	}
	post(t, b, "/password/forgot", url.Values{"email": {ann}})
	_, at, _ := open(t, b, s.mail(t, ann, "A new password")) // see TestOwnPageIsBoundToItsLink
	choice := url.Values{"password": {second}, "email": {ann}, "link": {mustParse(t, at).Query().Get("link")}}
	if at := post(t, b, "/password/choose", choice); at != signInPage+"password_reset" {
		t.Errorf("ended at %s", at)
	}
	signIn(t, signedIn, ann, second)
	at = post(t, signedIn, "/password/change", url.Values{"current": {"wrong"}, "password": {first}})
	if at != "/me?error=password_wrong" {
		t.Errorf("ended at %s", at)
	}
	if at := post(t, signedIn, "/password/remove", nil); at != "/me?error=password_last" {
		t.Errorf("ended at %s", at)
	}
	for query, want := range map[string]string{"": "?tab=1", "?error=password_wrong": "?error=password_wrong&tab=1"} {
		if _, at, _ := open(t, signedIn, s.URL+"/api/auth/account"+query); at != "/account"+want {
			t.Errorf("the account page leads to %s", at)
		}
	}
}

func TestNewNamesFaultsOfPages(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"signup", "//evil.example", "https://evil.example", "/\\evil.example", "ftp://app.example.com/",
		"http://app.example.com/",
	} {
		for name, pages := range map[string]password.Pages{
			"SignUp": {SignUp: path}, "Forgot": {Forgot: path}, "Choose": {Choose: path}, "Change": {Change: path},
		} {
			if err := newWithPages(pages); err == nil || !strings.Contains(err.Error(), ": Options.Pages."+name+": ") {
				t.Errorf("%s %q: got %v", name, path, err)
			}
		}
	}
	// A page that leads to itself.
	loop := password.Pages{SignUp: "/api/auth/password/signup", Forgot: "https://example.com/api/auth/password/forgot"}
	if err := newWithPages(loop); err == nil || strings.Count(err.Error(), "redirect to itself") != 2 {
		t.Errorf("got %v", err)
	}
	fine := password.Pages{SignUp: "/a#b", Forgot: "https://app.example.com", Choose: "https://example.com/choose"}
	if err := newWithPages(fine); err == nil || !strings.Contains(err.Error(), "Options.Pages.Forgot") {
		t.Errorf("a URL without a path: %v", err)
	}
	fine.Forgot += "/"
	if err := newWithPages(fine); err != nil {
		t.Error(err)
	}
}

// newWithPages returns the faults that New finds on a site with a front end of its own.
func newWithPages(pages password.Pages) error {
	f := password.New(password.Options{From: "a@example.com", Sender: &cardeatest.Mailbox{}, Pages: pages})
	_, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: memadapter.New(), Providers: []cardea.Provider{f},
		BaseURL: "https://example.com", TrustedOrigins: []string{"https://app.example.com"},
		Logger: slog.New(slog.DiscardHandler),
	})
	return err
}

// A front end on another origin has the pages, and its scripts send their forms. The callback that
// decides where visitors go after a sign-in has no say in which page shows a form.
func TestPagesOfAFrontEndOfItsOwn(t *testing.T) {
	t.Parallel()
	const front = "https://app.example.com"
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		c.TrustedOrigins = []string{front}
		c.Callbacks.Redirect = func(_ context.Context, _, base string) string { return base }
		o.Pages = password.Pages{SignUp: front + "/#/join", Choose: front + "/choose?lang=en", Change: front + "/me"}
	})
	b := s.browser(t)
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "app.example.com" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	// at returns the page of the front end to which a URL leads.
	at := func(to string) string {
		t.Helper()
		res, err := b.Get(to)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.Header.Get("Location")
	}
	if got := at(s.URL + "/api/auth/password/signup?error=RateLimited"); got != front+"/?error=RateLimited#/join" {
		t.Errorf("the page for the sign-up is %s", got)
	}
	// script posts a form as a script of the front end does.
	script := func(path string, form url.Values) (int, map[string]string) {
		t.Helper()
		form.Set("csrfToken", b.CSRFToken())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/auth"+path,
			strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"},
			"Origin": {front}, "Sec-Fetch-Site": {"same-site"},
		}
		res, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var answer map[string]string
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			t.Fatalf("%s: %s: %v", path, res.Status, err)
		}
		return res.StatusCode, answer
	}
	if status, answer := script("/password/signup", url.Values{"email": {ann}}); status != 200 {
		t.Fatal(status, answer)
	}
	page := mustParse(t, at(s.mail(t, ann, "")))
	if page.Host != "app.example.com" || page.Path != "/choose" || page.Query().Get("email") != ann {
		t.Fatalf("the link of the mail leads to %s", page)
	}
	choice := url.Values{"password": {"short"}, "email": {ann}, "link": {page.Query().Get("link")}}
	query := page.Query()
	query.Set("error", password.CodeShort)
	want := front + "/choose?" + query.Encode()
	if status, answer := script("/password/choose", choice); status != http.StatusBadRequest || answer["url"] != want {
		t.Errorf("a short password: %d %v, want %s", status, answer, want)
	}
	choice.Set("password", first)
	if status, answer := script("/password/choose", choice); status != http.StatusOK || !isSignedIn(b) {
		t.Errorf("a good password: %d %v", status, answer)
	}
	wrong := url.Values{"current": {"wrong"}, "password": {second}}
	if _, answer := script("/password/change", wrong); answer["url"] != front+"/me?error=password_wrong" {
		t.Errorf("a wrong password: %v", answer)
	}
}
