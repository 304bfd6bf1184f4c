package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// transcript is a transport that records the requests of the application. Random values and tokens
// are replaced by *.
type transcript struct {
	http.RoundTripper
	accessToken string

	mu   sync.Mutex
	text bytes.Buffer
}

func (s *transcript) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	s.note("server", r, body)
	return s.RoundTripper.RoundTrip(r)
}

// note records a request. Requests of the browser are recorded without headers.
func (s *transcript) note(who string, r *http.Request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(&s.text, "%s: %s %s://%s%s\n", who, r.Method, r.URL.Scheme, r.URL.Host, s.mask("", r.URL.Path))
	if who == "server" {
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintf(&s.text, "  %s: %s\n", name, s.header(r, name))
		}
	}
	s.values("?", r.URL.Query())
	if r.Header.Get("Content-Type") == "application/json" {
		s.object(body)
		return
	}
	form, _ := url.ParseQuery(string(body))
	s.values("&", form)
	if r.URL.Fragment != "" {
		fmt.Fprintf(&s.text, "  #%s\n", r.URL.Fragment)
	}
}

// header returns a header. The credentials of client_secret_basic are decoded.
func (s *transcript) header(r *http.Request, name string) string {
	if id, password, ok := r.BasicAuth(); ok && name == "Authorization" {
		return "Basic " + id + ":" + password
	}
	return s.mask(name, r.Header.Get(name))
}

func (s *transcript) values(mark string, values url.Values) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			fmt.Fprintf(&s.text, "  %s%s=%s\n", mark, name, s.mask(name, v))
		}
	}
}

func (s *transcript) object(body []byte) {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		fmt.Fprintf(&s.text, "  no JSON object: %v\n", err)
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, isText := members[name].(string)
		if !isText {
			text, _ := json.Marshal(members[name])
			value = string(text)
		}
		fmt.Fprintf(&s.text, "  .%s=%s\n", name, s.mask(name, value))
	}
}

var randoms = []string{"state", "nonce", "code_challenge", "code_verifier", "openid.response_nonce"}

var stateInside = regexp.MustCompile(`([?&]state=)[0-9A-Za-z]+`)

func (s *transcript) mask(name, value string) string {
	if slices.Contains(randoms, name) {
		return "*"
	}
	if strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 2 {
		return "a JWT"
	}
	return stateInside.ReplaceAllString(strings.ReplaceAll(value, s.accessToken, "*"), "$1*")
}
