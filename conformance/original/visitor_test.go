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

// visitor sends requests to one of the two servers, keeps its cookies, and a record of what was
// answered.
type visitor struct {
	t       *testing.T
	pair    *pair
	ours    bool
	https   bool
	cookies map[string]string
	note    string // stands before the names of the requests
	record  []exchange
}

// exchange is a request and what counts of the answer to it, by field.
type exchange struct {
	request string
	fields  map[string]string
}

// reply is what a script goes on with.
type reply struct {
	status   int
	location string
	body     string
}

var transport = &http.Transport{}

// csrfToken is one that both servers have made, as far as they can tell.
var csrfToken = strings.Repeat("c5", 32)

func csrfCookie() string {
	sum := sha256.Sum256([]byte(csrfToken + secret))
	return csrfToken + "%7C" + hex.EncodeToString(sum[:])
}

// cookie is the name of a cookie for the server and the scheme at hand.
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

// known gives the visitor a cookie with the CSRF token, as if it had been on the site before.
func (v *visitor) known() *visitor {
	v.cookies[v.cookie("csrf-token")] = csrfCookie()
	return v
}

// signedIn gives the visitor a JWT session of Ann's that a server made.
func (v *visitor) signedIn() *visitor {
	v.cookies[v.cookie("session-token")] = v.token(3600)
	return v.known()
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

// get asks for a path below the base path. Headers are given as "Name: value".
func (v *visitor) get(path string, headers ...string) reply {
	return v.send(http.MethodGet, path, "", headers...)
}

// post sends a form with the CSRF token of the visitor.
func (v *visitor) post(path, form string, headers ...string) reply {
	return v.known().send(http.MethodPost, path, strings.TrimSuffix("csrfToken="+csrfToken+"&"+form, "&"), headers...)
}

// clientPost is post by the script of next-auth/react, which wants to be told where to go.
func (v *visitor) clientPost(path, form string) reply {
	if v.pair.config.Generation == "v4" {
		return v.post(path, strings.TrimPrefix(form+"&json=true", "&"))
	}
	return v.post(path, form, withHeader)
}

const formType = "Content-Type: application/x-www-form-urlencoded"

// send sends any request and enters the answer into the record.
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
	r.URL.Opaque, r.URL.RawQuery, r.Host = target, query, host // as it is, without any cleaning
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

// title names a request in the list of differences.
func (v *visitor) title(method, path, body string, headers []string) string {
	title := strings.TrimSpace(v.note + " " + method + " " + v.normalURL(path))
	if form, ok := strings.CutPrefix(body, "csrfToken="+csrfToken); ok {
		title += " " + v.normal(strings.TrimPrefix(form, "&"))
	} else if body != "" {
		title += " " + v.normal(body)
	}
	for _, line := range headers {
		if line != formType {
			title += " (" + v.normal(line) + ")"
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

// provider follows a redirect to the provider and returns the callback to which that leads, below
// the base path. as names the person.
func (v *visitor) provider(to, as string) string {
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

// mail is the link of the mail that was sent last, below the base path.
func (v *visitor) mail(to string) string {
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
