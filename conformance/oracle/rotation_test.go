package oracle_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/conformance/internal/node"
)

const newSecret = "another secret of at least 32 bytes, which came later"

func rotated(c *cardea.Config) { c.Secret, c.PreviousSecrets = newSecret, []string{secret} }

// After the secret has changed Cardea and package authjs still read what was written with the
// previous one, and write with the new one.
func (o oracle) rotatedSecretAtCardea(t *testing.T) {
	s := o.setting
	after := newCardea(t, s, rotated)
	before := o.newNodeSite(after, secret)
	later := o.newNodeSite(after, newSecret)
	b := newBrowser()
	b.signIn(t, before)
	if _, err := sessions(t, s, newSecret, secret).Read(requestWith(b)); err != nil {
		t.Errorf("authjs: %v", err)
	}
	if token := b.csrfToken(t, before); token != b.csrfToken(t, after) {
		t.Error("the CSRF token is another one after the change of the secret")
	}
	b.wantAnn(t, after) // which renews the session
	b.wantAnn(t, later)
	b.wantNobody(t, before)
}

// A Node server with a list of secrets finds the one that Cardea has used by its kid.
func (o oracle) rotatedSecretAtNode(t *testing.T) {
	if o.generation == "v4" { // it takes one secret only
		return
	}
	s, p := o.setting, o.node
	before := newCardea(t, s, nil)
	after := o.newNodeSite(before, []string{newSecret, secret})
	b := newBrowser()
	b.signIn(t, before)
	old := header(t, b.sessionCookies(s)[0])
	if own := encoded(t, p, s, secret); header(t, own) != old {
		t.Errorf("the headers of the two are %s and %s", header(t, own), old)
	}
	b.wantAnn(t, after)
	if got, want := header(t, b.sessionCookies(s)[0]), header(t, encoded(t, p, s, newSecret)); got != want ||
		got == old {
		t.Errorf("Node renewed the session with the header %s, want %s", got, want)
	}
	b.wantAnn(t, newCardea(t, s, rotated))
	b.wantNobody(t, before)
}

// encoded returns a token that Node has made.
func encoded(t *testing.T, p *node.Process, s setting, secret string) string {
	t.Helper()
	var token string
	p.Call(t, &token, "encode", s.generation,
		map[string]any{"token": map[string]any{"sub": "1"}, "secret": secret, "salt": s.salt})
	return token
}

// header returns the protected header of a token.
func header(t *testing.T, token string) string {
	t.Helper()
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
