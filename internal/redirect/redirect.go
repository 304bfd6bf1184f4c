// Package redirect decides where a browser may be redirected after signing in or out: only to the
// application itself.
//
// It must agree with how browsers parse URLs, which differs from RFC 3986 and from [net/url]: they
// drop tabs and line breaks, treat a backslash as a slash, and map full-width letters and dots to
// ASCII (https://url.spec.whatwg.org). So what a URL's host is must be clear to every parser, and
// what follows the host is encoded as browsers encode it.
package redirect

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLength is the maximum length of the result of [Target], in bytes. Servers and proxies accept
// request lines and headers of 8 kB, and the URL must fit into the query of another one.
const MaxLength = 4096

// Target returns raw as an absolute URL if it is within the application, and base otherwise. base
// must be an http or https URL with an ASCII host and without userinfo. The result always has the
// origin of base. Target returns its own results unchanged.
//
// These are within the application, with or without a query and a fragment:
//
//   - a path that starts with one slash, which is resolved against the root of the origin
//   - a URL of the same origin (see [SameOrigin]), also without its scheme
//
// Blanks, other characters than ASCII and some punctuation are percent-encoded as browsers do (see
// [Encode]), and blanks around the URL are removed. A URL that is longer than [MaxLength] loses its
// fragment and, if that is not enough, its query; a fragment that is not well encoded is lost, too.
// Several slashes at the start of the path become one.
//
// These are refused, although some might be safe. Addresses that a browser reports have none of
// them, because browsers encode, drop or resolve them:
//
//   - values with control characters, or that are or were not UTF-8
//   - paths with dot segments, which a proxy may resolve otherwise than the application, or with
//     percent signs that encode nothing, which [net/http] refuses
//   - paths whose first segment is blank once it is decoded
func Target(raw string, base *url.URL) string {
	if isPlain(raw, base) {
		return raw
	}
	raw = strings.Trim(raw, " ")
	if strings.ContainsRune(raw, utf8.RuneError) || strings.ContainsFunc(raw, unicode.IsControl) {
		return base.String()
	}
	rest, ok := withoutOrigin(raw, base)
	if !ok {
		return base.String()
	}
	path, query, fragment := split(rest)
	path = cleanPath(path)
	if !plainPath(path) {
		return base.String()
	}
	return longest(base, join(path, query, fragment))
}

// isPlain reports whether raw is the origin of base, or that and a path in which nothing can be
// misread. Each request has such a URL in a cookie, so it is not parsed.
func isPlain(raw string, base *url.URL) bool {
	rest, isScheme := strings.CutPrefix(raw, base.Scheme)
	rest, isAbsolute := strings.CutPrefix(rest, "://")
	path, isHost := strings.CutPrefix(rest, base.Host)
	if !isScheme || !isAbsolute || !isHost || len(raw) > MaxLength {
		return false
	}
	if path != "" && path[0] != '/' || strings.HasPrefix(path, "//") {
		return false
	}
	for i := range len(path) {
		if !isAlphanumeric(path[i]) && strings.IndexByte("/-_~", path[i]) < 0 {
			return false
		}
	}
	return true
}

// isAlphanumeric reports whether c is a letter or a digit of ASCII.
func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// withoutOrigin returns raw without its origin, if it has one, and false if it is not within the
// application.
func withoutOrigin(raw string, base *url.URL) (rest string, ok bool) {
	if strings.HasPrefix(raw, "//") {
		raw = base.Scheme + ":" + raw
	} else if strings.HasPrefix(raw, "/") {
		return raw, !strings.HasPrefix(raw, `/\`)
	}
	prefix, rest := cutOrigin(raw)
	u, err := url.Parse(prefix)
	return rest, err == nil && SameOrigin(u, base)
}

// cutOrigin splits an absolute URL at the end of its authority (RFC 3986 § 3.2). If there is no
// authority the origin is empty.
func cutOrigin(raw string) (origin, rest string) {
	scheme, after, found := strings.Cut(raw, "://")
	if !found || strings.ContainsAny(scheme, "/?#") {
		return "", raw
	}
	start := len(scheme) + len("://")
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		return raw, ""
	}
	return raw[:start+end], raw[start+end:]
}

// cleanPath encodes a path, reads a backslash as a slash, as browsers do, and leaves one slash of
// several at the start. "https://app.example//evil.example" is harmless, but not in a page of the
// application that redirects to the path alone.
func cleanPath(path string) string {
	path = encodePart(strings.ReplaceAll(path, `\`, "/"), inPath)
	if strings.HasPrefix(path, "//") {
		path = "/" + strings.TrimLeft(path, "/")
	}
	return path
}

// plainPath reports whether an encoded path has no parts that decoding or resolving changes so that
// it leads elsewhere.
func plainPath(encoded string) bool {
	path, err := url.PathUnescape(encoded)
	if err != nil {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if s := strings.TrimSpace(segment); s == "." || s == ".." {
			return false
		}
	}
	first := strings.TrimLeftFunc(strings.TrimPrefix(path, "/"), invisible)
	next, _ := utf8.DecodeRuneInString(first)
	return !strings.ContainsRune(slashes, next)
}

// slashes are the characters that some parsers read as a slash.
const slashes = "/\\\u2044\u2215\uff0f"

// invisible reports whether the next parser may drop a decoded character.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// longest returns the encoded URL below base, or the longest start of it that is a URL of at most
// [MaxLength] bytes.
func longest(base *url.URL, rest string) string {
	target := base.Scheme + "://" + base.Host + rest
	for {
		u, err := url.Parse(target)
		if err == nil && len(target) <= MaxLength && SameOrigin(u, base) {
			return target
		}
		shorter, ok := Shorten(target)
		if !ok {
			return base.String()
		}
		target = shorter
	}
}

// Shorten returns a URL without its fragment or, if it has none, without its query, and false if it
// has neither.
func Shorten(target string) (shorter string, ok bool) {
	if i := strings.IndexByte(target, '#'); i >= 0 {
		return target[:i], true
	}
	if i := strings.IndexByte(target, '?'); i >= 0 {
		return target[:i], true
	}
	return target, false
}
