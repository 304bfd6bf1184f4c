package cardeatest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"sync"
)

// useRefreshToken marks a refresh token as used and returns its grant, or an error code. If the
// token was used before, somebody has stolen it, and all tokens of the grant end (RFC 9700 §
// 4.14.2). mu is held.
func (e tokenEndpoint) useRefreshToken(clientID, token string) (grant, string) {
	g, ok := e.refresh[token]
	if !ok || g.clientID != clientID {
		return grant{}, "invalid_grant"
	}
	if g.used {
		e.end(func(other grant) bool { return other.family == g.family })
		return grant{}, "invalid_grant"
	}
	next := g
	g.used = true
	e.refresh[token] = g
	next.nonce = "" // OpenID Connect Core 1.0, Section 12.2
	return next, ""
}

// end removes the codes and tokens of some grants. mu is held.
func (i *Issuer) end(which func(grant) bool) {
	for _, grants := range []map[string]grant{i.codes, i.access, i.refresh} {
		maps.DeleteFunc(grants, func(_ string, g grant) bool { return which(g) })
	}
}

// Revoke revokes all grants of the person with that subject, as a provider's account page can.
// Their codes, access tokens and refresh tokens are invalid from now on. The person can sign in
// again.
func (i *Issuer) Revoke(subject string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.end(func(g grant) bool { return g.person.Subject == subject })
}

// Hold makes requests to an endpoint wait until release is called, the client gives up, or the test
// ends. [Issuer.Requests] counts them at once. release may be called several times.
func (i *Issuer) Hold(e Endpoint) (release func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	until := make(chan struct{})
	i.held[e] = until
	return sync.OnceFunc(func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.held[e] == until {
			delete(i.held, e)
		}
		close(until)
	})
}

// waits returns when the endpoint is not held any more. It reports false if nobody waits for the
// answer.
func (i *Issuer) waits(r *http.Request, e Endpoint) bool {
	i.mu.Lock()
	until, held := i.held[e]
	i.mu.Unlock()
	if !held {
		return true
	}
	body, err := io.ReadAll(r.Body) // only after that the server notices that the client has gone
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	select {
	case <-until:
		return true
	case <-r.Context().Done():
	case <-i.stopped:
	}
	return false
}
