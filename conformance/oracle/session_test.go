package oracle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/conformance/internal/node"
	"github.com/cardea-auth/cardea/oauth"
)

// withLargeClaim adds a claim of a length to sessions at sign-in, and removes it when the browser
// updates the session.
func withLargeClaim(length int) func(*cardea.Config) {
	return func(c *cardea.Config) {
		c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
			switch {
			case change.SignIn != nil && length > 0:
				change.Claims["large"] = strings.Repeat("x", length)
			case change.Trigger == cardea.TriggerUpdate:
				delete(change.Claims, "large")
			}
			return change.Claims, nil
		}
	}
}

// A session works at both servers, in one cookie or in several: it begins at either, is renewed at
// the other, and ends at either.
func (o oracle) sessionWorksAtBoth(t *testing.T) {
	s, p := o.setting, o.node
	for large, parts := range map[int]int{0: 1, 9000: 4} {
		site := newCardea(t, s, withLargeClaim(large))
		original := o.newNodeSite(site, secret)
		original.Large = large
		for _, way := range [][2]server{{site, original}, {original, site}} {
			here, there := way[0], way[1]
			t.Run(fmt.Sprintf("from %v to %v in %d", here, there, parts), func(t *testing.T) {
				b := newBrowser()
				b.signIn(t, here)
				for _, at := range []server{there, here, there} {
					if got := b.sessionCookies(s); len(got) != parts || len(got[0]) > s.chunk || parts > 1 &&
						len(got[0]) != s.chunk {
						t.Fatalf("the session is in %d cookies, the first of %d characters", len(got), len(got[0]))
					}
					checkClaims(t, s, p, b, large)
					b.wantAnn(t, at)
				}
				a := b.post(t, there, "/signout", map[string]string{"csrfToken": b.csrfToken(t, there)})
				if got := b.sessionCookies(s); len(got) != 0 {
					t.Errorf("sign-out answered %d and left %d cookies of the session", a.Status, len(got))
				}
			})
		}
	}
}

// checkClaims checks that getToken and decode of the Node package, and package authjs, read the
// same claims in a session.
func checkClaims(t *testing.T, s setting, p *node.Process, b *browser, large int) {
	t.Helper()
	parameters := map[string]any{"secret": secret, "secureCookie": s.secure}
	headers := map[string]string{"cookie": b.header()}
	var raw string
	var byCookie, byToken, own map[string]any
	p.Call(t, &byCookie, "getToken", s.generation, headers, parameters)
	parameters["raw"] = true
	p.Call(t, &raw, "getToken", s.generation, headers, parameters)
	if raw != strings.Join(b.sessionCookies(s), "") {
		t.Errorf("getToken read a token of %d characters", len(raw))
	}
	p.Call(t, &byToken, "decode", s.generation, map[string]any{"token": raw, "secret": secret, "salt": s.salt})
	claims, err := sessions(t, s, secret).Read(requestWith(b))
	if err != nil {
		t.Fatalf("authjs: %v", err)
	}
	own = decoded(t, claims)
	for _, got := range []map[string]any{byCookie, byToken, own} {
		text, _ := got["large"].(string)
		if got["name"] != "Ann Example" || got["email"] != "ann@example.com" || got["sub"] == "" || got["jti"] == "" ||
			len(text) != large {
			t.Errorf("got %.300v", got)
		}
		if diff := got["exp"].(float64) - float64(time.Now().Add(30*24*time.Hour).Unix()); diff < -60 || diff > 0 {
			t.Errorf("exp is %v s off 30 days", diff)
		}
	}
	if !maps.EqualFunc(byCookie, own, equal) || !maps.EqualFunc(byToken, own, equal) {
		t.Errorf("getToken %.300v, decode %.300v, authjs %.300v", byCookie, byToken, own)
	}
}

func equal(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

// decoded returns claims as encoding/json decodes them by default: as the answers of Node are.
func decoded(t *testing.T, c authjs.Claims) map[string]any {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	decode(t, string(text), &members)
	return members
}

func sessions(t *testing.T, s setting, secrets ...string) *authjs.Sessions {
	t.Helper()
	list, err := authjs.New(authjs.Config{
		Secret: secrets[0], PreviousSecrets: secrets[1:], Version: s.version, InsecureCookies: !s.secure,
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func requestWith(b *browser) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Cookie", b.header())
	return r
}

// When a session of four cookies becomes smaller at Cardea, none of the four is left, which a Node
// server would read.
func (o oracle) smallerSessionLeavesNoCookies(t *testing.T) {
	s, p := o.setting, o.node
	site := newCardea(t, s, withLargeClaim(0))
	original := o.newNodeSite(site, secret)
	original.Large = 9000
	b := newBrowser()
	b.signIn(t, original)
	if a := b.post(t, site, "/session", map[string]string{"csrfToken": b.csrfToken(t, site),
		"data": "{}"}); a.Status != http.StatusOK {
		t.Fatalf("POST session: %d %s", a.Status, a.Body)
	}
	checkClaims(t, s, p, b, 0)
	b.wantAnn(t, original)
	for name := range b.cookies {
		if strings.HasPrefix(name, s.session+".") {
			t.Errorf("%s is left", name)
		}
	}
}

// A session that package authjs wrote works at both servers, whatever its claims are. After Clear
// it is gone.
func (o oracle) authjsSessionWorksAtBoth(t *testing.T) {
	s, p := o.setting, o.node
	site := newCardea(t, s, nil)
	original := o.newNodeSite(site, secret)
	for _, large := range []int{0, 9000} {
		b, w := newBrowser(), httptest.NewRecorder()
		err := sessions(t, s, secret).Write(w, requestWith(b), authjs.Claims{
			"sub": "1", "name": "Ann Example", "email": "ann@example.com", "picture": nil,
			"large": strings.Repeat("x", large),
			"own": map[string]any{
				"text": "Zoë 李小龍 \\ \" <&> \u2028 👩‍💻", "list": []any{1, 2.5, -1e21, true, nil}, "null": nil,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		b.storeCookies(t, answer{Cookies: w.Header().Values("Set-Cookie")})
		checkClaims(t, s, p, b, large)
		b.wantAnn(t, original)
		b.wantAnn(t, site)
		w = httptest.NewRecorder()
		sessions(t, s, secret).Clear(w, requestWith(b))
		b.storeCookies(t, answer{Cookies: w.Header().Values("Set-Cookie")})
		if got := b.sessionCookies(s); len(got) != 0 {
			t.Errorf("%d cookies are left", len(got))
		}
	}
}

// Both servers, and package authjs, accept the same session tokens. They refuse those that have
// expired or are not yet valid, and those of another secret, for another cookie, of the other
// version of Auth.js, or damaged.
func (o oracle) bothAcceptSameTokens(t *testing.T) {
	s, p := o.setting, o.node
	site := newCardea(t, s, nil)
	original := o.newNodeSite(site, secret)
	other := map[string]string{"v4": "v5", "v5": "v4"}[s.generation]
	token := func(generation string, change map[string]any) string {
		parameters := map[string]any{
			"token": map[string]any{"sub": "1", "name": "Ann Example", "email": "ann@example.com"}, "secret": secret,
			"salt": s.salt,
		}
		maps.Copy(parameters, change)
		var text string
		p.Call(t, &text, "encode", generation, parameters)
		return text
	}
	claims := func(more string, value int64) map[string]any {
		return map[string]any{
			"token": map[string]any{"sub": "1", "name": "Ann Example", "email": "ann@example.com", more: value},
		}
	}
	good := token(s.generation, nil)
	parts := strings.Split(good, ".")
	swapped := func(i int, with string) string {
		changed := append([]string{}, parts...)
		changed[i] = with
		return strings.Join(changed, ".")
	}
	now := time.Now().Unix()
	for _, c := range []struct {
		what, token string
		want        error
	}{
		{"a good one", good, nil},
		{"expired 10 s ago", token(s.generation, map[string]any{"maxAge": -10}), nil},
		{"expired 20 s ago", token(s.generation, map[string]any{"maxAge": -20}), authjs.ErrExpired},
		{"valid in 10 s", token(s.generation, claims("nbf", now+10)), nil},
		{"valid in 30 s", token(s.generation, claims("nbf", now+30)), authjs.ErrInvalid},
		{"of another secret", token(s.generation, map[string]any{"secret": strings.Repeat("o", 32)}),
			authjs.ErrInvalid},
		{"for another cookie", token(s.generation, map[string]any{"salt": "another"}), authjs.ErrInvalid},
		{"of the other generation", token(other, map[string]any{"salt": "authjs.session-token"}), authjs.ErrInvalid},
		{"without its header", swapped(0, ""), authjs.ErrInvalid},
		{"with an encrypted key", swapped(1, "AAAA"), authjs.ErrInvalid},
		{"with another iv", swapped(2, parts[3][:len(parts[2])]), authjs.ErrInvalid},
		{"with other content", swapped(3, parts[3][:len(parts[3])-4]+"AAAA"), authjs.ErrInvalid},
		{"with another tag", swapped(4, strings.Repeat("A", len(parts[4]))), authjs.ErrInvalid},
		{"in four parts", strings.Join(parts[:4], "."), authjs.ErrInvalid},
		{"in six parts", good + ".", authjs.ErrInvalid},
		{"a word", "garbage", authjs.ErrInvalid},
	} {
		b := &browser{map[string]string{s.session: c.token}}
		if _, err := sessions(t, s, secret).Read(requestWith(b)); !errors.Is(err, c.want) {
			t.Errorf("%s: authjs says %v", c.what, err)
		}
		for _, at := range []server{original, site} {
			b := &browser{map[string]string{s.session: c.token}}
			t.Run(fmt.Sprintf("%s at %v", c.what, at), func(t *testing.T) {
				if c.want == nil {
					b.wantAnn(t, at)
					return
				}
				b.wantNobody(t, at)
				if len(b.sessionCookies(s)) > 0 {
					t.Error("the cookie is left")
				}
			})
		}
	}
}
