package cookie

import (
	"cmp"
	"net/http"
	"strconv"
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
	if len(c.Name)+encodedLen(c.Value) > maxCookie {
		return ErrTooLong
	}
	return nil
}

// header returns the value of a Set-Cookie header, with the attributes in the order of Auth.js.
func (c *Cookie) header(secure bool) string {
	const attributes = len(
		"; Max-Age=2592000; Path=/; Expires=Mon, 02 Jan 2006 15:04:05 GMT; HttpOnly; Secure; SameSite=Lax",
	)
	b := make([]byte, 0, len(c.Name)+len("=")+encodedLen(c.Value)+attributes+len("; Domain=")+len(c.Domain))
	b = append(b, c.Name...)
	b = append(b, '=')
	b = appendEncoded(b, c.Value)
	if c.MaxAge != 0 {
		b = append(b, "; Max-Age="...)
		b = strconv.AppendInt(b, int64(max(0, c.MaxAge)), 10)
	}
	if c.Domain != "" {
		b = append(append(b, "; Domain="...), c.Domain...)
	}
	b = append(append(b, "; Path="...), cmp.Or(c.Path, "/")...)
	if !c.Expires.IsZero() {
		b = append(b, "; Expires="...)
		b = c.Expires.UTC().AppendFormat(b, http.TimeFormat)
	}
	b = append(b, "; HttpOnly"...)
	if secure {
		b = append(b, "; Secure"...)
	}
	return string(append(b, "; SameSite=Lax"...))
}
