package cookie

import (
	"net/http"
	"strconv"
	"time"
)

// Cookie is a cookie to set. All of them have HttpOnly and Path=/.
type Cookie struct {
	Name  string
	Value string // any text; it is sent as JavaScript's encodeURIComponent writes it

	Domain  string    // the attribute; "" leaves it out, and the cookie is for the host that sets it
	MaxAge  int       // the attribute, in seconds; 0 leaves it out, less than 0 removes the cookie
	Expires time.Time // the attribute; the zero time leaves it out

	// CrossSite makes browsers send the cookie with requests from other sites too: SameSite=None
	// with Secure, instead of SameSite=Lax. A provider that answers by POST
	// (response_mode=form_post) needs it.
	CrossSite bool
}

func (c *Cookie) check() error {
	if !isToken(c.Name) {
		return ErrName
	}
	if len(c.Name)+encodedLen(c.Value) > maxCookie {
		return ErrTooLong
	}
	return nil
}

// header returns the cookie as a Set-Cookie header, its attributes in the order of the original.
func (c *Cookie) header(secure bool) string {
	const attributes = len(
		"; Max-Age=2592000; Path=/; Expires=Mon, 02 Jan 2006 15:04:05 GMT; HttpOnly; Secure; SameSite=None",
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
	b = append(b, "; Path=/"...)
	if !c.Expires.IsZero() {
		b = append(b, "; Expires="...)
		b = c.Expires.UTC().AppendFormat(b, http.TimeFormat)
	}
	b = append(b, "; HttpOnly"...)
	if secure || c.CrossSite {
		b = append(b, "; Secure"...)
	}
	if c.CrossSite {
		return string(append(b, "; SameSite=None"...))
	}
	return string(append(b, "; SameSite=Lax"...))
}
