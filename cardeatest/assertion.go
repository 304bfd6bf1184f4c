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
// § 3). i.mu is held.
func (i *Issuer) verifyAssertion(form url.Values) (id string, ok bool) {
	if form.Get("client_assertion_type") != assertionType || form.Has("client_secret") {
		return "", false
	}
	id = form.Get("client_id")
	c, known := i.clients[id]
	if !known {
		return "", false
	}
	claims, ok := c.verify(form.Get("client_assertion"))
	return id, ok && i.accepts(claims, id, c.registration)
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
// was not used before. i.mu is held.
func (i *Issuer) accepts(claims map[string]any, id string, r Registration) bool {
	audience := r.Audience
	if audience == "" {
		audience = i.URL
	}
	jti, _ := claims["jti"].(string)
	return claims["iss"] == id && claims["sub"] == id && claims["aud"] == audience && i.inTime(claims) &&
		i.unused("assertion "+id+" "+jti, jti)
}

// inTime reports whether a token expires in the future, and soon. i.mu is held.
func (i *Issuer) inTime(claims map[string]any) bool {
	exp, ok := claims["exp"].(float64)
	left := time.Unix(int64(exp), 0).Sub(i.now())
	return ok && left > 0 && left <= assertionLife
}

// unused reports whether key is used for the first time and jti is not empty. i.mu is held.
func (i *Issuer) unused(key, jti string) bool {
	now := i.now()
	maps.DeleteFunc(i.used, func(_ string, until time.Time) bool { return now.After(until) })
	_, used := i.used[key]
	i.used[key] = now.Add(assertionLife)
	return jti != "" && !used
}
