package cardeatest

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	codeLife  = time.Minute
	tokenLife = time.Hour
)

// grant is the authorization behind a code or a token.
type grant struct {
	person      Person
	clientID    string
	redirectURI string
	scope       string
	nonce       string
	challenge   string
	expires     time.Time
	family      string // the same in all tokens that come from one code
	used        bool   // the refresh token was used
	certificate string // thumbprint of the certificate that a token is bound to
	key         string // thumbprint of the DPoP key that a code or a token is bound to
	authTime    int64  // the claim auth_time in seconds since 1970; 0 for none
}

// serveAuthorize serves the authorization endpoint (RFC 6749 § 4.1.1).
func (e endpoints) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q, problem := e.requestOf(r.URL.Query())
	if problem == "" {
		problem = e.checkClient(q)
	}
	if problem != "" {
		// RFC 6749, Section 4.1.2.1: the visitor must not be redirected if the client or the
		// redirect URI is wrong.
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	if code := e.checkRequest(q); code != "" {
		e.callback(w, r, q, url.Values{"error": {code}})
		return
	}
	person, code, done := e.choosePerson(w, r, q)
	switch {
	case done:
	case code != "":
		e.callback(w, r, q, url.Values{"error": {code}})
	default:
		e.callback(w, r, q, url.Values{"code": {e.newCode(q, person)}})
	}
}

// checkClient returns what is wrong with the client ID or the redirect URI, or "".
func (i *Issuer) checkClient(q url.Values) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	c, ok := i.clients[q.Get("client_id")]
	if !ok {
		return "unknown client_id"
	}
	to, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || !to.IsAbs() || len(c.redirectURIs) > 0 && !slices.Contains(c.redirectURIs, q.Get("redirect_uri")) {
		return fmt.Sprintf("redirect_uri %q is not registered for this client", q.Get("redirect_uri"))
	}
	return ""
}

// checkRequest returns an error code of RFC 6749 § 4.1.2.1, or "". Every client must use PKCE, as
// in OAuth 2.1.
func (i *Issuer) checkRequest(q url.Values) string {
	for _, values := range q {
		if len(values) > 1 { // RFC 6749, Section 3.1
			return "invalid_request"
		}
	}
	switch {
	case q.Get("response_type") != "code":
		return "unsupported_response_type"
	case q.Get("code_challenge_method") != "S256", len(q.Get("code_challenge")) != 43:
		return "invalid_request"
	case q.Has("response_mode") && q.Get("response_mode") != "query" && q.Get("response_mode") != formPost:
		return "invalid_request"
	}
	return ""
}

// choosePerson returns the person who signs in, or an error code. If done is true, it has answered
// the request with the page instead.
func (e endpoints) choosePerson(
	w http.ResponseWriter, r *http.Request, q url.Values,
) (p Person, code string, done bool) {
	e.mu.Lock()
	for fault := range e.faults {
		if c, ok := fault.callbackError(); ok {
			code = c
		}
	}
	p, ok := e.person(q.Get("login_hint"))
	if !ok || q.Get("login_hint") == "" {
		p, _ = e.person(e.next)
	}
	e.mu.Unlock()
	if code != "" || !e.interactive {
		return p, code, false
	}
	return e.servePage(w, r, q)
}

// newCode returns a new code for the request q and the person p.
func (e endpoints) newCode(q url.Values, p Person) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep()
	code := rand.Text()
	e.codes[code] = grant{
		person:      p,
		clientID:    q.Get("client_id"),
		redirectURI: q.Get("redirect_uri"),
		scope:       q.Get("scope"),
		nonce:       q.Get("nonce"),
		challenge:   q.Get("code_challenge"),
		expires:     e.now().Add(codeLife),
		family:      rand.Text(),
		key:         q.Get("dpop_jkt"),
		authTime:    e.authTime(q),
	}
	return code
}

// authTime returns auth_time if the request has max_age (OpenID Connect Core 1.0 § 3.1.2.1), and 0
// otherwise. Every person proves at each request who they are.
func (e endpoints) authTime(q url.Values) int64 {
	if !q.Has("max_age") {
		return 0
	}
	return e.now().Unix()
}

// sweep removes expired codes and access tokens. mu is held.
func (i *Issuer) sweep() {
	now := i.now()
	expired := func(_ string, g grant) bool { return !now.Before(g.expires) }
	maps.DeleteFunc(i.codes, expired)
	maps.DeleteFunc(i.access, expired)
}

// callback redirects the visitor to the client, with the parameters of result.
func (e endpoints) callback(w http.ResponseWriter, r *http.Request, q, result url.Values) {
	to, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "redirect_uri is not a URL", http.StatusBadRequest)
		return
	}
	params := map[string]any{"iss": e.URL} // RFC 9207
	if q.Has("state") {
		params["state"] = q.Get("state")
	}
	e.mu.Lock()
	e.spoil(params, callbackFaults)
	e.mu.Unlock()
	for name, value := range params {
		result.Set(name, value.(string))
	}
	if q.Get("response_mode") == formPost {
		servePostedCallback(w, to.String(), result)
		return
	}
	back := to.Query()
	maps.Copy(back, result)
	to.RawQuery = back.Encode()
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusSeeOther)
}
