package provider_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// The query of a sign-in request may come from anybody who can make a browser send it, so it adds
// hints and never replaces what the site configured (OpenID Connect Core 1.0 § 3.1.2.1: acr_values
// and max_age are the client's request).
func TestTheQueryReplacesNothingThatIsConfigured(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"acr_values", "prompt", "hd", "login_hint", "ui_locales", "display", "screen_hint", "max_age", "organization",
	} {
		for way, configure := range map[string]func(*oauth.Provider){
			"by a parameter": func(p *oauth.Provider) { p.AuthorizationParams = url.Values{name: {"7"}} },
			"by the URL": func(p *oauth.Provider) {
				p.AuthorizationURL = "https://acme.example/authorize?" + name + "=7"
			},
			"by metadata": nil,
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				p := openID()
				p.ForwardParams = []string{"organization"}
				a := parse(t, plainToken+`,"id_token":{"sub":"7","auth_time":32503680000}`)
				if configure != nil {
					configure(p)
				} else {
					a.URLs = map[string]json.RawMessage{
						"https://acme.example/.well-known/openid-configuration": metadataWith(name + "=7"),
					}
				}
				if got := (visitor{answers: a, query: name + "=9"}).signIn(t, p).asked[name]; len(got) != 1 ||
					got[0] != "7" {
					t.Errorf("the service was asked for %s=%s, want 7", name, got)
				}
			})
		}
	}
}

// Hints that the site does not configure are passed on, as they always were.
func TestTheQueryAddsHints(t *testing.T) {
	t.Parallel()
	p := openID()
	p.AuthorizationParams = url.Values{"acr_values": {"phr"}}
	a := parse(t, plainToken+`,"id_token":{"sub":"7"}`)
	asked := visitor{answers: a, query: "prompt=login&login_hint=ann&state=x&foo=bar"}.signIn(t, p).asked
	if asked.Get("prompt") != "login" || asked.Get("login_hint") != "ann" || asked.Get("acr_values") != "phr" ||
		asked.Get("state") == "x" || asked.Has("foo") {
		t.Errorf("the service was asked for %v", asked)
	}
}

func metadataWith(query string) json.RawMessage {
	return json.RawMessage(`{"issuer":"https://acme.example",
		"authorization_endpoint":"https://acme.example/authorize?` + query + `",
		"token_endpoint":"https://acme.example/token","jwks_uri":"https://acme.example/jwks",
		"id_token_signing_alg_values_supported":["ES256"]}`)
}

// spelling writes a time in seconds.
type spelling func(int64) any

// With max_age, the ID token must have auth_time (OpenID Connect Core 1.0 § 2, § 3.1.2.1), and the
// client checks it (§ 3.1.3.7, step 13).
func TestAuthTimeIsCheckedIfMaxAgeWasSent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, configured, query string
		authTime                any    // a duration is that long ago
		cause                   string // "" if the visitor is signed in
	}{
		{"configured, recent", "600", "", time.Minute, ""},
		{"configured, as text", "600", "", spelling(func(n int64) any { return strconv.FormatInt(n, 10) }), ""},
		{"configured, with a fraction", "600", "", spelling(func(n int64) any { return float64(n) + 0.5 }), ""},
		{"configured, old", "600", "", time.Hour, "auth_time: longer ago than the max_age"},
		{"configured, missing", "600", "", nil, "auth_time: missing"},
		{"configured, not a number", "600", "", "2026-11-28T22:00:00Z", "auth_time: missing"},
		{"configured, NaN", "600", "", "NaN", "auth_time: longer ago"},
		{"configured, now", "0", "", time.Duration(0), ""},
		{"configured, not now", "0", "", time.Minute, "auth_time: longer ago"},
		{"configured, and the visitor asks for more", "600", "max_age=86400", time.Hour, "auth_time: longer ago"},
		{"the visitor's, recent", "", "max_age=600", time.Minute, ""},
		{"the visitor's, old", "", "max_age=600", time.Hour, "auth_time: longer ago"},
		{"the visitor's, missing", "", "max_age=0", nil, "auth_time: missing"},
		{"not sent, old", "", "", time.Hour, ""},
		{"the visitor's, not a number", "", "max_age=soon", nil, ""},
		{"the visitor's, negative", "", "max_age=-1", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, a := openID(), parse(t, plainToken)
			a.IDToken = map[string]any{"sub": "7"}
			switch v := tc.authTime.(type) {
			case time.Duration:
				a.IDToken["auth_time"] = time.Now().Add(-v).Unix()
			case spelling:
				a.IDToken["auth_time"] = v(time.Now().Unix())
			case string:
				a.IDToken["auth_time"] = v
			}
			if tc.configured != "" {
				p.AuthorizationParams = url.Values{"max_age": {tc.configured}}
			}
			seen := visitor{answers: a, query: tc.query}.signIn(t, p)
			if tc.cause != "" {
				seen.denied(t, tc.cause)
				return
			}
			seen.accepted(t, "7")
			if sent := seen.asked.Get("max_age"); strings.Trim(sent, "0123456789") != "" {
				t.Errorf("the service was asked for max_age=%s", sent)
			}
		})
	}
}

// RequiredClaims checks what no request can enforce, because it goes through the visitor's browser:
// the authentication method (OpenID Connect Core 1.0 § 3.1.3.7, step 12), a tenant, a group.
func TestRequiredClaims(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		required map[string][]string
		claims   string
		signedIn bool
	}{
		{"acr that is wanted", map[string][]string{"acr": {"phr", "phrh"}}, `"acr":"phrh"`, true},
		{"another acr", map[string][]string{"acr": {"phr", "phrh"}}, `"acr":"0"`, false},
		{"no acr", map[string][]string{"acr": {"phr"}}, `"amr":["phr"]`, false},
		{"acr null", map[string][]string{"acr": {"phr"}}, `"acr":null`, false},
		{"another case", map[string][]string{"acr": {"phr"}}, `"acr":"PHR"`, false},
		{"amr in a list", map[string][]string{"amr": {"hwk"}}, `"amr":["pwd","hwk"]`, true},
		{"not in the list", map[string][]string{"amr": {"hwk"}}, `"amr":["pwd"]`, false},
		{"a number", map[string][]string{"loa": {"3"}}, `"loa":3`, true},
		{"true", map[string][]string{"email_verified": {"true"}}, `"email_verified":true`, true},
		{"false", map[string][]string{"email_verified": {"true"}}, `"email_verified":false`, false},
		{"a nested member", map[string][]string{"org.id": {"a"}}, `"org":{"id":"a"}`, true},
		{"a member with a dot", map[string][]string{"org.id": {"a"}}, `"org.id":"a"`, false},
		{"a URI", map[string][]string{"https://acme.example/org": {"a"}}, `"https://acme.example/org":"a"`, true},
		{"any value", map[string][]string{"hd": {"*"}}, `"hd":"acme.example"`, true},
		{"any value, and none", map[string][]string{"hd": {"*"}}, `"hd":""`, false},
		{"one of two claims", map[string][]string{"acr": {"phr"}, "hd": {"acme.example"}}, `"acr":"phr"`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			oidc, plain := openID(), plain()
			oidc.RequiredClaims, plain.RequiredClaims = tc.required, tc.required
			for p, text := range map[*oauth.Provider]string{
				oidc:  plainToken + `,"id_token":{"sub":"7",` + tc.claims + `}`,
				plain: plainToken + `,"urls":{"https://acme.example/user":{"id":"7",` + tc.claims + `}}`,
			} {
				seen := visitor{answers: parse(t, text)}.signIn(t, p)
				if tc.signedIn {
					seen.accepted(t, "7")
				} else {
					seen.denied(t, "RequiredClaims")
				}
			}
		})
	}
}

// What a check depends on is the ID token's, whatever the userinfo endpoint adds, and nothing that
// the visitor's browser brought.
func TestRequiredClaimsAreThoseOfTheIDToken(t *testing.T) {
	t.Parallel()
	p := openID()
	p.UseUserinfo, p.RequiredClaims = true, map[string][]string{"org": {"ours"}}
	a := parse(t, plainToken+`,"id_token":{"sub":"7","org":"theirs"},
		"urls":{"https://acme.example/userinfo":{"sub":"7","org":"ours"}}`)
	visitor{answers: a}.signIn(t, p).denied(t, "claim org")
	p = openID()
	p.CallbackParams, p.RequiredClaims = []string{"org"}, map[string][]string{"callback.org": {"ours"}}
	a = parse(t, plainToken+`,"id_token":{"sub":"7"},"callback":{"org":"ours"}`)
	visitor{answers: a}.signIn(t, p).denied(t, "claim callback.org")
}

// Google's hd is a parameter in the visitor's address bar; the claim hd is what counts
// (https://developers.google.com/identity/openid-connect/openid-connect, "hd").
func TestTheDomainThatGoogleWasAskedForIsChecked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sent, query string
		claim       any
		signedIn    bool
	}{
		{"acme.example", "", "acme.example", true},
		{"acme.example", "hd=evil.example", "evil.example", false},
		{"acme.example", "", nil, false},
		{"*", "", "any.example", true},
		{"*", "", nil, false},
		{"", "hd=evil.example", "evil.example", true},
		{"", "", nil, true},
	} {
		p := provider.Google(client)
		if tc.sent != "" {
			p.AuthorizationParams = url.Values{"hd": {tc.sent}}
		}
		a := with(t, "google", map[string]any{"sub": "7", "hd": tc.claim})
		seen := visitor{answers: a, query: tc.query}.signIn(t, p)
		if tc.signedIn {
			seen.accepted(t, "7")
		} else {
			seen.denied(t, "claim hd: the answer is not for hd="+tc.sent)
		}
	}
}
