package oracle_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// A link that the Node server has mailed works at Cardea, once. Cardea asks on a page before it
// signs in.
func (o oracle) nodeLinkAtCardea(t *testing.T) {
	s := o.setting
	site := newCardea(t, s, nil)
	original := o.newNodeSite(site, secret)
	b := newBrowser()
	a := b.post(t, original, "/signin/email",
		map[string]string{"csrfToken": b.csrfToken(t, original), "email": "ann@example.com"})
	if len(a.Mails) != 1 || len(a.Tokens) != 1 {
		t.Fatalf("Node sent %d mails and stored %d tokens: %d %s", len(a.Mails), len(a.Tokens), a.Status, a.Location)
	}
	expires, err := time.Parse(time.RFC3339, a.Tokens[0].Expires)
	if err != nil {
		t.Fatal(err)
	}
	row := &cardea.VerificationToken{Identifier: a.Tokens[0].Identifier, Token: a.Tokens[0].Token, Expires: expires}
	if err := site.store.CreateVerificationToken(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(a.Mails[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	if page := b.get(t, site, strings.TrimPrefix(link.RequestURI(), "/api/auth")); page.Status != http.StatusOK ||
		len(b.sessionCookies(s)) != 0 {
		t.Fatalf("the link was answered with %d %s", page.Status, page.Location)
	}
	confirm := map[string]string{"token": link.Query().Get("token"), "email": link.Query().Get("email")}
	for _, want := range []int{1, 0} {
		b := newBrowser()
		confirm["csrfToken"] = b.csrfToken(t, site)
		b.post(t, site, "/callback/email", confirm)
		if got := len(b.sessionCookies(s)); got != want {
			t.Errorf("got %d sessions, want %d", got, want)
		}
	}
}

// A link that Cardea has mailed works at the Node server, once. The Node server accepts none of the
// rows that Cardea stores for other purposes.
func (o oracle) cardeaLinkAtNode(t *testing.T) {
	s := o.setting
	site := newCardea(t, s, nil)
	original := o.newNodeSite(site, secret)
	otherSecret := o.newNodeSite(site, strings.Repeat("o", 32))
	b := newBrowser()
	b.post(t, site, "/signin/email", map[string]string{"csrfToken": b.csrfToken(t, site), "email": " Ann@Example.COM "})
	mail := site.mails.Last(t, "ann@example.com")
	for _, row := range site.store.tokens {
		original.Tokens = append(original.Tokens,
			verificationToken{row.Identifier, row.Token, row.Expires.UTC().Format(time.RFC3339Nano)})
	}
	otherSecret.Tokens = original.Tokens
	link := strings.TrimPrefix(mail.Link, site.URL+"/api/auth")
	stored := len(original.Tokens)
	for _, c := range []struct {
		at       *nodeSite
		sessions int
	}{{otherSecret, 0}, {original, 1}, {original, 0}} {
		b := newBrowser()
		a := b.get(t, c.at, link)
		if got := len(b.sessionCookies(s)); got != c.sessions {
			t.Errorf("got %d sessions, want %d: %d %s", got, c.sessions, a.Status, a.Location)
		}
	}
	if len(original.Tokens) != stored-1 {
		t.Errorf("%d of %d rows are left, want one fewer", len(original.Tokens), stored)
	}
}
