package cookie

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// decode is JavaScript's decodeURIComponent, but returns text that is not well encoded unchanged.
func decode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	decoded, err := url.PathUnescape(s)
	if err != nil || !utf8.ValidString(decoded) {
		return s
	}
	return decoded
}

// encodedLen returns the number of bytes that writeEncoded writes.
func encodedLen(s string) int {
	n := len(s)
	for i := range len(s) {
		if !unreserved[s[i]] {
			n += len("%XX") - 1
		}
	}
	return n
}

// encodedExceeds reports whether encodedLen is more than limit. It examines no byte of a text that
// is short enough whatever its bytes are, as most sessions are.
func encodedExceeds(s string, limit int) bool {
	return len(s)*len("%XX") > limit && encodedLen(s) > limit
}

// writeEncoded writes s as JavaScript's encodeURIComponent encodes it.
func writeEncoded(b *strings.Builder, s string) {
	const digits = "0123456789ABCDEF"
	done := 0
	for i := range len(s) {
		if c := s[i]; !unreserved[c] {
			b.WriteString(s[done:i])
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			done = i + 1
		}
	}
	b.WriteString(s[done:])
}

// unreserved has the bytes that encodeURIComponent does not encode. It is a table because each
// response examines every byte of a long session.
var unreserved = func() (table [256]bool) {
	for c := range 256 {
		table[c] = alphanumeric(byte(c)) || strings.IndexByte("-_.!~*'()", byte(c)) >= 0
	}
	return table
}()

// isToken reports whether s can be the name of a cookie (RFC 6265 § 4.1.1, RFC 9110 § 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if !alphanumeric(s[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// alphanumeric reports whether c is a letter or a digit of ASCII.
func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
