package cookie

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Session returns the value of the session, joined if it was split into chunks, or "" if there is
// none.
//
// The cookie with the plain name has precedence over chunks. Of these, {name}.0, {name}.1 and so on
// are joined, up to the first missing number. Unlike in Auth.js, another cookie whose name begins
// with that of the session is ignored. If there is a chunk with the number 100 or more, all chunks
// are ignored.
func (j *Jar) Session() string {
	hasChunks := false
	for name, value := range j.pairs {
		rest, found := strings.CutPrefix(name, j.names.Session)
		if !found {
			continue
		}
		if rest == "" && value != "" {
			return decode(value)
		}
		hasChunks = hasChunks || isChunk(rest)
	}
	if !hasChunks {
		return ""
	}
	return decode(joinSet(j.chunks(), 0, false))
}

// Sessions returns all values that can be the session, the one that [Jar.Session] returns first: a
// browser sends all cookies of that name, of whatever domain and path, and those of before a change
// of the configuration come first (RFC 6265 § 5.4). At most 10 are returned.
func (j *Jar) Sessions() []string {
	found := j.Values(j.names.Session)
	chunks := j.chunks()
	most := 0
	for n := range chunks {
		most = max(most, len(chunks[n]))
	}
	for k := range min(most, maxValues) {
		found = addValue(found, joinSet(chunks, k, false))
		found = addValue(found, joinSet(chunks, k, true))
	}
	return found
}

// IsAmbiguous reports whether the request has several values that can be the session.
func (j *Jar) IsAmbiguous() bool {
	count := 0
	for name, value := range j.pairs {
		// A session in chunks has one that is the first.
		if rest, found := strings.CutPrefix(name, j.names.Session); found && value != "" &&
			(rest == "" || rest == ".0") {
			count++
		}
	}
	return count > 1
}

// chunks returns the values of each chunk in the order of the request, or none if there is a chunk
// with the number 100 or more.
func (j *Jar) chunks() [][]string {
	chunks := make([][]string, maxListed)
	for name, value := range j.pairs {
		rest, found := strings.CutPrefix(name, j.names.Session)
		if !found || !isChunk(rest) {
			continue
		}
		n, err := strconv.Atoi(rest[1:])
		if err != nil || n >= maxListed {
			return nil
		}
		if value != "" && len(chunks[n]) < maxValues {
			chunks[n] = append(chunks[n], value)
		}
	}
	return chunks
}

// joinSet joins the chunks that came as the k-th of their name, up to the first number without one.
// If fill is true, the last of a name stands for a k-th that is missing: then the older session had
// fewer chunks, and else more.
func joinSet(chunks [][]string, k int, fill bool) string {
	var b strings.Builder
	for _, values := range chunks {
		if len(values) == 0 || len(values) <= k && !fill {
			break
		}
		b.WriteString(values[min(k, len(values)-1)])
	}
	return b.String()
}

// isChunk reports whether a suffix of the session's name is that of a chunk: a dot and a decimal
// number without leading zeros, as Auth.js writes it.
func isChunk(suffix string) bool {
	if len(suffix) < 2 || suffix[0] != '.' || suffix[1] == '0' && len(suffix) > 2 {
		return false
	}
	return strings.Trim(suffix[1:], "0123456789") == ""
}

// SetSession sets the value of the session, split into chunks if it is long, and removes the other
// cookies of the session that the request had. If expires is the zero time, the session lasts until
// the browser is closed.
//
// If the encoded value has more than 64 kB, or if a chunk is too long for a cookie once it is
// encoded, SetSession returns [ErrTooLong] and changes nothing. The latter cannot happen to tokens,
// which have only characters that are not encoded.
func (j *Jar) SetSession(value string, expires time.Time) error {
	if encodedExceeds(value, maxSession) {
		return ErrTooLong
	}
	cookies := j.split(value, expires)
	for i := range cookies {
		if err := cookies[i].check(); err != nil {
			return err
		}
	}
	j.clearReceived()
	for _, c := range cookies {
		j.put(c)
	}
	return nil
}

// split returns the cookie or the chunks of a session.
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

// ClearSession removes the session from the browser: the cookie with the plain name, and the chunks
// that the request has, or the first 100 of them.
func (j *Jar) ClearSession() {
	j.clearReceived()
	j.clearForDomain(j.names.Session)
}

// clearForDomain removes one cookie of a session, and if the session is for a whole domain, also
// the cookie with the same name that was set for this host alone before that was configured. To
// browsers it is another cookie, and they would send it before the one of the domain.
func (j *Jar) clearForDomain(name string) {
	j.Clear(name)
	if j.names.Domain != "" && isToken(name) {
		j.put(Cookie{Name: name, Domain: j.names.Domain, MaxAge: -1})
	}
}

// clearReceived removes all cookies of the session that the request has, and takes back those that
// were set.
func (j *Jar) clearReceived() {
	j.out = slices.DeleteFunc(j.out, func(c Cookie) bool { return j.names.isSession(c.Name) })
	j.clearElsewhere()
	limit := len(j.out) + maxListed
	for name := range j.pairs {
		if len(j.out) >= limit {
			return
		}
		if j.names.isSession(name) {
			j.clearForDomain(name)
		}
	}
}

// DiscardSession removes the Set-Cookie headers for the session, which an earlier jar wrote, from
// the header of a response.
func (n *Names) DiscardSession(h http.Header) {
	const name = "Set-Cookie"
	kept := slices.DeleteFunc(h[name], func(line string) bool {
		set, _, _ := strings.Cut(line, "=")
		return n.isSession(set)
	})
	h[name] = kept
	if len(kept) == 0 {
		delete(h, name)
	}
}

// isSession reports whether a cookie with that name belongs to the session.
func (n *Names) isSession(name string) bool {
	rest, found := strings.CutPrefix(name, n.Session)
	return found && (rest == "" || isChunk(rest))
}
