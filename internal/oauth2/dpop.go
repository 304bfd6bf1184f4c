package oauth2

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// ProofAlgorithm is the signature algorithm of DPoP proofs.
const ProofAlgorithm = string(jose.ES256)

// Prover makes DPoP proofs (RFC 9449): with each request it proves that the client has the key to
// which its tokens are bound. It may be used concurrently.
type Prover struct {
	key        jose.SigningKey
	thumbprint string

	mu     sync.Mutex
	nonces map[string]string // the last nonce of each server, by the server's origin
}

// NewProver returns a Prover with a key on P-256, which signs with [ProofAlgorithm]. A key on
// another curve is an error.
func NewProver(key *ecdsa.PrivateKey) (*Prover, error) {
	if algorithms(key.Public()) == nil {
		return nil, errors.New("want a key on P-256")
	}
	public := jose.JSONWebKey{Key: key.Public()}
	sum, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return &Prover{
		key: jose.SigningKey{Algorithm: jose.ES256, Key: key}, thumbprint: base64.RawURLEncoding.EncodeToString(sum),
		nonces: map[string]string{},
	}, nil
}

// prove adds a proof for this request (§ 4.2), with the hash of the access token if there is one.
func (p *Prover) prove(req *http.Request, accessToken string, now time.Time) error {
	target := *req.URL
	target.RawQuery, target.ForceQuery, target.Fragment = "", false, ""
	claims := map[string]any{"jti": rand.Text(), "htm": req.Method, "htu": target.String(), "iat": now.Unix()}
	if accessToken != "" {
		sum := sha256.Sum256([]byte(accessToken))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	p.mu.Lock()
	nonce := p.nonces[origin(req.URL)]
	p.mu.Unlock()
	if nonce != "" {
		claims["nonce"] = nonce
	}
	proof, err := sign(p.key, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"), claims)
	if err != nil {
		return errors.New("DPoP: the key cannot sign")
	}
	req.Header.Set("DPoP", proof)
	return nil
}

// keepNonce keeps the nonce that a server wants in the next proof (§ 8.2), and reports whether it
// is a new one. A nonce of more than 1024 bytes is ignored.
func (p *Prover) keepNonce(u *url.URL, response http.Header) bool {
	nonce := response.Get("DPoP-Nonce")
	if nonce == "" || len(nonce) > 1024 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.nonces[origin(u)]
	p.nonces[origin(u)] = nonce
	return nonce != old
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// wantsNonce reports whether a server refused a proof only because of its nonce (§ 8, § 9).
func wantsNonce(resp *outbound.Response) bool {
	if strings.Contains(resp.Header.Get("WWW-Authenticate"), `"use_dpop_nonce"`) {
		return resp.Status == http.StatusUnauthorized
	}
	answer, _ := outbound.Object(resp.Body)
	return resp.Status == http.StatusBadRequest && answer["error"] == "use_dpop_nonce"
}

// requiresProof reports whether a server refused a request because it had no proof (§ 5, § 8).
func requiresProof(err error) bool {
	response, ok := errors.AsType[*Error](err)
	return ok && (response.Code == "invalid_dpop_proof" || response.Code == "use_dpop_nonce")
}

// send sends the request that newRequest makes, with a proof if the token is or will be bound. If
// the server wants another nonce in the proof, send sends a second request, once.
func (c *Client) send(
	newRequest func() (*http.Request, error), bound bool, accessToken string,
) (*outbound.Response, error) {
	for first := true; ; first = false {
		req, err := newRequest()
		if err != nil {
			return nil, err
		}
		if !bound {
			return outbound.Do(c.HTTP, req)
		}
		if err := c.Prover.prove(req, accessToken, c.now()); err != nil {
			return nil, err
		}
		resp, err := outbound.Do(c.HTTP, req)
		if err != nil {
			return nil, err
		}
		isNew := c.Prover.keepNonce(req.URL, resp.Header)
		if !first || !isNew || !wantsNonce(resp) {
			return resp, nil
		}
	}
}
