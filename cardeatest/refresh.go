package cardeatest

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"sync"
)

// renew spends a refresh token and returns its grant, or an error code. One that was spent already
// is in two hands, of which one is a thief's: then all tokens of the grant end (RFC 9700 § 4.14.2).
// i.mu is held.
func (i *Issuer) renew(clientID, token string) (grant, string) {
	g, ok := i.refresh[token]
	if !ok || g.clientID != clientID {
		return grant{}, "invalid_grant"
	}
	if g.spent {
		i.end(func(other grant) bool { return other.family == g.family })
		return grant{}, "invalid_grant"
	}
	next := g
	g.spent = true
	i.refresh[token] = g
	next.nonce = "" // OpenID Connect Core 1.0, Section 12.2
	return next, ""
}

// end forgets codes and tokens. i.mu is held.
func (i *Issuer) end(which func(grant) bool) {
	for _, grants := range []map[string]grant{i.codes, i.access, i.refresh} {
		maps.DeleteFunc(grants, func(_ string, g grant) bool { return which(g) })
	}
}

// Revoke takes back what the person with that subject has allowed, as a page of the provider's
// would: codes, access tokens and refresh tokens are worth nothing from now on. The person can sign
// in again.
func (i *Issuer) Revoke(subject string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.end(func(g grant) bool { return g.person.Subject == subject })
}

// Hold keeps an endpoint from serving requests until release is called, or their clients give up,
// or the test ends. They count in [Issuer.Requests] at once.
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

// waits returns when an endpoint is not held any more, false if nobody waits for the answer.
func (i *Issuer) waits(r *http.Request, e Endpoint) bool {
	i.mu.Lock()
	until, held := i.held[e]
	i.mu.Unlock()
	if !held {
		return true
	}
	body, err := io.ReadAll(r.Body) // before that the server would not notice that the client has gone
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
