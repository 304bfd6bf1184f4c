package relyingparty_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/cardeatest"
)

// visitor is a person with a browser, without JavaScript, who fills in the forms of oidc-provider.
type visitor struct{ *cardeatest.Browser }

// start starts a sign-in and returns the first page of the provider.
func (v *visitor) start(t *testing.T) *http.Response {
	t.Helper()
	return v.Post("/signin/op", url.Values{"callbackUrl": {v.Site + v.BasePath + "/csrf"}})
}

// signIn signs in as a person, consents, and returns to the application.
func (v *visitor) signIn(t *testing.T, name string) {
	t.Helper()
	page := v.start(t)
	for forms := 0; !strings.HasPrefix(page.Request.URL.String(), v.Site); forms++ {
		if forms == 5 {
			t.Fatalf("still at %s after %d forms", page.Request.URL, forms)
		}
		page = v.submit(t, page, name)
	}
}

// cancel follows the link of the sign-in page that cancels the sign-in.
func (v *visitor) cancel(t *testing.T) {
	t.Helper()
	page := v.start(t)
	link := cancelLink.FindStringSubmatch(bodyOf(t, page))
	if link == nil {
		t.Fatalf("no link at %s cancels the sign-in", page.Request.URL)
	}
	res, err := v.Get(html.UnescapeString(link[1]))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if at := res.Request.URL.String(); !strings.HasPrefix(at, v.Site+v.BasePath) || !strings.Contains(at, "error=") {
		t.Errorf("ended at %s", at)
	}
}

var (
	cancelLink = regexp.MustCompile(`<a href="([^"]*/abort)">`)
	formTag    = regexp.MustCompile(`<form [^>]*action="([^"]*)"`)
	inputTag   = regexp.MustCompile(`<input [^>]*>`)
	attribute  = regexp.MustCompile(`(name|value)="([^"]*)"`)
)

// submit fills in the form of a page and sends it.
func (v *visitor) submit(t *testing.T, page *http.Response, name string) *http.Response {
	t.Helper()
	body := bodyOf(t, page)
	action := formTag.FindStringSubmatch(body)
	if action == nil {
		t.Fatalf("%s of %s has no form: %s", page.Status, page.Request.URL, body)
	}
	fields := url.Values{}
	for _, tag := range inputTag.FindAllString(body, -1) {
		field := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
			field[a[1]] = html.UnescapeString(a[2])
		}
		fields.Set(field["name"], field["value"])
	}
	for field, value := range map[string]string{"login": name, "password": "any will do"} {
		if fields.Has(field) {
			fields.Set(field, value)
		}
	}
	res, err := v.PostForm(html.UnescapeString(action[1]), fields)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func bodyOf(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
