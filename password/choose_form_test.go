package password_test

import (
	"context"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/password"
)

var formInput = regexp.MustCompile(`<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"`)

// A field of the sign-up may have any name that a form does not have. What the page posts for
// password managers takes the place of none.
func TestSignUpWithAFieldForTheUsername(t *testing.T) {
	t.Parallel()
	store := &customerStore{customers: map[string]*customer{}}
	s := newSite(t, func(c *cardea.Config, o *password.Options) {
		store.Adapter = c.Adapter.(*memadapter.Adapter)
		c.Adapter = store
		c.OnCreateUser = cardea.BeforeCreate(func(_ context.Context, row *customer, p *oauth.Profile) error {
			row.Company = p.Raw.String("username")
			return nil
		})
		o.Fields = []cardea.Field{{Name: "username", Required: true}}
	})
	b := s.browser(t)
	post(t, b, "/password/signup", url.Values{"email": {ann}, "username": {"ann99"}})
	_, _, page := open(t, b, s.mail(t, ann, ""))
	form := url.Values{}
	for _, input := range formInput.FindAllStringSubmatch(page, -1) {
		form.Set(input[1], html.UnescapeString(input[2])) // as a browser posts the form
	}
	form.Set("password", first)
	post(t, b, "/password/choose", form)
	u, err := s.store.UserByEmail(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	if got := store.customers[u.ID].Company; got != "ann99" {
		t.Errorf("the user is stored with the name %q, want the one that was typed", got)
	}
}

// The application's page shows the address that is in its URL, and anybody can make up a URL. So
// the form has that address too, and counts for no other one.
func TestOwnPageThatShowsAnotherAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.Pages.Choose = "/new" })
	b := s.browser(t)
	post(t, b, "/password/signup", url.Values{"email": {"eve@example.com"}})
	_, at, _ := open(t, b, s.mail(t, "eve@example.com", ""))
	own := mustParse(t, at).Query()
	for _, shown := range []string{ann, ""} {
		form := url.Values{"password": {first}, "link": own["link"], "email": {shown}}
		if at := post(t, b, "/password/choose", form); !strings.Contains(at, "error=Verification") || isSignedIn(b) {
			t.Errorf("a page that shows %q: ended at %s", shown, at)
		}
	}
	form := url.Values{"password": {first}, "link": own["link"], "email": own["email"]}
	if at := post(t, b, "/password/choose", form); !isSignedIn(b) {
		t.Errorf("the page of the link: ended at %s", at)
	}
}
