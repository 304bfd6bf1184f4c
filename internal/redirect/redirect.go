// Package redirect decides where a browser may be redirected after signing in or out: only to the
// application itself.
//
// It must agree with how browsers parse URLs, which differs from RFC 3986 and from [net/url]: they
// drop tabs and line breaks, treat a backslash as a slash, and map full-width letters and dots to
// ASCII (https://url.spec.whatwg.org). So a value that two parsers could read differently is
// refused and not corrected.
package redirect

import (
	"net/url"
	"strings"
	"unicode"
)

// MaxLength is the maximum length of a target, in bytes, before and after [Target] made it
// absolute.
const MaxLength = 2048

// Target returns raw as an absolute URL if it is within the application, and base otherwise. base
// must be an http or https URL with an ASCII host and without userinfo. The result always has the
// origin of base. Target returns its own results unchanged.
//
// These are within the application, with or without a query and a fragment:
//
//   - a path that starts with one slash, which is resolved against the root of the origin
//   - a URL of the same origin (see [SameOrigin])
//
// These are refused, although some might be safe. Addresses that a browser reports have none of
// these characters and segments, because browsers encode or resolve them:
//
//   - values longer than [MaxLength]
//   - values with a backslash, or with anything but printable ASCII
//   - paths with dot segments, empty segments or encoded control characters
func Target(raw string, base *url.URL) string {
	if len(raw) > MaxLength || !unambiguous(raw) {
		return base.String()
	}
	rest, ok := withoutOrigin(raw, base)
	if !ok {
		return base.String()
	}
	target := base.Scheme + "://" + base.Host + rest
	if u, err := url.Parse(target); err != nil || !SameOrigin(u, base) || len(target) > MaxLength {
		return base.String()
	}
	return target
}

// withoutOrigin returns raw without its origin, if it has one, and false if it is not within the
// application.
func withoutOrigin(raw string, base *url.URL) (rest string, ok bool) {
	if strings.HasPrefix(raw, "/") {
		return raw, plainPath(raw)
	}
	prefix, rest := cutOrigin(raw)
	u, err := url.Parse(prefix)
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

// cutOrigin splits an absolute URL at the end of its authority (RFC 3986 § 3.2). If there is no
// authority the origin is empty.
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

// plainPath reports whether the path at the start of rest has no parts that decoding or resolving
// changes. "/..//evil.example" would become "//evil.example". That is harmless behind an origin,
// but not in a page of the application that redirects to the path alone.
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

// ambiguous reports whether the next parser may drop a decoded character or take it for a slash.
func ambiguous(r rune) bool { return unicode.IsControl(r) || r == '\\' }
