package cardeatest

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// idToken returns a signed ID token (OpenID Connect Core 1.0 § 2) with the active misbehaviours.
// i.mu is held.
func (i *Issuer) idToken(g grant, access string) string {
	now := i.now()
	if i.faults[TokenOfStranger] {
		i.stranger.mu.Lock()
		defer i.stranger.mu.Unlock()
		return i.stranger.key.sign(i.stranger.idClaims(g, access, now), nil)
	}
	claims := i.idClaims(g, access, now)
	i.spoil(claims, claimFaults)
	return i.signSpoilt(claims)
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
	case jose.RS512, jose.PS512, jose.ES512, jose.EdDSA:
		s := sha512.Sum512([]byte(access))
		sum = s[:]
	default:
		s := sha256.Sum256([]byte(access))
		sum = s[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// signSpoilt signs claims with the key and the header that the misbehaviours require. i.mu is held.
func (i *Issuer) signSpoilt(claims map[string]any) string {
	attacker := i.key
	if i.stranger != nil {
		i.stranger.mu.Lock()
		attacker = i.stranger.key
		i.stranger.mu.Unlock()
	}
	switch {
	case i.faults[AlgNone]:
		return encode(map[string]any{"alg": "none"}) + "." + encode(claims) + "."
	case i.faults[AlgHS256]:
		return i.key.signHS256(i.key.publicPEM(), claims)
	case i.faults[JWKSSymmetric]:
		return i.key.signHS256([]byte(symmetricKey), claims)
	case i.faults[KidUnknown]:
		return i.key.sign(claims, header{"kid": "unknown"})
	case i.faults[KidMissing]:
		return i.key.sign(claims, header{"kid": nil})
	case i.faults[HeaderJKU]:
		return attacker.sign(claims, header{"kid": i.key.id, "jku": i.stranger.URL + "/jwks"})
	case i.faults[HeaderX5U]:
		return attacker.sign(claims, header{"kid": i.key.id, "x5u": i.stranger.URL + "/jwks"})
	case i.faults[HeaderJWK]:
		return attacker.sign(claims, header{"kid": i.key.id, "jwk": attacker.public()})
	case i.faults[SignatureOfStranger]:
		return attacker.sign(claims, header{"kid": i.key.id})
	case i.faults[SignatureBroken]:
		return breakSignature(i.key.sign(claims, nil))
	}
	return i.key.sign(claims, nil)
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
