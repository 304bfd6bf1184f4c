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

// fields returns the parts of an answer that are compared, by name. Random values, and those that
// depend on the time, are replaced by names such as <uuid>.
func (v *visitor) fields(res *http.Response, body string) map[string]string {
	f := map[string]string{
		"status":   fmt.Sprint(res.StatusCode),
		"location": v.normalizeURL(res.Header.Get("Location")),
		"type":     res.Header.Get("Content-Type"),
		"cache":    res.Header.Get("Cache-Control"),
		"expires":  res.Header.Get("Expires"),
		"pragma":   res.Header.Get("Pragma"),
		"cors":     res.Header.Get("Access-Control-Allow-Origin"),
		"vary":     res.Header.Get("Vary"),
		"body":     v.normalizeBody(res, body),
	}
	for _, c := range res.Cookies() {
		f["cookie "+stateID.ReplaceAllString(c.Name, "$1.<id>")] = v.normalizeCookie(c)
	}
	for name, value := range f {
		if value == "" {
			delete(f, name)
		}
	}
	return f
}

// stateID is the part of the names of Cardea's state cookies that differs with each sign-in.
var stateID = regexp.MustCompile(`(\.state)\..+`)

var patterns = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+`), "<token>"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "<64 hex>"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "<uuid>"},
}

var timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)

// normalize replaces random values, and those that depend on the time, by names.
func (v *visitor) normalize(text string) string {
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
		return "<in " + fromNow(when) + ">"
	})
}

// randomParameter matches the query parameters that differ with each sign-in.
var randomParameter = regexp.MustCompile(`([?&])(state|code|nonce|code_challenge|token)=[^&" ]{20,}`)

// normalizeURL sorts the query parameters by name.
func (v *visitor) normalizeURL(text string) string {
	if base, query, ok := strings.Cut(text, "?"); ok {
		pairs := strings.Split(strings.ReplaceAll(query, "+", "%20"), "&")
		slices.Sort(pairs)
		text = base + "?" + strings.Join(pairs, "&")
	}
	return v.normalize(text)
}

// normalizeCookie returns a Set-Cookie header without the name of the cookie.
func (v *visitor) normalizeCookie(c *http.Cookie) string {
	value := v.normalize(c.Value)
	if decoded, err := url.PathUnescape(c.Value); err == nil {
		value = v.normalize(decoded)
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
		parts = append(parts, "Expires in "+fromNow(c.Expires))
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

// fromNow returns how far away a time is. It is rounded to five minutes, so that a slow machine
// makes no difference.
func fromNow(when time.Time) string { return time.Until(when).Round(5 * time.Minute).String() }

// normalizeBody sorts the members of JSON. Of a page it returns the forms: where they send what.
func (v *visitor) normalizeBody(res *http.Response, body string) string {
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return "page " + v.normalize(strings.Join(formParts(body), " "))
	}
	var value any
	if json.Unmarshal([]byte(body), &value) != nil {
		return v.normalize(body)
	}
	if members, ok := value.(map[string]any); ok && members["url"] != nil {
		members["url"] = v.normalizeURL(fmt.Sprint(members["url"]))
	}
	sorted := &strings.Builder{}
	encoder := json.NewEncoder(sorted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // cannot fail: value was decoded from JSON
	return v.normalize(strings.TrimSpace(sorted.String()))
}

var (
	formTag   = regexp.MustCompile(`<(form|input)\b[^>]*>`)
	attribute = regexp.MustCompile(`\b(action|method|name|type|value)="([^"]*)"`)
)

// formParts lists the forms of a page: method and action of each, and the names of its inputs.
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
