package cookie

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

const (
	maxHeader  = 100 << 10 // bytes of Cookie headers that are read
	maxSession = 64 << 10  // bytes of a session, which leaves room for other cookies in the header
	maxCookie  = 4096      // bytes of a name and its value: RFC 6265bis § 5.6
	maxListed  = 100       // cookies of one prefix or one session
)

// What keeps a cookie from being set. Neither error holds a name or a value.
var (
	ErrTooLong = errors.New("cookie is longer than browsers keep")
	ErrName    = errors.New("cookie name is not a token")
)

// Jar holds the cookies of one request and collects those of its response. It must not be used
// concurrently.
//
// What was set is not seen by the methods that read.
type Jar struct {
	names *Names
	in    []string // the Cookie headers
	out   []Cookie
}

// NewJar returns the jar of a request with header h. More than 100 kB of cookies are as good as
// none.
func NewJar(h http.Header, names *Names) *Jar {
	in, size := h["Cookie"], 0
	for _, line := range in {
		size += len(line)
	}
	if size > maxHeader {
		in = nil
	}
	return &Jar{names: names, in: in}
}

// Get returns the value of a cookie, the first if it came several times, and "" when there is none.
// A value that is not well encoded is returned as it came.
func (j *Jar) Get(name string) string {
	for key, value := range j.pairs {
		if key == name {
			return decode(value)
		}
	}
	return ""
}

// WithPrefix returns the names that start with prefix, each once, in the order of their arrival, at
// most 100 of them.
func (j *Jar) WithPrefix(prefix string) []string {
	var found []string
	for name := range j.pairs {
		if len(found) == maxListed {
			break
		}
		if strings.HasPrefix(name, prefix) && isToken(name) && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

// pairs visits the cookies of the request (RFC 6265 § 4.2.1); names may repeat, and values are
// still encoded.
func (j *Jar) pairs(yield func(name, value string) bool) {
	for _, rest := range j.in {
		for rest != "" {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			name, value, found := strings.Cut(pair, "=")
			if !found {
				continue
			}
			if !yield(trim(name), trim(value)) {
				return
			}
		}
	}
}

// trim removes what may stand around a name or a value, and no more: Unicode's other spaces are
// part of a name, or "\u2000__Host-a" would pass for "__Host-a", which a browser lets anybody set.
func trim(s string) string {
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// Set adds a cookie to the response, in the place of an earlier one of the same name and domain.
// Name and encoded value can have 4096 bytes together, because browsers silently drop what is
// longer: then the error is [ErrTooLong], and nothing changes.
func (j *Jar) Set(c Cookie) error {
	if err := c.check(); err != nil {
		return err
	}
	j.put(c)
	return nil
}

// Clear makes the browser forget a cookie. A name that no cookie can have is ignored.
func (j *Jar) Clear(name string) {
	if isToken(name) {
		j.put(Cookie{Name: name, MaxAge: -1})
	}
}

func (j *Jar) put(c Cookie) {
	for i := range j.out {
		if j.out[i].Name == c.Name && j.out[i].Domain == c.Domain {
			j.out[i] = c
			return
		}
	}
	j.out = append(j.out, c)
}

// Write adds the collected cookies to a response's header, one Set-Cookie each, and forgets them.
func (j *Jar) Write(h http.Header) {
	for i := range j.out {
		h.Add("Set-Cookie", j.out[i].header(j.names.Secure))
	}
	j.out = j.out[:0]
}
