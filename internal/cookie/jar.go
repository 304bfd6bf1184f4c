package cookie

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
)

const (
	maxHeader  = 100 << 10 // bytes of all Cookie headers together
	maxSession = 64 << 10  // bytes of a session, which leaves room for other cookies in the header
	maxCookie  = 4096      // bytes of a name and its value (RFC 6265bis § 5.6)
	maxListed  = 100       // cookies with one prefix, or chunks of one session
	maxValues  = 10        // of one name that are tried
)

// Why a cookie cannot be set. The errors contain neither its name nor its value.
var (
	// ErrTooLong is returned for a cookie that browsers would silently drop because of its length.
	ErrTooLong = errors.New("cookie is longer than browsers keep")

	// ErrName is returned for a cookie whose name is empty or has characters that are not allowed.
	ErrName = errors.New("cookie name is not a token")
)

// Jar has the cookies of one request and collects the cookies of its response. It must not be used
// concurrently.
//
// The methods that read cookies return those of the request, not those that were set.
type Jar struct {
	names     *Names
	in        []string // the Cookie headers
	out       []Cookie
	elsewhere []place // where cookies of the session are cleared as well
}

// NewJar returns the jar of a request with header h. If the request has more than 100 kB of
// cookies, all of them are ignored.
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

// Answered makes the jar one of the browser after it has got a response: the cookies that the
// header of the response sets or clears for the whole host replace those of the request. Handlers
// may set cookies several times while they make one response.
func (j *Jar) Answered(response http.Header) {
	var changed, added []string
	for _, line := range response["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil || c.Path != "/" || !j.names.isSession(c.Name) && !j.names.isOurs(c.Name) {
			continue
		}
		changed = append(changed, c.Name)
		added = slices.DeleteFunc(added, func(pair string) bool { return strings.HasPrefix(pair, c.Name+"=") })
		if c.MaxAge >= 0 {
			added = append(added, c.Name+"="+c.Value)
		}
	}
	if len(changed) == 0 {
		return
	}
	for name, value := range j.pairs {
		if !slices.Contains(changed, name) {
			added = append(added, name+"="+value)
		}
	}
	j.in = []string{strings.Join(added, "; ")}
}

// Get returns the decoded value of a cookie, or "" if there is none. If there are several with the
// name it returns the first. A value that is not well encoded is returned as it is.
func (j *Jar) Get(name string) string {
	for key, value := range j.pairs {
		if key == name {
			return decode(value)
		}
	}
	return ""
}

// Values returns the decoded values of all cookies with that name, each once, in the order of the
// request; at most 10.
func (j *Jar) Values(name string) []string {
	var found []string
	for key, value := range j.pairs {
		if key == name {
			found = addValue(found, value)
		}
	}
	return found
}

// addValue adds the decoded value to the values that are tried, if it is another one.
func addValue(found []string, value string) []string {
	value = decode(value)
	if value == "" || len(found) == maxValues || slices.Contains(found, value) {
		return found
	}
	return append(found, value)
}

// WithPrefix returns the names of cookies that start with prefix, each once, in the order of the
// request. It returns at most 100.
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

// pairs iterates over the cookies of the request (RFC 6265 § 4.2.1). A name may occur several
// times. Values are not decoded.
func (j *Jar) pairs(yield func(name, value string) bool) {
	for _, rest := range j.in {
		for rest != "" {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			name, value, found := strings.Cut(pair, "=")
			if !found {
				continue
			}
			if !yield(trimBlanks(name), trimBlanks(value)) {
				return
			}
		}
	}
}

// trimBlanks removes spaces and tabs around a name or a value, and nothing else. If it removed
// other white space of Unicode, the name "\u2000__Host-a", which any page may set, would be taken
// for "__Host-a".
func trimBlanks(s string) string {
	for s != "" && isBlank(s[0]) {
		s = s[1:]
	}
	for s != "" && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// Set adds a cookie to the response. It replaces an earlier one with the same name and domain. The
// name and the encoded value together can have 4096 bytes, because browsers silently drop longer
// cookies. For a longer one Set returns [ErrTooLong], and for a name that is not a token [ErrName].
// It then changes nothing.
func (j *Jar) Set(c Cookie) error {
	if err := c.check(); err != nil {
		return err
	}
	j.put(c)
	return nil
}

// Clear removes a cookie of this host from the browser. A name that is not a token is ignored.
func (j *Jar) Clear(name string) {
	if isToken(name) {
		j.put(Cookie{Name: name, MaxAge: -1})
	}
}

// put is Set for a cookie that was checked.
func (j *Jar) put(c Cookie) {
	for i := range j.out {
		if j.out[i].Name == c.Name && j.out[i].Domain == c.Domain && j.out[i].Path == c.Path {
			j.out[i] = c
			return
		}
	}
	j.out = append(j.out, c)
}

// Size returns how many bytes of the Cookie header the browser will use, once it has the response,
// for the session and for the other cookies with the names of this deployment.
func (j *Jar) Size() (session, others int) {
	add := func(name string, valueLen int) {
		switch n := len(name) + len("=") + valueLen + len("; "); {
		case j.names.isSession(name):
			session += n
		case j.names.isOurs(name):
			others += n
		}
	}
	for name, value := range j.pairs {
		if !slices.ContainsFunc(j.out, func(c Cookie) bool { return c.Name == name }) {
			add(name, len(value))
		}
	}
	for i := range j.out {
		if c := &j.out[i]; c.MaxAge >= 0 {
			add(c.Name, encodedLen(c.Value))
		}
	}
	return session, others
}

// Write adds one Set-Cookie header for each collected cookie to the header of a response, and
// removes the headers that were there for the same cookie (RFC 6265 § 4.1.1). It removes the
// cookies from the jar, so that a second call adds nothing.
func (j *Jar) Write(h http.Header) {
	if lines := h["Set-Cookie"]; len(lines) > 0 && len(j.out) > 0 {
		h["Set-Cookie"] = slices.DeleteFunc(lines, j.replaces)
	}
	for i := range j.out {
		h.Add("Set-Cookie", j.out[i].header(j.names.Secure))
	}
	j.out = j.out[:0]
}

// replaces reports whether a Set-Cookie header is for a cookie that was collected: one with the
// same name, domain and path (RFC 6265 § 5.3).
func (j *Jar) replaces(line string) bool {
	set, err := http.ParseSetCookie(line)
	return err == nil && slices.ContainsFunc(j.out, func(c Cookie) bool {
		return c.Name == set.Name && c.Domain == set.Domain && cmp.Or(c.Path, "/") == set.Path
	})
}
