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

// ProofAlgorithm is what proofs are signed by.
const ProofAlgorithm = string(jose.ES256)

// Prover proves with each request that it has the key to which tokens are bound (RFC 9449). It may
// be used concurrently.
type Prover struct {
	key        jose.SigningKey
	thumbprint string

	mu     sync.Mutex
	nonces map[string]string // the last one of each server, by its origin
}

// NewProver returns a Prover with a key on P-256, which signs by [ProofAlgorithm]. A key on another
// curve is an error.
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

// prove adds a proof for this very request (§ 4.2), with the access token in it, if there is one.
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

// learn keeps the nonce that a server wants in the next proof (§ 8.2), and reports whether it is a
// new one. One that is too long for a header is none.
func (p *Prover) learn(u *url.URL, answer http.Header) bool {
	nonce := answer.Get("DPoP-Nonce")
	if nonce == "" || len(nonce) > 1024 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.nonces[origin(u)]
	p.nonces[origin(u)] = nonce
	return nonce != known
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// wantsNonce reports whether a proof was refused for its nonce alone (§ 8, § 9).
func wantsNonce(resp *outbound.Response) bool {
	if strings.Contains(resp.Header.Get("WWW-Authenticate"), `"use_dpop_nonce"`) {
		return resp.Status == http.StatusUnauthorized
	}
	answer, _ := outbound.Object(resp.Body)
	return resp.Status == http.StatusBadRequest && answer["error"] == "use_dpop_nonce"
}

// demandsProof reports whether a server has refused a request because it came without a proof (§ 5,
// § 8).
func demandsProof(err error) bool {
	refused, ok := errors.AsType[*Error](err)
	return ok && (refused.Code == "invalid_dpop_proof" || refused.Code == "use_dpop_nonce")
}

// do sends what request makes and, if bound, a proof with it, and once again if the server wants
// another nonce in that.
func (c *Client) do(request func() (*http.Request, error), bound bool, accessToken string) (*outbound.Response, error) {
	for first := true; ; first = false {
		req, err := request()
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
		if fresh := c.Prover.learn(req.URL, resp.Header); !first || !fresh || !wantsNonce(resp) {
			return resp, nil
		}
	}
}
