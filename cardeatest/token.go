package cardeatest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveToken serves the token endpoint (RFC 6749 § 4.1.3 and § 6).
func (e tokenEndpoint) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.ParseForm() != nil {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	clientID, ok := e.authenticate(r)
	if !ok {
		w.Header().Set("WWW-Authenticate", "Basic")
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	c := e.clients[clientID]
	key, ok := e.requireProof(w, r, c)
	if !ok {
		return
	}
	var g grant
	var code string
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		g, code = e.exchangeCode(clientID, r.PostForm)
	case "refresh_token":
		g, code = e.useRefreshToken(clientID, r.PostForm.Get("refresh_token"))
	default:
		code = "unsupported_grant_type"
	}
	if code == "" && c.registration.DPoP && g.key != "" && g.key != key {
		code = "invalid_grant"
	}
	if code != "" {
		refuse(w, http.StatusBadRequest, code)
		return
	}
	if c.registration.Bound {
		g.certificate = thumbprint(r)
	}
	g.key = key
	result := e.issue(g)
	e.spoil(result, tokenFaults)
	answer(w, http.StatusOK, result)
}

// authenticate returns the ID of the client that sent the request. The client must authenticate
// with its registered method, or else by client_secret_basic or client_secret_post; a public client
// need not. Two methods at once are refused (RFC 6749 § 2.3). mu is held.
func (e tokenEndpoint) authenticate(r *http.Request) (id string, ok bool) {
	if r.PostForm.Has("client_assertion") && r.Header.Get("Authorization") == "" {
		return e.verifyAssertion(r.PostForm)
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, basic := r.BasicAuth(); basic {
		if secret != "" {
			return "", false
		}
		var err1, err2 error
		id, err1 = url.QueryUnescape(user)
		secret, err2 = url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			return "", false
		}
	}
	c, known := e.clients[id]
	switch method := c.registration.Method; {
	case slices.Contains(byCertificate, method):
		return id, secret == "" && c.registration.presents(r)
	case slices.Contains(byAssertion, method):
		return id, false
	}
	return id, known && subtle.ConstantTimeCompare([]byte(c.secret), []byte(secret)) == 1
}

// exchangeCode deletes a code and returns its grant, or an error code. mu is held.
func (e tokenEndpoint) exchangeCode(clientID string, form url.Values) (grant, string) {
	code := form.Get("code")
	g, ok := e.codes[code]
	if !ok || g.clientID != clientID {
		return grant{}, "invalid_grant"
	}
	if e.faults[SwapsCodes] {
		g = e.swap(code)
	}
	delete(e.codes, code)
	if !e.now().Before(g.expires) || form.Get("redirect_uri") != g.redirectURI {
		return grant{}, "invalid_grant"
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	verified := base64.RawURLEncoding.EncodeToString(sum[:]) == g.challenge
	if !verified && !e.faults[IgnoresPKCE] && !e.faults[SwapsCodes] {
		return grant{}, "invalid_grant" // RFC 7636, Section 4.6
	}
	return g, ""
}

// swap exchanges the grants of a code and of another unused one, if there is another. mu is held.
func (e tokenEndpoint) swap(code string) grant {
	for other, g := range e.codes {
		if other != code {
			e.codes[code], e.codes[other] = g, e.codes[code]
			break
		}
	}
	return e.codes[code]
}

// issue returns the answer of the token endpoint: an access token, a refresh token if the scope
// contains offline_access, and an ID token if it contains openid. mu is held.
func (e tokenEndpoint) issue(g grant) map[string]any {
	access := rand.Text()
	g.expires = e.now().Add(tokenLife)
	e.access[access] = g
	result := map[string]any{
		"access_token": access, "token_type": tokenType(g), "expires_in": int(tokenLife.Seconds()), "scope": g.scope,
	}
	scopes := strings.Fields(g.scope)
	if slices.Contains(scopes, "offline_access") {
		token := rand.Text()
		if e.clients[g.clientID].confidential() {
			g.key = "" // RFC 9449, Section 5: the client's authentication binds it
		}
		e.refresh[token] = g
		result["refresh_token"] = token
	}
	if slices.Contains(scopes, "openid") {
		result["id_token"] = e.idToken(g, access)
	}
	return result
}

func tokenType(g grant) string {
	if g.key != "" {
		return "DPoP"
	}
	return "Bearer"
}

func (c client) confidential() bool { return c.secret != "" || c.registration.Method != "" }
