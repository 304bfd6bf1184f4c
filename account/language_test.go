package account_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/internal/pseudo"
)

// Every word on the account page is a text of package language, or a name.
func TestPagesHaveNoTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t, func(c *cardea.Config) { c.Languages = pseudo.Config() })
	host := strings.TrimPrefix(s.URL, "http://")
	check := func(what string, res *http.Response) {
		t.Helper()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		body := string(text)
		if words := pseudo.Untranslated(body, annsOld, annsNew, bens, "Ann", "Ben", "Cy", host, "UTC", "Firefox",
			"Windows", "Safari", "iPhone", "idp-1: ", "IDP: idp-1", "IDP: idp-2", "IDP: idp-3"); len(words) > 0 {
			t.Errorf("%s: %q", what, words)
		}
		if !strings.Contains(body, `<html lang="`+pseudo.Tag+`">`) || strings.Count(body, "ж") < 10 {
			t.Errorf("%s is no page of this language: %s", what, body)
		}
	}
	ann := s.signIn(t, firefox, "idp-1")
	show := func(path string) *http.Response {
		t.Helper()
		res, err := ann.Get(s.URL + "/api/auth" + path)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	for _, agent := range []string{safari, "Go-http-client/1.1", "okhttp/4", "CFNetwork/1", ""} {
		s.signIn(t, agent, "idp-1")
	}
	check("the account page", show("/account"))
	last := url.Values{"provider": {"idp"}, "providerAccountId": {"idp-1"}}
	check("the last way in", ann.Post("/account/unlink", last))
	check("a wrong word", ann.Post("/account/delete", url.Values{"confirm": {"no"}}))
	check("no address", ann.Post("/account/address", url.Values{"email": {"no"}}))
	check("the same address", ann.Post("/account/address", url.Values{"email": {annsOld}}))
	ann.Post("/account/address", url.Values{"email": {annsNew}}).Body.Close()
	link := mailTo(t, mails, annsNew, "", 1)
	follow(t, ann, link)
	check("a confirmation", show("/account/address/confirm"))
	posted(ann, confirmPath, nil)
	follow(t, ann, mailTo(t, mails, annsOld, "", 2))
	check("the way back", show("/account/address/undo"))
	check("the account is back", ann.Post(undoPath, nil))
	cy := s.signIn(t, firefox, "idp-3")
	res, err := cy.Get(s.URL + "/api/auth/account")
	if err != nil {
		t.Fatal(err)
	}
	check("a user without an address", res)
}

// The word that deletes an account of nobody's address is that of the language, and a program can
// send the English one.
func TestWordThatDeletesIsInEveryLanguage(t *testing.T) {
	t.Parallel()
	const deleted = "/?success=account_deleted"
	for word, want := range map[string]string{
		"DELETE": deleted, "löschen": deleted, "effacer": "/api/auth/account/delete",
	} {
		s := newSite(t, account.Options{}, func(c *cardea.Config) { c.Languages.Offer = []string{"de"} })
		cy := s.signIn(t, firefox, "idp-3")
		wants(t, show(t, cy), "Geben Sie zur Bestätigung LÖSCHEN ein")
		if at := posted(cy, "/account/delete", url.Values{"confirm": {word}}); at != want {
			t.Errorf("%s: ended at %s", word, at)
		}
	}
}

func TestMailsHaveNoTextsOfTheirOwn(t *testing.T) {
	t.Parallel()
	texts, err := pseudo.Texts()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []account.MailKind{
		account.MailConfirm, account.MailTaken, account.MailAsked, account.MailChanged, account.MailNew,
		account.MailRestored, account.MailDeletion, account.MailKept, account.MailDeleted,
	} {
		m := account.Compose(account.Mail{Kind: kind, Site: "123", URL: "456", Language: texts})
		if words := pseudo.Untranslated(m.Subject+"\n"+m.Text, "UTC"); len(words) > 0 || m.Subject == "" ||
			strings.Contains(m.Text, "456") != (kind != account.MailDeleted) {
			t.Errorf("%s: %q in %s\n%s", kind, words, m.Subject, m.Text)
		}
	}
}

// A mail is in the language of the browser that has asked for the change.
func TestMailsAreInTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t, func(c *cardea.Config) { c.Languages.Offer = []string{"en", "ja"} })
	ann := s.signIn(t, firefox, "idp-1")
	ann.Transport = japanese{ann.Transport}
	posted(ann, "/account/address", url.Values{"email": {annsNew}})
	mailTo(t, mails, annsOld, "のメールアドレスの変更", 1)
	follow(t, ann, mailTo(t, mails, annsNew, "の新しいメールアドレスの確認", 1))
	posted(ann, confirmPath, nil)
	mailTo(t, mails, annsNew, "のメールアドレスが変更されました", 1)
}

// japanese is the transport of a browser whose user reads Japanese.
type japanese struct{ http.RoundTripper }

func (j japanese) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Language", "ja-JP")
	return j.RoundTripper.RoundTrip(r)
}
