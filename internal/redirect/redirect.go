// Package redirect decides where a visitor may be sent after signing in or out: nowhere but to the
// application itself.
//
// It must agree with how browsers read URLs, which differs from RFC 3986 and from net/url: they
// drop tabs and line breaks, take a backslash for a slash and map full-width letters and dots to
// ASCII (https://url.spec.whatwg.org). So a value that two parsers could read differently is
// refused, not repaired.
package redirect

import (
	"net/url"
	"strings"
	"unicode"
)

// MaxLength is how long a target can be, in bytes, as it is given and as it is returned.
const MaxLength = 2048

// Target returns the absolute URL that raw stands for if it is within the application, and base
// otherwise. The result always has the origin of base, which is an http or https URL with an ASCII
// host and no userinfo, and is its own target: Target(Target(raw)) is Target(raw).
//
// Within are a path that starts with one slash, taken from the root of the origin, and a URL of the
// same origin (see [SameOrigin]); both may have a query and a fragment. Refused are values longer
// than [MaxLength], values with anything but printable ASCII, or with a backslash, and paths with
// dot segments, empty segments or encoded control characters. A browser encodes or resolves all of
// these in the addresses that it reports.
func Target(raw string, base *url.URL) string {
	if len(raw) > MaxLength || !unambiguous(raw) {
		return base.String()
	}
	rest, ok := within(raw, base)
	if !ok {
		return base.String()
	}
	target := base.Scheme + "://" + base.Host + rest
	if u, err := url.Parse(target); err != nil || !SameOrigin(u, base) || len(target) > MaxLength {
		return base.String()
	}
	return target
}

// within returns raw without its origin, if it has one.
func within(raw string, base *url.URL) (rest string, ok bool) {
	if strings.HasPrefix(raw, "/") {
		return raw, plainPath(raw)
	}
	site, rest := cutOrigin(raw)
	u, err := url.Parse(site)
	if err != nil || !SameOrigin(u, base) {
		return "", false
	}
	return rest, plainPath(rest)
}

// unambiguous reports whether s consists of characters that no URL parser drops, trims or maps to
// another.
func unambiguous(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return true
}

// cutOrigin splits an absolute URL where its authority ends (RFC 3986 § 3.2). The origin is empty
// when there is no authority.
func cutOrigin(raw string) (origin, rest string) {
	scheme, after, found := strings.Cut(raw, "://")
	if !found {
		return "", raw
	}
	start := len(scheme) + len("://")
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		return raw, ""
	}
	return raw[:start+end], raw[start+end:]
}

// plainPath reports whether the path at the start of rest stays what it is when it is decoded and
// resolved. "/..//evil.example" would become "//evil.example", which is harmless behind an origin,
// but not in a page that sends the visitor on to the path alone.
func plainPath(rest string) bool {
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	path, err := url.PathUnescape(rest)
	if err != nil || strings.ContainsFunc(path, ambiguous) {
		return false
	}
	if path == "" || path == "/" {
		return true
	}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	for segment := range strings.SplitSeq(path, "/") {
		if s := strings.TrimSpace(segment); s == "" || s == "." || s == ".." {
			return false
		}
	}
	return true
}

// ambiguous reports whether a decoded character may be dropped or taken for a slash by whoever
// reads the path next.
func ambiguous(r rune) bool { return unicode.IsControl(r) || r == '\\' }
