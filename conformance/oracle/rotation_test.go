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

// Cardea and package authjs go on reading what either server made before the secret changed, and
// make with the new one from then on.
func (o oracle) rotatedSecretAtCardea(t *testing.T) {
	s := o.setting
	after := newCardea(t, s, rotated)
	before := o.beside(after, secret)
	later := o.beside(after, newSecret)
	b := newBrowser()
	b.signIn(t, before)
	if _, err := sessions(t, s, newSecret, secret).Read(requestWith(b)); err != nil {
		t.Errorf("authjs: %v", err)
	}
	if token := b.csrfToken(t, before); token != b.csrfToken(t, after) {
		t.Error("the CSRF token did not survive the change of the secret")
	}
	b.isAnn(t, after) // which renews the session
	b.isAnn(t, later)
	b.isStranger(t, before)
}

// A Node server with a list of secrets finds the one that Cardea used, by the same kid.
func (o oracle) rotatedSecretAtNode(t *testing.T) {
	if o.generation == "v4" { // which has one secret
		return
	}
	s, p := o.setting, o.node
	before := newCardea(t, s, nil)
	after := o.beside(before, []string{newSecret, secret})
	b := newBrowser()
	b.signIn(t, before)
	old := header(t, b.sessionCookies(s)[0])
	if own := encoded(t, p, s, secret); header(t, own) != old {
		t.Errorf("the headers of the two are %s and %s", header(t, own), old)
	}
	b.isAnn(t, after)
	if got, want := header(t, b.sessionCookies(s)[0]), header(t, encoded(t, p, s, newSecret)); got != want ||
		got == old {
		t.Errorf("Node renewed the session with the header %s, want %s", got, want)
	}
	b.isAnn(t, newCardea(t, s, rotated))
	b.isStranger(t, before)
}

// encoded is a token of Node's.
func encoded(t *testing.T, p *node.Process, s setting, secret string) string {
	t.Helper()
	var token string
	p.Call(t, &token, "encode", s.generation,
		map[string]any{"token": map[string]any{"sub": "1"}, "secret": secret, "salt": s.salt})
	return token
}

// header is the protected header of a token.
func header(t *testing.T, token string) string {
	t.Helper()
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
