package password_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/internal/pseudo"
	"github.com/cardea-auth/cardea/password"
)

// breachedWord is a list of one password that has become known.
type breachedWord string

func (w breachedWord) Contains(_ context.Context, text string) (bool, error) {
	return text == string(w), nil
}

// Every word on the pages of passwords is a text of package language, or a name.
func TestPagesHaveNoTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	const breached = "a sentence that everybody knows"
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		c.Languages = pseudo.Config()
		c.Features = append(c.Features, account.New(account.Options{}))
		o.Policy.Breached, o.Policy.Words = breachedWord(breached), []string{"letmeinplease"}
	})
	s.user(t, ann, first)
	host := strings.TrimPrefix(s.URL, "http://")
	check := func(what, body string) {
		t.Helper()
		if words := pseudo.Untranslated(body, ann, "Ann", host, "Firefox", "UTC", "password: "); len(words) > 0 {
			t.Errorf("%s: %q", what, words)
		}
		if !strings.Contains(body, `<html lang="`+pseudo.Tag+`">`) || strings.Count(body, "ж") < 10 {
			t.Errorf("%s is no page of this language: %s", what, body)
		}
	}
	show := func(b *cardeatest.Browser, path string) string {
		t.Helper()
		_, _, body := open(t, b, s.URL+"/api/auth"+path)
		return body
	}
	send := func(b *cardeatest.Browser, path string, form url.Values) string {
		t.Helper()
		res := b.Post(path, form)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, res.Status)
		}
		return bodyOf(t, res)
	}

	b := s.browser(t)
	for _, path := range []string{
		"/signin", "/password/signup", "/password/forgot", "/password/signup?error=EmailSignin",
		"/password/forgot?error=EmailSignin",
	} {
		check(path, show(b, path))
	}
	check("no address", send(b, "/password/signup", url.Values{"email": {"ann"}}))
	check("no address", send(b, "/password/forgot", url.Values{"email": {"ann"}}))
	post(t, b, "/password/forgot", url.Values{"email": {ann}})
	_, _, choose := open(t, b, s.mail(t, ann, ""))
	check("the page for a new password", choose)
	for _, bad := range []string{
		"short", strings.Repeat("long ", 1000), "123456789012345", "letmeinpleaseann", breached,
	} {
		page := send(b, "/password/choose", url.Values{"password": {bad}})
		check("the password "+bad[:5], page)
		if !strings.Contains(page, `role="alert"`) {
			t.Errorf("%s was not refused", bad)
		}
	}

	signIn(t, b, ann, first)
	check("the account page", show(b, "/account"))
	for _, form := range []url.Values{
		{"current": {"wrong"}, "password": {second}}, {"current": {first}, "password": {first}},
	} {
		check("a change that is refused", send(b, "/password/change", form))
	}
	check("the last way in", send(b, "/password/remove", nil))
	check("a code in the URL", show(b, "/account?error=password_last"))

	other := s.browser(t)
	u, err := s.store.UserByEmail(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.DeletePassword(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	open(t, other, s.URL+"/enter?user="+u.ID)
	check("the account page without a password", show(other, "/account"))
}

// What a program gets is English, whatever the language of the visitor is.
func TestProgramsReadEnglish(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *password.Options) { c.Languages = pseudo.Config() })
	b := s.browser(t)
	res := b.Post("/password/forgot", url.Values{"email": {"ann"}, "json": {"true"}})
	if body := bodyOf(t, res); !strings.Contains(body, `"message":"This is not an email address."`) {
		t.Errorf("got %s", body)
	}
}

func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMailsHaveNoTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	texts, err := pseudo.Texts()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []password.MailKind{
		password.MailSignUp, password.MailTaken, password.MailReset, password.MailChanged, password.MailSet,
		password.MailRemoved,
	} {
		m := password.Compose(password.Mail{Kind: kind, Site: "123", URL: "456", Language: texts})
		if words := pseudo.Untranslated(m.Subject + "\n" + m.Text); len(words) > 0 || m.Subject == "" ||
			!strings.Contains(m.Text, "456") {
			t.Errorf("%s: %q in %s\n%s", kind, words, m.Subject, m.Text)
		}
	}
}

// A mail is in the language of the browser that has asked for it, also one that tells what somebody
// did.
func TestMailsAreInTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *password.Options) {
		c.Features = append(c.Features, account.New(account.Options{}))
	})
	host := strings.TrimPrefix(s.URL, "http://")
	b := s.browser(t)
	b.Transport = german{b.Transport}
	post(t, b, "/password/signup", url.Values{"email": {ann}})
	open(t, b, s.mail(t, ann, "Registrierung bei "+host))
	post(t, b, "/password/choose", url.Values{"password": {first}})
	post(t, b, "/password/change", url.Values{"current": {first}, "password": {second}})
	s.mail(t, ann, "Ihr Passwort für "+host+" wurde geändert")
	post(t, s.browser(t), "/password/forgot", url.Values{"email": {ann}})
	s.mail(t, ann, "A new password for "+host)
}

// german is the transport of a browser whose user reads German.
type german struct{ http.RoundTripper }

func (g german) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Language", "de")
	return g.RoundTripper.RoundTrip(r)
}
