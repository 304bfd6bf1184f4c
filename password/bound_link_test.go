package password_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
)

// markIn returns the input that binds the form of a page to the link of a mail.
func markIn(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`name="link" value="([A-Za-z0-9_-]{22})"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page is bound to no link:\n%s", page)
	}
	return found[1]
}

// A stranger's link, opened in the visitor's browser, shows a page that says whose password it is.
func TestPageBehindALinkSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	for path, want := range map[string][2]string{
		"/password/signup": {"evil@example.com", "Sign up"}, "/password/forgot": {ann, "A new password"},
	} {
		post(t, s.browser(t), path, url.Values{"email": {want[0]}})
		b := s.browser(t)
		_, _, body := open(t, b, s.mail(t, want[0], want[1]))
		if !strings.Contains(body, want[0]) {
			t.Errorf("%s: the page does not say %s", path, want[0])
		}
		again := bodyOf(t, b.Post("/password/choose", url.Values{"password": {"short"}}))
		if !strings.Contains(again, want[0]) || markIn(t, again) != markIn(t, body) {
			t.Errorf("%s: the page after a mistake is about something else", path)
		}
	}
}

// A link that another site opens between a page and its form takes the place of the link of the
// page. The form is then refused, uses nothing up, and changes nothing. So is one of no page.
func TestFormCountsForTheLinkOfItsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.user(t, ann, first)
	post(t, s.browser(t), "/password/signup", url.Values{"email": {"evil@example.com"}})
	evil := s.mail(t, "evil@example.com", "Sign up")
	victim := s.browser(t)
	post(t, victim, "/password/forgot", url.Values{"email": {ann}})
	own := s.mail(t, ann, "A new password")
	_, _, page := open(t, victim, own)
	_, _, other := open(t, victim, evil) // a pop-up of another site
	for name, mark := range map[string]string{"another link": markIn(t, page), "no link": "", "a guess": "x"} {
		at := post(t, victim, "/password/choose", url.Values{"password": {second}, "link": {mark}})
		if !strings.Contains(at, "Verification") || isSignedIn(victim) {
			t.Errorf("the form of %s ended at %s, signed in: %t", name, at, isSignedIn(victim))
		}
	}
	if at := signIn(t, s.browser(t), ann, first); at != "/" {
		t.Errorf("the password was changed: ended at %s", at)
	}
	at := post(t, victim, "/password/choose", url.Values{"password": {second}, "link": {markIn(t, other)}})
	if at != "/" || victim.Session()["user"].(map[string]any)["email"] != "evil@example.com" {
		t.Errorf("the form of the page itself ended at %s", at)
	}
	again := s.browser(t)
	open(t, again, own)
	at = post(t, again, "/password/choose", url.Values{"password": {second}, "link": {markIn(t, page)}})
	if at != signInPage+"password_reset" {
		t.Errorf("the link of the first page was used up: ended at %s", at)
	}
}

// A page of the application learns the address and the mark of the link, and sends both back.
func TestOwnPageIsBoundToItsLink(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.Pages.Choose = "/new?lang=en" })
	s.user(t, ann, first)
	b := s.browser(t)
	post(t, b, "/password/forgot", url.Values{"email": {ann}})
	_, at, _ := open(t, b, s.mail(t, ann, "A new password"))
	query := mustParse(t, at).Query()
	if query.Get("email") != ann || query.Get("lang") != "en" || len(query.Get("link")) != 22 {
		t.Errorf("the link leads to %s", at)
	}
	form := url.Values{"password": {second}, "email": {ann}}
	if end := post(t, b, "/password/choose", form); !strings.Contains(end, "Verification") {
		t.Errorf("a page that does not send the mark: ended at %s", end)
	}
	form = url.Values{"password": {"short"}, "email": {ann}, "link": {query.Get("link")}}
	query.Set("error", password.CodeShort)
	if end := post(t, b, "/password/choose", form); end != "/new?"+query.Encode() {
		t.Errorf("after a mistake at %s, want %s", end, query.Encode())
	}
	form.Set("password", second)
	if end := post(t, b, "/password/choose", form); end != signInPage+"password_reset" {
		t.Errorf("ended at %s", end)
	}
}
