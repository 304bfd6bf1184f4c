package original_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// visitor sends requests to one of the two servers, keeps cookies, and records the answers.
type visitor struct {
	t       *testing.T
	pair    *pair
	ours    bool
	https   bool
	cookies map[string]string
	note    string // put before the names of requests
	record  []exchange
}

// exchange is a request and the compared fields of the answer.
type exchange struct {
	request string
	fields  map[string]string
}

// reply is the part of an answer that scripts use.
type reply struct {
	status   int
	location string
	body     string
}

var transport = &http.Transport{}

// csrfToken is a CSRF token that both servers accept, because csrfCookie signs it with their
// secret.
var csrfToken = strings.Repeat("c5", 32)

func csrfCookie() string {
	sum := sha256.Sum256([]byte(csrfToken + secret))
	return csrfToken + "%7C" + hex.EncodeToString(sum[:])
}

// cookie returns the full name of a cookie, which depends on the version of Auth.js and on https.
func (v *visitor) cookie(name string) string {
	name = map[string]string{"v5": "authjs.", "v4": "next-auth."}[v.pair.config.Generation] + name
	switch {
	case !v.https:
		return name
	case strings.HasSuffix(name, "csrf-token"):
		return "__Host-" + name
	}
	return "__Secure-" + name
}

// withCSRFCookie gives the visitor the CSRF cookie, as if it had visited the site before.
func (v *visitor) withCSRFCookie() *visitor {
	v.cookies[v.cookie("csrf-token")] = csrfCookie()
	return v
}

// signedIn gives the visitor a JWT session of Ann's.
func (v *visitor) signedIn() *visitor {
	v.cookies[v.cookie("session-token")] = v.token(3600)
	return v.withCSRFCookie()
}

func (v *visitor) token(seconds int) string {
	v.t.Helper()
	parameters := map[string]any{
		"token":  map[string]any{"name": "Ann Example", "email": "ann@example.com", "picture": nil, "sub": annID},
		"secret": secret, "maxAge": seconds,
	}
	if v.pair.config.Generation == "v5" {
		parameters["salt"] = v.cookie("session-token")
	}
	var token string
	v.pair.node.Call(v.t, &token, "encode", v.pair.config.Generation, parameters)
	return token
}

// get sends a GET request for a path below the base path. Headers are written "Name: value".
func (v *visitor) get(path string, headers ...string) reply {
	return v.send(http.MethodGet, path, "", headers...)
}

// post sends a form with the CSRF token.
func (v *visitor) post(path, form string, headers ...string) reply {
	return v.withCSRFCookie().send(http.MethodPost, path, strings.TrimSuffix("csrfToken="+csrfToken+"&"+form, "&"),
		headers...)
}

// clientPost sends a form as the script of next-auth/react does, which asks for the URL to go to as
// JSON.
func (v *visitor) clientPost(path, form string) reply {
	if v.pair.config.Generation == "v4" {
		return v.post(path, strings.TrimPrefix(form+"&json=true", "&"))
	}
	return v.post(path, form, withHeader)
}

const formType = "Content-Type: application/x-www-form-urlencoded"

// send sends a request and records the answer.
func (v *visitor) send(method, path, body string, headers ...string) reply {
	v.t.Helper()
	base := v.pair.theirs
	if v.ours {
		base = v.pair.ours
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, base, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	target, query, _ := strings.Cut("/api/auth"+path, "?")
	r.URL.Opaque, r.URL.RawQuery, r.Host = target, query, host // sent as written, not cleaned
	r.Header.Set("X-Forwarded-Proto", "http")
	if v.https {
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	if method == http.MethodPost {
		headers = append([]string{formType}, headers...)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(v.cookies)) {
		pairs = append(pairs, name+"="+v.cookies[name])
	}
	r.Header.Set("Cookie", strings.Join(pairs, "; "))
	return v.receive(r, v.title(method, path, body, headers))
}

// title is the name of a request in lists of differences.
func (v *visitor) title(method, path, body string, headers []string) string {
	title := strings.TrimSpace(v.note + " " + method + " " + v.normalizeURL(path))
	if form, ok := strings.CutPrefix(body, "csrfToken="+csrfToken); ok {
		title += " " + v.normalize(strings.TrimPrefix(form, "&"))
	} else if body != "" {
		title += " " + v.normalize(body)
	}
	for _, line := range headers {
		if line != formType {
			title += " (" + v.normalize(line) + ")"
		}
	}
	return strings.TrimSpace(title)
}

func (v *visitor) receive(r *http.Request, title string) reply {
	v.t.Helper()
	res, err := transport.RoundTrip(r)
	if err != nil {
		v.t.Fatalf("%s: %v", title, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatalf("%s: %v", title, err)
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
			continue
		}
		v.cookies[c.Name] = c.Value
	}
	v.record = append(v.record, exchange{title, v.fields(res, string(body))})
	return reply{res.StatusCode, res.Header.Get("Location"), string(body)}
}

// followToProvider follows a redirect to the provider, signs in there as a person, and returns the
// path of the callback below the base path.
func (v *visitor) followToProvider(to, as string) string {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, to+"&login_hint="+url.QueryEscape(as), nil)
	if err != nil {
		v.t.Fatal(err)
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		v.t.Fatal(err)
	}
	res.Body.Close()
	back, err := res.Location()
	if err != nil {
		v.t.Fatalf("the provider answered %s", res.Status)
	}
	return strings.TrimPrefix(back.RequestURI(), "/api/auth")
}

// mailedLink returns the path of the link in the last mail, below the base path.
func (v *visitor) mailedLink(to string) string {
	v.t.Helper()
	link := ""
	if v.ours {
		link = v.pair.mails.Last(v.t, to).Link
	} else {
		var mails []struct{ To, URL string }
		v.pair.node.Call(v.t, &mails, "takeMails")
		if len(mails) == 0 || mails[len(mails)-1].To != to {
			v.t.Fatalf("Node sent %d mails", len(mails))
		}
		link = mails[len(mails)-1].URL
	}
	u, err := url.Parse(link)
	if err != nil {
		v.t.Fatal(err)
	}
	return strings.TrimPrefix(u.RequestURI(), "/api/auth")
}

func decode(text []byte, into any) error {
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, into)
}
