package relyingparty_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// openIDProvider serves scenarios. Each has a path of the server, which is its issuer. The provider
// records requests and does not check them.
type openIDProvider struct {
	*httptest.Server

	mu        sync.Mutex
	scenarios map[string]*scenario // by the first segment of the path
	nonces    map[string]string    // by code
	received  map[string]*received // by the first segment of the path
}

// received is what a relying party has sent during one sign-in.
type received struct {
	authorization url.Values
	code          string // given out for this request
	tokens        []request
	userinfo      []request
}

// request is a request to the token endpoint or the userinfo endpoint.
type request struct {
	method string
	query  string
	header http.Header
	body   string
}

func newOpenIDProvider(t *testing.T) *openIDProvider {
	t.Helper()
	p := &openIDProvider{
		scenarios: map[string]*scenario{}, nonces: map[string]string{}, received: map[string]*received{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{scenario}/.well-known/openid-configuration", p.serveMetadata)
	mux.HandleFunc("GET /{scenario}/keys", p.serveKeys)
	mux.HandleFunc("GET /{scenario}/authorize", p.serveAuthorization)
	mux.HandleFunc("/{scenario}/token", p.serveToken)
	mux.HandleFunc("/{scenario}/userinfo", p.serveUserinfo)
	p.Server = httptest.NewUnstartedServer(mux)
	p.Config.SetKeepAlivesEnabled(false) // each scenario uses new clients, which would keep connections open
	p.Start()
	t.Cleanup(p.Close)
	return p
}

// add creates a correct scenario, changes it, and serves it from now on.
func (p *openIDProvider) add(change func(*scenario)) *scenario {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := fmt.Sprint(len(p.scenarios) + 1)
	s := newScenario(p.URL + "/" + name)
	change(s)
	p.scenarios[name] = s
	return s
}

// take returns the requests for a scenario since the last call.
func (p *openIDProvider) take(s *scenario) *received {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := strings.TrimPrefix(s.issuer, p.URL+"/")
	got := p.received[name]
	delete(p.received, name)
	if got == nil {
		got = &received{}
	}
	return got
}

func (p *openIDProvider) scenario(r *http.Request) (*scenario, *received) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := r.PathValue("scenario")
	if p.received[name] == nil {
		p.received[name] = &received{}
	}
	return p.scenarios[name], p.received[name]
}

func (p *openIDProvider) serveMetadata(w http.ResponseWriter, r *http.Request) {
	s, _ := p.scenario(r)
	write(w, s.metadata, s.metadata.body())
}

func (p *openIDProvider) serveKeys(w http.ResponseWriter, r *http.Request) {
	s, _ := p.scenario(r)
	write(w, s.keys, s.keys.body())
}

// serveAuthorization redirects back with a code at once.
func (p *openIDProvider) serveAuthorization(w http.ResponseWriter, r *http.Request) {
	_, got := p.scenario(r)
	query := r.URL.Query()
	code := rand.Text()
	p.mu.Lock()
	got.authorization, got.code = query, code
	p.nonces[code] = query.Get("nonce")
	p.mu.Unlock()
	back := query.Get("redirect_uri") + "?" + url.Values{"code": {code}, "state": {query.Get("state")}}.Encode()
	http.Redirect(w, r, back, http.StatusFound)
}

func (p *openIDProvider) serveToken(w http.ResponseWriter, r *http.Request) {
	s, got := p.scenario(r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	form, _ := url.ParseQuery(string(body))
	p.mu.Lock()
	got.tokens = append(got.tokens, request{r.Method, r.URL.RawQuery, r.Header, string(body)})
	nonce := p.nonces[form.Get("code")]
	p.mu.Unlock()
	write(w, s.token, s.tokenAnswer(nonce))
}

func (p *openIDProvider) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	s, got := p.scenario(r)
	p.mu.Lock()
	got.userinfo = append(got.userinfo, request{r.Method, r.URL.RawQuery, r.Header, ""})
	p.mu.Unlock()
	write(w, s.userinfo, s.userinfo.body())
}

func write(w http.ResponseWriter, a answer, body string) {
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.WriteHeader(a.status)
	if !a.empty {
		io.WriteString(w, body)
	}
}
