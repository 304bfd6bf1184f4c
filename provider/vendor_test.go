package provider_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/go-jose/go-jose/v4"
)

// answers are the responses of a service, from testdata/<name>.json.
type answers struct {
	Token map[string]any // the response of the token endpoint
	// the claims of the ID token; iss, aud, iat, exp and nonce are added if they are missing
	IDToken  map[string]any    `json:"id_token"`
	Callback map[string]string // parameters of the callback in addition to code and state
	// all other responses, by URL without query; a missing discovery document is generated
	URLs map[string]json.RawMessage
}

func readAnswers(t *testing.T, name string) answers {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var a answers
	if err := json.Unmarshal(content, &a); err != nil {
		t.Fatalf("%s.json: %v", name, err)
	}
	return a
}

// vendor is a fake of a service at the URLs of the real one. It responds only to requests that
// contain what they must: the code, the PKCE verifier, the client secret, the access token.
type vendor struct {
	t        *testing.T
	provider *oauth.Provider
	answers  answers
	metadata map[string]any // the discovery document of an OIDC provider
	asked    url.Values     // the authorization request
	form     url.Values     // the form that the browser must post to the application
}

const theCode = "the-code"

func newVendor(t *testing.T, p *oauth.Provider, a answers) *vendor {
	t.Helper()
	v := &vendor{t: t, provider: p, answers: a, metadata: map[string]any{}}
	if p.Type != oauth.TypeOIDC {
		return v
	}
	base := strings.TrimSuffix(p.Issuer, "/")
	v.metadata = map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token",
		"userinfo_endpoint": base + "/userinfo",
		"jwks_uri":          base + "/jwks", "id_token_signing_alg_values_supported": []string{"ES256"},
	}
	if raw, ok := a.URLs[v.discovery()]; ok {
		clear(v.metadata)
		if err := json.Unmarshal(raw, &v.metadata); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func (v *vendor) discovery() string {
	if v.provider.DiscoveryURL != "" {
		return v.provider.DiscoveryURL
	}
	return strings.TrimSuffix(v.provider.Issuer, "/") + "/.well-known/openid-configuration"
}

// endpoint returns the URL of the provider's literal, or else the discovered one.
func (v *vendor) endpoint(own, discovered string) string {
	if own == "" {
		own, _ = v.metadata[discovered].(string)
	}
	own, _, _ = strings.Cut(own, "?")
	return own
}

func (v *vendor) accessToken() string {
	return cmp.Or(v.granted("access_token"), "at-example") // the access token if Exchange is set
}

func (v *vendor) refreshToken() string { return v.granted("refresh_token") }

// granted returns a token in the response of the token endpoint, or "" if there is none.
func (v *vendor) granted(name string) string {
	for _, answer := range []any{v.answers.Token, v.answers.Token[v.provider.Token.Envelope]} {
		members, _ := answer.(map[string]any)
		for _, name := range []string{name, v.provider.Token.Names[name]} {
			if token, ok := members[name].(string); ok {
				return token
			}
		}
	}
	return ""
}

// RoundTrip responds to the application's server.
func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	target := "https://" + r.URL.Host + r.URL.Path
	query := target + "?" + r.URL.RawQuery
	answer, known := v.answers.URLs[target]
	switch {
	case v.provider.Type == oauth.TypeOIDC && (target == v.discovery() || query == v.discovery()):
		v.write(w, v.metadata)
	case target == v.endpoint(v.provider.JWKSURL, "jwks_uri"):
		v.write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{v.key().Public()}})
	case target == v.endpoint(v.provider.TokenURL, "token_endpoint"), target == v.provider.RefreshURL:
		v.checkTokenRequest(r)
		v.write(w, v.token())
	case known && v.provider.Identify != nil:
		w.WriteString(unquoted(answer))
	case known:
		if v.checkAccessToken(r); v.provider.Userinfo.Signed {
			answer = []byte(v.signUserinfo(answer))
		}
		w.Write(answer)
	default:
		return nil, fmt.Errorf("there is no server for %s", target)
	}
	res := w.Result()
	res.Request = r
	return res, nil
}

func (v *vendor) write(w http.ResponseWriter, answer any) {
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		v.t.Error(err)
	}
}

// requestText returns everything that a request contains, decoded.
func (v *vendor) requestText(r *http.Request) string {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	if form, err := url.ParseQuery(string(body)); err == nil {
		for _, values := range form {
			body = append(body, "\n"+strings.Join(values, "\n")...)
		}
	}
	_, password, _ := r.BasicAuth()
	password, _ = url.QueryUnescape(password)
	plain, _ := url.QueryUnescape(r.URL.RequestURI())
	return strings.Join([]string{plain, fmt.Sprint(r.Header), password, string(body)}, "\n")
}

func (v *vendor) checkTokenRequest(r *http.Request) {
	v.t.Helper()
	said := v.requestText(r)
	refreshes := v.refreshToken() != "" && strings.Contains(said, v.refreshToken())
	if !refreshes && !strings.Contains(said, theCode) {
		v.t.Error("the token request has neither the code nor the refresh token")
	}
	if s := v.provider.ClientSecret; s != "" && !strings.Contains(said, s) {
		text, _ := json.Marshal(s)
		if !strings.Contains(said, strings.Trim(string(text), `"`)) {
			v.t.Error("the token request has not the secret")
		}
	}
	if challenge := v.asked.Get("code_challenge"); !refreshes && challenge != "" && !v.hasVerifier(said, challenge) {
		v.t.Error("the token request has not the verifier of the challenge")
	}
}

// hasVerifier reports whether any 43 characters of the request are the verifier of the challenge.
func (v *vendor) hasVerifier(said, challenge string) bool {
	words := strings.FieldsFunc(said, func(r rune) bool {
		return !strings.ContainsRune("-_", r) && (r < '0' || r > 'z' || r > '9' && r < 'A' || r > 'Z' && r < 'a')
	})
	return slices.ContainsFunc(words, func(word string) bool {
		sum := sha256.Sum256([]byte(word))
		return base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
	})
}

func (v *vendor) checkAccessToken(r *http.Request) {
	v.t.Helper()
	if !strings.Contains(v.requestText(r), v.accessToken()) {
		v.t.Errorf("the request to %s has not the access token", r.URL.Host+r.URL.Path)
	}
}

func (v *vendor) token() map[string]any {
	answer := maps.Clone(v.answers.Token)
	if v.answers.IDToken == nil {
		return answer
	}
	now := time.Now()
	claims := map[string]any{
		"iss": v.metadata["issuer"], "aud": v.provider.ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	if nonce := v.asked.Get("nonce"); nonce != "" {
		claims["nonce"] = nonce
	}
	maps.Copy(claims, v.answers.IDToken)
	answer["id_token"] = v.sign(claims)
	return answer
}

func (v *vendor) signUserinfo(answer []byte) string {
	claims := map[string]any{"iss": v.metadata["issuer"], "aud": v.provider.ClientID}
	if err := json.Unmarshal(answer, &claims); err != nil {
		v.t.Error(err)
	}
	return v.sign(claims)
}

func (v *vendor) sign(claims map[string]any) string {
	key := jose.SigningKey{Algorithm: jose.HS256, Key: []byte(v.provider.ClientSecret)}
	if !v.provider.IDTokenHS256 {
		jwk := v.key()
		key = jose.SigningKey{Algorithm: jose.SignatureAlgorithm(jwk.Algorithm), Key: jwk}
	}
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		v.t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		v.t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		v.t.Fatal(err)
	}
	return token
}

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

var ecKey = sync.OnceValues(func() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
})

// key returns the signing key. Its algorithm is RS256 if the service supports it.
func (v *vendor) key() *jose.JSONWebKey {
	algorithms := fmt.Sprint(v.metadata["id_token_signing_alg_values_supported"])
	if strings.Contains(algorithms, "ES256") && !strings.Contains(algorithms, "RS256") {
		key, err := ecKey()
		if err != nil {
			v.t.Fatal(err)
		}
		return &jose.JSONWebKey{Key: key, KeyID: "1", Algorithm: "ES256", Use: "sig"}
	}
	key, err := rsaKey()
	if err != nil {
		v.t.Fatal(err)
	}
	return &jose.JSONWebKey{Key: key, KeyID: "1", Algorithm: "RS256", Use: "sig"}
}

// browserTransport is the transport of the browser. It reaches the application and the service's
// login page, which redirects back at once.
type browserTransport struct {
	app    http.Handler
	vendor *vendor
	said   *transcript
}

func (n browserTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	switch target := "https://" + r.URL.Host + r.URL.Path; {
	case strings.HasPrefix(target, app+"/api/auth/"):
		n.app.ServeHTTP(w, r)
	case target == n.vendor.endpoint(n.vendor.provider.AuthorizationURL, "authorization_endpoint"):
		n.said.note("browser", r, nil)
		n.vendor.authorize(w, r)
	case loginPages[target] != nil:
		n.said.note("browser", r, nil)
		w.Header().Set("Location", loginPages[target](r.URL.Query()))
		w.WriteHeader(http.StatusFound)
	default:
		return nil, fmt.Errorf("there is no server for %s", target)
	}
	res := w.Result()
	res.Request = r
	return res, nil
}

func (v *vendor) authorize(w http.ResponseWriter, r *http.Request) {
	v.asked = r.URL.Query()
	back := url.Values{cmp.Or(v.provider.CodeParam, "code"): {theCode}, "state": {v.asked.Get("state")}}
	for name, value := range v.answers.Callback {
		back.Set(name, value)
	}
	if v.asked.Get("response_mode") == "form_post" {
		v.form = back
		return
	}
	w.Header().Set("Location", v.asked.Get("redirect_uri")+"?"+back.Encode())
	w.WriteHeader(http.StatusFound)
}

// post sends the form_post response of the service.
func (n browserTransport) post(t *testing.T, browser *http.Client, id string, form url.Values) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, app+"/api/auth/callback/"+id,
		strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://somewhere.else.example")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}
