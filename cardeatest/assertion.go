package cardeatest

import (
	"crypto/ed25519"
	"encoding/json"
	"maps"
	"net/url"
	"time"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/go-jose/go-jose/v4"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = 5 * time.Minute // an assertion must expire within this time
)

var assertionAlgorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.PS256, jose.ES256, eddsa.EdDSA, eddsa.Ed25519,
}

// verifyAssertion returns the ID of the client that the request's assertion authenticates (RFC 7523
// § 3). mu is held.
func (e tokenEndpoint) verifyAssertion(form url.Values) (id string, ok bool) {
	if form.Get("client_assertion_type") != assertionType || form.Has("client_secret") {
		return "", false
	}
	id = form.Get("client_id")
	c, known := e.clients[id]
	if !known {
		return "", false
	}
	claims, ok := c.verify(form.Get("client_assertion"))
	return id, ok && e.accepts(claims, id, c.registration)
}

// verify returns the claims of an assertion if the client has signed it.
func (c client) verify(assertion string) (claims map[string]any, ok bool) {
	r, algorithms, key := c.registration, assertionAlgorithms, any(c.registration.Key)
	switch r.Method {
	case "client_secret_jwt":
		algorithms, key = []jose.SignatureAlgorithm{jose.HS256}, []byte(c.secret)
	case "private_key_jwt":
	default:
		return nil, false
	}
	if r.Algorithm != "" {
		algorithms = []jose.SignatureAlgorithm{jose.SignatureAlgorithm(r.Algorithm)}
	}
	jws, err := jose.ParseSignedCompact(assertion, algorithms)
	if err != nil || r.KeyID != "" && jws.Signatures[0].Header.KeyID != r.KeyID {
		return nil, false
	}
	if public, ok := key.(ed25519.PublicKey); ok {
		key = eddsa.Verifier(public)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, false
	}
	return claims, json.Unmarshal(payload, &claims) == nil
}

// accepts reports whether an assertion is about the client and for this issuer, has not expired and
// was not used before. mu is held.
func (e tokenEndpoint) accepts(claims map[string]any, id string, r Registration) bool {
	audience := r.Audience
	if audience == "" {
		audience = e.URL
	}
	jti, _ := claims["jti"].(string)
	return claims["iss"] == id && claims["sub"] == id && claims["aud"] == audience && e.inTime(claims) &&
		e.unused("assertion "+id+" "+jti, jti)
}

// inTime reports whether a token expires in the future, and soon. mu is held.
func (e tokenEndpoint) inTime(claims map[string]any) bool {
	exp, ok := claims["exp"].(float64)
	left := time.Unix(int64(exp), 0).Sub(e.now())
	return ok && left > 0 && left <= assertionLife
}

// unused reports whether key is used for the first time and jti is not empty. mu is held.
func (e tokenEndpoint) unused(key, jti string) bool {
	now := e.now()
	maps.DeleteFunc(e.used, func(_ string, until time.Time) bool { return now.After(until) })
	_, used := e.used[key]
	e.used[key] = now.Add(assertionLife)
	return jti != "" && !used
}
