package cardeatest

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/go-jose/go-jose/v4"
)

// idToken returns a signed ID token (OpenID Connect Core 1.0 § 2) with the active misbehaviours.
// mu is held.
func (e tokenEndpoint) idToken(g grant, access string) string {
	now := e.now()
	if e.faults[TokenOfStranger] {
		e.stranger.mu.Lock()
		defer e.stranger.mu.Unlock()
		return e.stranger.key.sign(e.stranger.idClaims(g, access, now), nil)
	}
	claims := e.idClaims(g, access, now)
	e.spoil(claims, claimFaults)
	return e.signSpoilt(claims)
}

func (i *Issuer) idClaims(g grant, access string, now time.Time) map[string]any {
	claims := g.person.claims()
	maps.Copy(claims, map[string]any{
		"iss": i.URL, "aud": g.clientID, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
		"at_hash": leftHalf(access, i.key.alg),
	})
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	if g.authTime != 0 {
		claims["auth_time"] = g.authTime
	}
	return claims
}

// leftHalf returns the at_hash of an access token (OpenID Connect Core 1.0 § 3.1.3.6).
func leftHalf(access string, alg jose.SignatureAlgorithm) string {
	var sum []byte
	switch alg {
	case jose.RS384, jose.PS384, jose.ES384:
		s := sha512.Sum384([]byte(access))
		sum = s[:]
	case jose.RS512, jose.PS512, jose.ES512, eddsa.EdDSA, eddsa.Ed25519:
		s := sha512.Sum512([]byte(access))
		sum = s[:]
	default:
		s := sha256.Sum256([]byte(access))
		sum = s[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// signSpoilt signs claims with the key and the header that the misbehaviours require. mu is held.
func (e tokenEndpoint) signSpoilt(claims map[string]any) string {
	attacker := e.key
	if e.stranger != nil {
		e.stranger.mu.Lock()
		attacker = e.stranger.key
		e.stranger.mu.Unlock()
	}
	switch {
	case e.faults[AlgNone]:
		return encode(map[string]any{"alg": "none"}) + "." + encode(claims) + "."
	case e.faults[AlgHS256]:
		return e.key.signHS256(e.key.publicPEM(), claims)
	case e.faults[JWKSSymmetric]:
		return e.key.signHS256([]byte(symmetricKey), claims)
	case e.faults[KidUnknown]:
		return e.key.sign(claims, header{"kid": "unknown"})
	case e.faults[KidMissing]:
		return e.key.sign(claims, header{"kid": nil})
	case e.faults[HeaderJKU]:
		return attacker.sign(claims, header{"kid": e.key.id, "jku": e.stranger.URL + "/jwks"})
	case e.faults[HeaderX5U]:
		return attacker.sign(claims, header{"kid": e.key.id, "x5u": e.stranger.URL + "/jwks"})
	case e.faults[HeaderJWK]:
		return attacker.sign(claims, header{"kid": e.key.id, "jwk": attacker.public()})
	case e.faults[SignatureOfStranger]:
		return attacker.sign(claims, header{"kid": e.key.id})
	case e.faults[SignatureBroken]:
		return breakSignature(e.key.sign(claims, nil))
	}
	return e.key.sign(claims, nil)
}

// breakSignature changes one bit in the middle of the signature.
func breakSignature(token string) string {
	b := []byte(token)
	at := len(b) - 20
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("cardeatest: encode claims as JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}
