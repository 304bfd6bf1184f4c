package redirect

import "strings"

// The printable ASCII characters that browsers percent-encode in each part of an http URL (URL
// Standard § 1.3). A percent sign stays, so that what is encoded already is not encoded again.
//
// The standard leaves a backslash in a query or a fragment. It is encoded here, because some
// parsers read it as a slash.
const (
	inPath     = "\"#<>?^`{}"
	inQuery    = "\"#<>'\\"
	inFragment = "\"<>`\\"
)

// Encode percent-encodes what may not stand in a URL, as browsers do: blanks, everything but ASCII,
// and in each part of the URL what the URL Standard names. It does not change scheme and authority.
func Encode(raw string) string {
	origin, rest := cutOrigin(raw)
	path, query, fragment := split(rest)
	return origin + join(encodePart(path, inPath), query, fragment)
}

// split splits what follows the authority of a URL. Query and fragment keep their delimiter, and
// are "" if the URL has none.
func split(rest string) (path, query, fragment string) {
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		rest, fragment = rest[:i], rest[i:]
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest, query = rest[:i], rest[i:]
	}
	return rest, query, fragment
}

// join joins an encoded path with a query and a fragment that it encodes.
func join(path, query, fragment string) string {
	if query != "" {
		query = "?" + encodePart(query[1:], inQuery)
	}
	if fragment != "" {
		fragment = "#" + encodePart(fragment[1:], inFragment)
	}
	return path + query + fragment
}

// encodePart percent-encodes the given characters, blanks, control characters and everything but
// ASCII.
func encodePart(s, special string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(special, c) >= 0 {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
