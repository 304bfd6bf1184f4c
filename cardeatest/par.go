package cardeatest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"time"
)

const (
	pushLife   = time.Minute
	requestURN = "urn:ietf:params:oauth:request_uri:"
)

// pushed is an authorization request that a client has pushed.
type pushed struct {
	params  url.Values
	expires time.Time
}

// RequirePush makes the issuer accept pushed authorization requests only (RFC 9126 § 5), from all
// clients. Discovery says so.
func (i *Issuer) RequirePush() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.requirePush = true
}

// servePush is the endpoint for pushed authorization requests (RFC 9126 § 2).
func (e tokenEndpoint) servePush(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.ParseForm() != nil || r.PostForm.Has("request_uri") {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	e.mu.Lock()
	id, ok := e.authenticate(r)
	e.mu.Unlock()
	if !ok || r.PostForm.Get("client_id") != id {
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	params := maps.Clone(r.PostForm)
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		params.Del(name)
	}
	code := e.checkRequest(params)
	if code == "" && e.checkClient(params) != "" {
		code = "invalid_request"
	}
	if code != "" {
		refuse(w, http.StatusBadRequest, code)
		return
	}
	uri := requestURN + rand.Text()
	e.mu.Lock()
	e.pushes[uri] = pushed{params, e.now().Add(pushLife)}
	e.mu.Unlock()
	answer(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": int(pushLife.Seconds())})
}

// requestOf returns the parameters of an authorization request, or what is wrong with it. The
// parameters are those of the query, or the pushed ones that the query refers to, which can be used
// several times within a minute, so that a page can be loaded again.
func (e endpoints) requestOf(q url.Values) (params url.Values, problem string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !q.Has("request_uri") {
		if e.requirePush {
			return nil, "the authorization request must be pushed"
		}
		return q, ""
	}
	p, ok := e.pushes[q.Get("request_uri")]
	if !ok || !e.now().Before(p.expires) || p.params.Get("client_id") != q.Get("client_id") {
		return nil, "unknown request_uri"
	}
	return p.params, ""
}
