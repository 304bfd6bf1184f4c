package oracle_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// browser keeps the cookies of one origin, as the servers sent them. It cannot tell which of
// several servers of that origin has answered.
type browser struct {
	cookies map[string]string
}

func newBrowser() *browser { return &browser{map[string]string{}} }

// header returns the Cookie header of the browser.
func (b *browser) header() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		pairs = append(pairs, name+"="+b.cookies[name])
	}
	return strings.Join(pairs, "; ")
}

func (b *browser) get(t *testing.T, at server, path string) answer {
	t.Helper()
	return b.storeCookies(t, at.answer(t, request{method: http.MethodGet, path: path, cookies: b.header()}))
}

func (b *browser) post(t *testing.T, at server, path string, form map[string]string) answer {
	t.Helper()
	return b.storeCookies(t, at.answer(t,
		request{method: http.MethodPost, path: path, cookies: b.header(), form: form}))
}

// storeCookies stores the cookies of an answer, and returns the answer.
func (b *browser) storeCookies(t *testing.T, a answer) answer {
	t.Helper()
	for _, line := range a.Cookies {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
	}
	return a
}

// csrfToken asks a server for the CSRF token, which forms must repeat.
func (b *browser) csrfToken(t *testing.T, at server) string {
	t.Helper()
	var body struct{ CSRFToken string }
	decode(t, b.get(t, at, "/csrf").Body, &body)
	return body.CSRFToken
}

// signIn signs Ann in with her password.
func (b *browser) signIn(t *testing.T, at server) {
	t.Helper()
	a := b.post(t, at, "/callback/credentials", map[string]string{"csrfToken": b.csrfToken(t, at), "password": "right"})
	if strings.Contains(a.Location, "error") {
		t.Fatalf("sign-in led to %s", a.Location)
	}
}

// sessionCookies returns the values of the cookies that make up the session, in order.
func (b *browser) sessionCookies(s setting) []string {
	if whole, ok := b.cookies[s.session]; ok {
		return []string{whole}
	}
	var parts []string
	for {
		part, ok := b.cookies[s.session+"."+string(rune('0'+len(parts)))]
		if !ok {
			return parts
		}
		parts = append(parts, part)
	}
}

// wantAnn checks that a server takes the browser for Ann's.
func (b *browser) wantAnn(t *testing.T, at server) {
	t.Helper()
	var body struct {
		User    struct{ Name, Email string }
		Expires string
	}
	a := b.get(t, at, "/session")
	decode(t, a.Body, &body)
	if a.Status != http.StatusOK || body.User.Name != "Ann Example" || body.User.Email != "ann@example.com" ||
		body.Expires == "" {
		t.Errorf("GET session at %v: %d %s", at, a.Status, a.Body)
	}
}

// wantNobody checks that a server finds no session in the browser's cookies.
func (b *browser) wantNobody(t *testing.T, at server) {
	t.Helper()
	if a := b.get(t, at, "/session"); a.Body != "null" && a.Body != "{}" {
		t.Errorf("GET session at %v: %d %s", at, a.Status, a.Body)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
