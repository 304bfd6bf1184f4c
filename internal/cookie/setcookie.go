package cookie

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Cookie is a cookie to set. Every cookie has the attributes HttpOnly and SameSite=Lax.
type Cookie struct {
	Name  string // a token of RFC 9110 § 5.6.2
	Value string // any text; it is encoded as by JavaScript's encodeURIComponent

	Domain  string    // the attribute; "" omits it, and the cookie is for the host that sets it
	Path    string    // the attribute; "" stands for /
	MaxAge  int       // the attribute, in seconds; 0 omits it, a negative number removes the cookie
	Expires time.Time // the attribute; the zero time omits it
}

// check returns [ErrName] or [ErrTooLong] if a browser would not accept the cookie.
func (c *Cookie) check() error {
	if !isToken(c.Name) {
		return ErrName
	}
	if encodedExceeds(c.Value, maxCookie-len(c.Name)) {
		return ErrTooLong
	}
	return nil
}

// header returns the value of a Set-Cookie header, with the attributes in the order of Auth.js.
func (c *Cookie) header(secure bool) string {
	const attributes = len(
		"; Max-Age=2592000; Path=/; Expires=Mon, 02 Jan 2006 15:04:05 GMT; HttpOnly; Secure; SameSite=Lax",
	)
	var b strings.Builder
	b.Grow(len(c.Name) + len("=") + len(c.Value) + attributes + len("; Domain=") + len(c.Domain))
	b.WriteString(c.Name)
	b.WriteByte('=')
	writeEncoded(&b, c.Value)
	if c.MaxAge != 0 {
		b.WriteString("; Max-Age=")
		b.WriteString(strconv.Itoa(max(0, c.MaxAge)))
	}
	if c.Domain != "" {
		b.WriteString("; Domain=")
		b.WriteString(c.Domain)
	}
	b.WriteString("; Path=")
	b.WriteString(cmp.Or(c.Path, "/"))
	if !c.Expires.IsZero() {
		var text [len(http.TimeFormat)]byte
		b.WriteString("; Expires=")
		b.Write(c.Expires.UTC().AppendFormat(text[:0], http.TimeFormat))
	}
	b.WriteString("; HttpOnly")
	if secure {
		b.WriteString("; Secure")
	}
	b.WriteString("; SameSite=Lax")
	return b.String()
}
