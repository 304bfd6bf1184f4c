package cookie

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Session returns the session's value, joined if it came in several cookies, and "" when there is
// none.
//
// The plain name wins over numbered ones. Of these only {name}.0, {name}.1 and so on up to the
// first gap count: unlike in the original, another cookie whose name begins the same does not spoil
// the value. A number of 100 or more refuses them all.
func (j *Jar) Session() string {
	split := false
	for name, value := range j.pairs {
		rest, found := strings.CutPrefix(name, j.names.Session)
		if !found {
			continue
		}
		if rest == "" && value != "" {
			return decode(value)
		}
		split = split || isChunk(rest)
	}
	if !split {
		return ""
	}
	return decode(j.join())
}

// join returns the chunks of the session, still encoded.
func (j *Jar) join() string {
	var chunks [maxListed]string
	for name, value := range j.pairs {
		rest, found := strings.CutPrefix(name, j.names.Session)
		if !found || !isChunk(rest) {
			continue
		}
		n, err := strconv.Atoi(rest[1:])
		if err != nil || n >= maxListed {
			return ""
		}
		if chunks[n] == "" {
			chunks[n] = value
		}
	}
	count := 0
	for count < maxListed && chunks[count] != "" {
		count++
	}
	return strings.Join(chunks[:count], "")
}

// isChunk reports whether suffix makes the session's name that of a chunk: a dot and a decimal
// number as the original writes it.
func isChunk(suffix string) bool {
	if len(suffix) < 2 || suffix[0] != '.' || suffix[1] == '0' && len(suffix) > 2 {
		return false
	}
	return strings.Trim(suffix[1:], "0123456789") == ""
}

// SetSession sets the session's value, split over numbered cookies when it is long, and clears what
// the request had under other names. It lasts as long as the browser runs when expires is the zero
// time. A value of more than 64 kB is [ErrTooLong], as is one of which a cookie becomes too long by
// encoding, and nothing changes then. Tokens have nothing to encode.
func (j *Jar) SetSession(value string, expires time.Time) error {
	if encodedLen(value) > maxSession {
		return ErrTooLong
	}
	cookies := j.split(value, expires)
	for i := range cookies {
		if err := cookies[i].check(); err != nil {
			return err
		}
	}
	j.dropSession()
	for _, c := range cookies {
		j.put(c)
	}
	return nil
}

// split returns the cookies of a session.
func (j *Jar) split(value string, expires time.Time) []Cookie {
	size := j.names.ChunkSize
	if len(value) <= size {
		return []Cookie{{Name: j.names.Session, Value: value, Domain: j.names.Domain, Expires: expires}}
	}
	var cookies []Cookie
	for n := 0; value != ""; n++ {
		end := min(size, len(value))
		name := j.names.Session + "." + strconv.Itoa(n)
		cookies = append(cookies, Cookie{Name: name, Value: value[:end], Domain: j.names.Domain, Expires: expires})
		value = value[end:]
	}
	return cookies
}

// ClearSession clears the session under its plain name and under every numbered one that came in,
// or the first 100 of them.
func (j *Jar) ClearSession() {
	j.dropSession()
	j.forget(j.names.Session)
}

// forget clears one cookie of a session. Where the session is for a whole domain, one that was set
// for this host alone, as before that was configured, is another cookie to browsers: it would be
// sent in front of the domain's, so it goes as well.
func (j *Jar) forget(name string) {
	j.Clear(name)
	if j.names.Domain != "" && isToken(name) {
		j.put(Cookie{Name: name, Domain: j.names.Domain, MaxAge: -1})
	}
}

// dropSession forgets a session that was set and clears the one that came in.
func (j *Jar) dropSession() {
	j.out = slices.DeleteFunc(j.out, func(c Cookie) bool { return j.names.isSession(c.Name) })
	limit := len(j.out) + maxListed
	for name := range j.pairs {
		if len(j.out) >= limit {
			return
		}
		if j.names.isSession(name) {
			j.forget(name)
		}
	}
}

// ForgetSession takes what an earlier jar set for the session, or cleared, out of a response's
// header.
func (n *Names) DiscardSession(h http.Header) {
	const name = "Set-Cookie"
	kept := slices.DeleteFunc(h[name], func(line string) bool {
		set, _, _ := strings.Cut(line, "=")
		return n.isSession(set)
	})
	if h[name] = kept; len(kept) == 0 {
		delete(h, name)
	}
}

func (n *Names) isSession(name string) bool {
	rest, found := strings.CutPrefix(name, n.Session)
	return found && (rest == "" || isChunk(rest))
}
