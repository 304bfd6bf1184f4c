package original_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// fields is what is compared of an answer. What is random, or depends on the time, has a name in
// its place.
func (v *visitor) fields(res *http.Response, body string) map[string]string {
	f := map[string]string{
		"status":   fmt.Sprint(res.StatusCode),
		"location": v.normalURL(res.Header.Get("Location")),
		"type":     res.Header.Get("Content-Type"),
		"cache":    res.Header.Get("Cache-Control"),
		"expires":  res.Header.Get("Expires"),
		"pragma":   res.Header.Get("Pragma"),
		"cors":     res.Header.Get("Access-Control-Allow-Origin"),
		"vary":     res.Header.Get("Vary"),
		"body":     v.normalBody(res, body),
	}
	for _, c := range res.Cookies() {
		f["cookie "+attemptID.ReplaceAllString(c.Name, "$1.<id>")] = v.normalCookie(c)
	}
	for name, value := range f {
		if value == "" {
			delete(f, name)
		}
	}
	return f
}

// attemptID is what tells the attempts of Cardea apart, in the names of their cookies.
var attemptID = regexp.MustCompile(`(\.state)\..+`)

var patterns = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+`), "<token>"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "<64 hex>"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "<uuid>"},
}

var timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)

func (v *visitor) normal(text string) string {
	text = strings.ReplaceAll(text, v.pair.issuer.URL, "http://idp")
	text = strings.ReplaceAll(text, url.QueryEscape(v.pair.issuer.URL), "http://idp")
	text = randomParameter.ReplaceAllString(text, "$1$2=<random>")
	for _, p := range patterns {
		text = p.pattern.ReplaceAllString(text, p.name)
	}
	return timestamp.ReplaceAllStringFunc(text, func(found string) string {
		when, err := time.Parse(time.RFC3339, found)
		if err != nil {
			return found
		}
		return "<in " + age(when) + ">"
	})
}

// randomParameter is what differs with each attempt; the order of a query says nothing.
var randomParameter = regexp.MustCompile(`([?&])(state|code|nonce|code_challenge|token)=[^&" ]{20,}`)

// normalURL has the parameters in the order of their names.
func (v *visitor) normalURL(text string) string {
	if base, query, ok := strings.Cut(text, "?"); ok {
		pairs := strings.Split(strings.ReplaceAll(query, "+", "%20"), "&")
		slices.Sort(pairs)
		text = base + "?" + strings.Join(pairs, "&")
	}
	return v.normal(text)
}

// normalCookie is a Set-Cookie header without its name.
func (v *visitor) normalCookie(c *http.Cookie) string {
	value := v.normal(c.Value)
	if decoded, err := url.PathUnescape(c.Value); err == nil {
		value = v.normal(decoded)
	}
	switch {
	case c.Value == "":
		value = "<none>"
	case strings.HasSuffix(c.Name, "session-token"):
		value = "<session>"
	}
	parts := []string{value, "Path=" + c.Path}
	if c.MaxAge != 0 {
		parts = append(parts, fmt.Sprint("Max-Age=", max(0, c.MaxAge)))
	}
	if !c.Expires.IsZero() {
		parts = append(parts, "Expires in "+age(c.Expires))
	}
	if c.Domain != "" {
		parts = append(parts, "Domain="+c.Domain)
	}
	parts = append(parts, c.Unparsed...)
	if c.HttpOnly {
		parts = append(parts, "HttpOnly")
	}
	if c.Secure {
		parts = append(parts, "Secure")
	}
	parts = append(parts, map[http.SameSite]string{http.SameSiteLaxMode: "Lax", http.SameSiteStrictMode: "Strict",
		http.SameSiteNoneMode: "None"}[c.SameSite])
	return strings.Join(parts, "; ")
}

// age is how far away a time is, to five minutes: a slow machine must make no difference.
func age(when time.Time) string { return time.Until(when).Round(5 * time.Minute).String() }

// normalBody is JSON with its members sorted; of a page, what its forms send where.
func (v *visitor) normalBody(res *http.Response, body string) string {
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return "page " + v.normal(strings.Join(formParts(body), " "))
	}
	var value any
	if json.Unmarshal([]byte(body), &value) != nil {
		return v.normal(body)
	}
	if members, ok := value.(map[string]any); ok && members["url"] != nil {
		members["url"] = v.normalURL(fmt.Sprint(members["url"]))
	}
	sorted := &strings.Builder{}
	encoder := json.NewEncoder(sorted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // it came from JSON
	return v.normal(strings.TrimSpace(sorted.String()))
}

var (
	formTag   = regexp.MustCompile(`<(form|input)\b[^>]*>`)
	attribute = regexp.MustCompile(`\b(action|method|name|type|value)="([^"]*)"`)
)

// formParts lists the forms of a page: action and method of each, and its inputs.
func formParts(page string) []string {
	var list []string
	for _, tag := range formTag.FindAllString(page, -1) {
		found := map[string]string{}
		for _, pair := range attribute.FindAllStringSubmatch(tag, -1) {
			found[pair[1]] = pair[2]
		}
		if strings.HasPrefix(tag, "<form") {
			action, err := url.Parse(found["action"])
			if err != nil {
				continue
			}
			list = append(list, strings.ToLower(found["method"])+" "+action.Path+":")
			continue
		}
		list = append(list, found["name"])
	}
	return list
}
