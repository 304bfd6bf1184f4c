package oidc

import (
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// wantRefusal verifies a token that the named check must refuse.
func wantRefusal(t *testing.T, set *KeySet, token string, e Expect, want string) {
	t.Helper()
	claims, err := set.Verify(t.Context(), token, e)
	if err == nil || claims != nil || !strings.HasPrefix(err.Error(), "id token: "+want+": ") {
		t.Errorf("got %v, %v, want a refusal by %s", claims, err, want)
	}
}

func TestClaimsAreChecked(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	now := clock().Unix()
	type list = []any
	for _, test := range []struct {
		name  string
		claim []any
		want  string // the check that refuses the token; "" for a valid token
	}{
		{"valid", nil, ""},
		{"iss in other case", list{"iss", "https://IDP.example"}, "iss"},
		{"iss with a slash", list{"iss", "https://idp.example/"}, "iss"},
		{"iss a list", list{"iss", list{"https://idp.example"}}, "iss"},
		{"iss null", list{"iss", nil}, "iss"},
		{"aud a list of us", list{"aud", list{"client"}}, ""},
		{"aud us twice", list{"aud", list{"client", "client"}}, ""},
		{"aud others", list{"aud", list{"other", "another"}}, "aud"},
		{"aud a prefix", list{"aud", "clien"}, "aud"},
		{"aud empty", list{"aud", ""}, "aud"},
		{"aud an empty list", list{"aud", list{}}, "aud"},
		{"aud a list in a list", list{"aud", list{list{"client"}}}, "aud"},
		{"aud an object", list{"aud", map[string]any{"client": true}}, "aud"},
		{"aud null", list{"aud", nil}, "aud"},
		{"several aud without azp", list{"aud", list{"client", "other"}}, "azp"},
		{"several aud, one no text", list{"aud", list{"client", 1}}, "azp"},
		{"several aud, azp us", list{"aud", list{"client", "other"}, "azp", "client"}, ""},
		{"several aud, azp other", list{"aud", list{"client", "other"}, "azp", "other"}, "azp"},
		{"one aud, azp us", list{"azp", "client"}, ""},
		{"one aud, azp other", list{"azp", "other"}, "azp"},
		{"azp null", list{"azp", nil}, "azp"},
		{"azp a list", list{"azp", list{"client"}}, "azp"},
		{"exp within tolerance", list{"exp", now - 29}, ""},
		{"exp at its end", list{"exp", now - 30}, "exp"},
		{"exp as text", list{"exp", fmt.Sprint(now + 60)}, "exp"},
		{"exp null", list{"exp", nil}, "exp"},
		{"exp with a fraction", list{"exp", float64(now) + 0.5}, ""},
		{"exp zero", list{"exp", 0}, "exp"},
		{"iat within tolerance", list{"iat", now + 30}, ""},
		{"iat beyond", list{"iat", now + 31}, "iat"},
		{"iat as text", list{"iat", fmt.Sprint(now)}, "iat"},
		{"iat true", list{"iat", true}, "iat"},
		{"nbf within tolerance", list{"nbf", now + 30}, ""},
		{"nbf beyond", list{"nbf", now + 31}, "nbf"},
		{"nbf as text", list{"nbf", fmt.Sprint(now)}, "nbf"},
		{"sub empty", list{"sub", ""}, "sub"},
		{"sub null", list{"sub", nil}, "sub"},
		{"sub a number", list{"sub", 1}, "sub"},
		{"sub of the longest", list{"sub", strings.Repeat("x", 255)}, ""},
		{"sub too long", list{"sub", strings.Repeat("x", 256)}, "sub"},
		{"nonce another", list{"nonce", "Nonce"}, "nonce"},
		{"nonce a prefix", list{"nonce", "nonc"}, "nonce"},
		{"nonce empty", list{"nonce", ""}, "nonce"},
		{"nonce null", list{"nonce", nil}, "nonce"},
		{"nonce a list", list{"nonce", list{"nonce"}}, "nonce"},
		{"at_hash good", list{"at_hash", leftHalf("access", "ES256")}, ""},
		{"at_hash of another", list{"at_hash", leftHalf("other", "ES256")}, "at_hash"},
		{"at_hash empty", list{"at_hash", ""}, "at_hash"},
		{"at_hash null", list{"at_hash", nil}, "at_hash"},
	} {
		e := expect()
		e.AccessToken = "access"
		token := sign(t, jose.ES256, key, "k", test.claim...)
		if test.want != "" {
			t.Run(test.name, func(t *testing.T) { wantRefusal(t, set, token, e, test.want) })
			continue
		}
		if claims, err := set.Verify(t.Context(), token, e); err != nil || claims == nil {
			t.Errorf("%s: got %v, %v", test.name, claims, err)
		}
	}
}

// ASVS 64: keys are only fetched from the configured URL, whatever the header says. jku and x5u are
// ignored and not refused, because honest issuers send jku.
func TestKeysThatTheHeaderNamesAreNotFetched(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	elsewhere := newKeyServer(t, public(key, "k"))
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	other := NewKeySet(newKeyServer(t, public(ecKey(t, elliptic.P256()), "k")).url, outbound.Client(true), clock)
	for _, name := range []jose.HeaderKey{"jku", "x5u"} {
		token := signWith(t, jose.ES256, key,
			(&jose.SignerOptions{}).WithHeader("kid", "k").WithHeader(name, elsewhere.url))
		if _, err := set.Verify(t.Context(), token, expect()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantRefusal(t, other, token, expect(), "signature")
	}
	if n := elsewhere.fetches.Load(); n != 0 {
		t.Errorf("the keys that the header names were fetched %d times", n)
	}
}

// The example of OpenID Connect Core 1.0, Appendix A.3, an ID token with at_hash.
func TestLeftHalf(t *testing.T) {
	t.Parallel()
	got := leftHalf("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256")
	if want := "77QmUPtjPfzWtF2AnpK9RQ"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestExpectWithoutRequiredFieldAcceptsNothing(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	for name, remove := range map[string]func(*Expect){
		"client": func(e *Expect) { e.ClientID = "" },
		"nonce":  func(e *Expect) { e.Nonce = "" },
		"issuer": func(e *Expect) { e.Issuer = "" },
		"time":   func(e *Expect) { e.Now = time.Time{} },
	} {
		e := expect()
		remove(&e)
		token := sign(t, jose.ES256, key, "k", "nonce", e.Nonce, "aud", e.ClientID, "iss", e.Issuer)
		if claims, err := set.Verify(t.Context(), token, e); err == nil {
			t.Errorf("no %s: got %v", name, claims)
		}
	}
}

// The denial-of-service advisories of go-jose and jwx: malformed tokens and unexpected headers are
// refused before the keys are fetched.
func TestMalformedTokensAreRefusedBeforeAnyCryptography(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	good := sign(t, jose.ES256, key, "k")
	parts := strings.Split(good, ".")
	withHeader := func(header string) string { return b64(header) + "." + parts[1] + "." + parts[2] }
	s := newKeyServer(t, public(key, "k"))
	set := NewKeySet(s.url, outbound.Client(true), clock)
	for name, test := range map[string]struct{ token, want string }{
		"empty":                   {"", "format"},
		"one part":                {"abc", "format"},
		"two parts":               {parts[0] + "." + parts[1], "format"},
		"five parts, a JWE":       {good + ".a.b", "format"},
		"65,000 dots":             {strings.Repeat(".", 65_000), "format"},
		"a megabyte":              {good + strings.Repeat("A", 1<<20), "format"},
		"no signature":            {parts[0] + "." + parts[1] + ".", "format"},
		"no payload, as detached": {parts[0] + ".." + parts[2], "format"},
		"JSON serialization": {
			`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, "format",
		},
		"leading space":         {" " + good, "format"},
		"line break at the end": {good + "\n", "format"},
		"line break within":     {parts[0] + ".\r\n" + parts[1] + "." + parts[2], "format"},
		"padding":               {good + "==", "format"},
		"standard alphabet":     {parts[0] + "." + parts[1] + ".+/+/", "format"},
		"header not JSON":       {withHeader("alg: ES256"), "format"},
		"header a list":         {withHeader(`["ES256"]`), "format"},
		"header nested deeply":  {b64(strings.Repeat("[", 40_000)) + ".e30.AAAA", "format"},
		"header with alg twice": {withHeader(`{"alg":"none","alg":"ES256"}`), "format"},
		"kid a number":          {withHeader(`{"alg":"ES256","kid":7}`), "format"},
		"x5c not certificates":  {withHeader(`{"alg":"ES256","x5c":["AAAA"]}`), "format"},
		"no alg":                {withHeader(`{}`), "alg"},
		"alg none":              {withHeader(`{"alg":"none"}`), "alg"},
		"alg None":              {withHeader(`{"alg":"None"}`), "alg"},
		"alg empty":             {withHeader(`{"alg":""}`), "alg"},
		"alg a list":            {withHeader(`{"alg":["ES256"]}`), "alg"},
		"alg es256":             {withHeader(`{"alg":"es256"}`), "alg"},
		"alg ALG":               {withHeader(`{"ALG":"ES256"}`), "alg"},
		"alg HS256":             {withHeader(`{"alg":"HS256"}`), "alg"},
		"alg HS512":             {withHeader(`{"alg":"HS512"}`), "alg"},
		"alg of encryption": {
			withHeader(`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2147483647,"p2s":"AAAA"}`), "alg",
		},
		"compressed":      {withHeader(`{"alg":"ES256","zip":"DEF"}`), "header"},
		"crit":            {withHeader(`{"alg":"ES256","crit":["exp"],"exp":1}`), "header"},
		"b64 false":       {withHeader(`{"alg":"ES256","b64":false,"crit":["b64"]}`), "header"},
		"jwk":             {withHeader(`{"alg":"ES256","jwk":{"kty":"EC"}}`), "header"},
		"jwk null":        {withHeader(`{"alg":"ES256","jwk":null}`), "header"},
		"an access token": {withHeader(`{"alg":"ES256","typ":"at+jwt"}`), "typ"},
		"a logout token":  {withHeader(`{"alg":"ES256","typ":"application/logout+JWT"}`), "typ"},
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, set, test.token, expect(), test.want) })
	}
	if n := s.fetches.Load(); n != 0 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// Pomerium CVE-2021-29652, and tokens that can be written in several ways: a token of which any
// byte was changed is refused.
func TestEveryByteOfATokenCounts(t *testing.T) {
	t.Parallel()
	key := rsaKey(t, 2048) // the last character of its signature, of 256 bytes, has unused bits
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	token := sign(t, jose.RS256, key, "k")
	if _, err := set.Verify(t.Context(), token, expect()); err != nil {
		t.Fatal(err)
	}
	for at := range len(token) {
		for _, flip := range []byte{1, 2, 4} {
			b := []byte(token)
			b[at] ^= flip
			if claims, err := set.Verify(t.Context(), string(b), expect()); err == nil {
				t.Errorf("byte %d of %d changed: got %v", at, len(token), claims)
			}
		}
	}
}

func TestErrorsContainNothingOfTheToken(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	secret := "ann@example.com"
	tokens := []string{
		b64(`{"alg":"`+secret+`"}`) + ".e30.AAAA",
		b64(`{"alg":"ES256","kid":["`+secret+`"]}`) + ".e30.AAAA",
		b64(`{"alg":"ES256","`+secret+`":1,"`+secret+`":1}`) + ".e30.AAAA",
		b64(`{"alg":"ES256","typ":"`+secret+`+jwt"}`) + ".e30.AAAA",
		b64(`{"alg":"ES256","kid":"`+secret+`"}`) + ".e30.AAAA",
		sign(t, jose.ES256, key, secret),
	}
	for _, claim := range []string{"iss", "aud", "azp", "exp", "iat", "nbf", "sub", "nonce", "at_hash"} {
		tokens = append(tokens, sign(t, jose.ES256, key, "k", "email", secret, claim, map[string]any{secret: secret}))
	}
	e := expect()
	e.AccessToken = "access"
	for _, token := range tokens {
		_, err := set.Verify(t.Context(), token, e)
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), token) {
			t.Errorf("got error %v", err)
		}
	}
}
