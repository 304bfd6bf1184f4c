package cardea_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ownTransport sends the requests of the tests. When an httptest.Server closes, it closes the idle
// connections of http.DefaultTransport, also those that a test beside it is about to use.
var ownTransport = &http.Transport{DisableKeepAlives: true}

// httpRecorder is a transport that keeps a copy of each request and its response.
type httpRecorder struct {
	base http.RoundTripper // nil for ownTransport

	mu        sync.Mutex
	exchanges []exchange
}

// exchange is a request and its response.
type exchange struct {
	method string
	url    *url.URL
	header http.Header
	form   url.Values
	status int
	answer http.Header // header of the response
	body   string
}

// RoundTrip sends the request, and records it with its response.
func (w *httpRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	e := exchange{method: r.Method, url: r.URL, header: r.Header.Clone()}
	if r.Body != nil {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body.Close()
		e.form, _ = url.ParseQuery(string(sent))
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	base := w.base
	if base == nil {
		base = ownTransport
	}
	res, err := base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	e.status, e.answer, e.body = res.StatusCode, res.Header.Clone(), string(body)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.exchanges = append(w.exchanges, e)
	return res, nil
}

// all returns the exchanges so far, oldest first.
func (w *httpRecorder) all() []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.exchanges)
}

// requestsTo returns the exchanges whose path ends with suffix.
func (w *httpRecorder) requestsTo(suffix string) []exchange {
	return slices.DeleteFunc(w.all(), func(e exchange) bool { return !strings.HasSuffix(e.url.Path, suffix) })
}

// tokens returns the tokens that the token endpoint has issued.
func (w *httpRecorder) tokens(t testing.TB) []string {
	t.Helper()
	var found []string
	for _, e := range w.requestsTo("/token") {
		var answer map[string]any
		if json.Unmarshal([]byte(e.body), &answer) != nil {
			continue
		}
		for _, name := range []string{"access_token", "refresh_token", "id_token"} {
			if s, _ := answer[name].(string); s != "" {
				found = append(found, s)
			}
		}
	}
	return found
}

// cookieValues returns the cookie values that the responses set, encoded and decoded, except those
// of the callback URL, which is not secret.
func (w *httpRecorder) cookieValues() []string {
	var found []string
	for _, e := range w.all() {
		for _, line := range e.answer["Set-Cookie"] {
			c, err := http.ParseSetCookie(line)
			if err != nil || c.Value == "" || strings.HasSuffix(c.Name, "callback-url") {
				continue
			}
			found = append(found, c.Value)
			if plain, err := url.QueryUnescape(c.Value); err == nil && plain != c.Value {
				found = append(found, plain)
			}
		}
	}
	return found
}

// parameters returns the values that the named parameters have in URLs, forms and redirects.
func (w *httpRecorder) parameters(names ...string) []string {
	var found []string
	for _, e := range w.all() {
		to, err := url.Parse(e.answer.Get("Location"))
		if err != nil {
			to = &url.URL{}
		}
		for _, values := range []url.Values{e.url.Query(), e.form, to.Query()} {
			for _, name := range names {
				if v := values.Get(name); v != "" {
					found = append(found, v)
				}
			}
		}
	}
	return found
}
