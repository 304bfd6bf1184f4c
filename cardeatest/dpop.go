package cardeatest

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// proofLife is how far the iat of a proof may be from the present time.
const proofLife = time.Minute

// verifyProof returns the thumbprint of the key in a request's DPoP proof (RFC 9449 § 4.3), or an
// error code. accessToken is the one that the request sends, "" at the token endpoint. i.mu is
// held.
func (e tokenEndpoint) verifyProof(r *http.Request, accessToken string, withNonce bool) (thumbprint, code string) {
	const invalid = "invalid_dpop_proof"
	proofs := r.Header.Values("DPoP")
	if len(proofs) != 1 {
		return "", invalid
	}
	jws, err := jose.ParseSignedCompact(proofs[0], []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return "", invalid
	}
	header := jws.Signatures[0].Header
	if header.ExtraHeaders[jose.HeaderType] != "dpop+jwt" || header.JSONWebKey == nil || !header.JSONWebKey.IsPublic() {
		return "", invalid
	}
	payload, err := jws.Verify(header.JSONWebKey)
	var claims map[string]any
	if err != nil || json.Unmarshal(payload, &claims) != nil || !e.proofMatches(claims, r, accessToken) {
		return "", invalid
	}
	if withNonce && claims["nonce"] != e.nonce {
		return "", "use_dpop_nonce"
	}
	sum, err := header.JSONWebKey.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", invalid
	}
	return base64.RawURLEncoding.EncodeToString(sum), ""
}

// proofMatches reports whether the claims of a proof belong to this request, and the proof is
// recent and was not used before. mu is held.
func (e tokenEndpoint) proofMatches(claims map[string]any, r *http.Request, accessToken string) bool {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	var ath any
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		ath = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	iat, ok := claims["iat"].(float64)
	jti, _ := claims["jti"].(string)
	return ok && e.now().Sub(time.Unix(int64(iat), 0)).Abs() <= proofLife && claims["ath"] == ath &&
		claims["htm"] == r.Method && claims["htu"] == scheme+r.Host+e.path+r.URL.Path && e.unused("proof "+jti, jti)
}

// requireProof returns the thumbprint of the key in a token request's DPoP proof, "" if the client
// does not use DPoP. If ok is false, the request was refused. mu is held.
func (e tokenEndpoint) requireProof(w http.ResponseWriter, r *http.Request, c client) (thumbprint string, ok bool) {
	if !c.registration.DPoP {
		return "", true
	}
	thumbprint, code := e.verifyProof(r, "", c.registration.DPoPNonce)
	if code == "" {
		return thumbprint, true
	}
	if c.registration.DPoPNonce {
		e.nonce = rand.Text()
		w.Header().Set("DPoP-Nonce", e.nonce)
	}
	refuse(w, http.StatusBadRequest, code)
	return "", false
}

// isBoundTo reports whether a request comes with the certificate or the DPoP proof that its access
// token is bound to. mu is held.
func (e tokenEndpoint) isBoundTo(w http.ResponseWriter, r *http.Request, scheme, token string, g grant) bool {
	if g.certificate != "" && g.certificate != thumbprint(r) {
		return false
	}
	if g.key == "" {
		return strings.EqualFold(scheme, "Bearer")
	}
	withNonce := e.clients[g.clientID].registration.DPoPNonce
	key, code := e.verifyProof(r, token, withNonce)
	if code == "use_dpop_nonce" {
		e.nonce = rand.Text()
		w.Header().Set("DPoP-Nonce", e.nonce)
		w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
	}
	return strings.EqualFold(scheme, "DPoP") && code == "" && key == g.key
}

// RotateNonce invalidates the DPoP nonces that clients have, as a provider does from time to time.
func (i *Issuer) RotateNonce() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.nonce = rand.Text()
}
