package cardea

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
)

// uncacheable is a response with a session cookie. A cache that stored it would give the session to
// everybody, so no cache may store it, whatever the handler says: a handler that lets caches store
// its pages, or calls [http.Error], cannot know that the middleware has set a cookie.
//
// Flush, Hijack and ReadFrom are there because handlers look for them with type assertions. For
// everything else there is Unwrap, which [http.ResponseController] uses.
type uncacheable struct {
	http.ResponseWriter
	sent bool // whether the header was written
}

// forbid sets Cache-Control, and removes the fields that caches of content delivery networks and
// proxies prefer to it: those of RFC 9213, their older names, and that of nginx.
func (w *uncacheable) forbid() {
	h := w.Header()
	for name := range h {
		if strings.HasSuffix(name, "-Cache-Control") {
			delete(h, name)
		}
	}
	h.Del("Surrogate-Control")
	h.Del("X-Accel-Expires")
	h.Set("Cache-Control", "private, no-store")
}

// forbidCaching is for the end of a handler that has written nothing: the server writes the header
// then.
func forbidCaching(w http.ResponseWriter) {
	if w, ok := w.(*uncacheable); ok {
		w.forbid()
	}
}

func (w *uncacheable) WriteHeader(status int) {
	w.forbid()
	w.sent = w.sent || status >= http.StatusOK || status == http.StatusSwitchingProtocols
	w.ResponseWriter.WriteHeader(status)
}

func (w *uncacheable) Write(p []byte) (int, error) {
	w.forbid()
	w.sent = true
	return w.ResponseWriter.Write(p)
}

func (w *uncacheable) ReadFrom(r io.Reader) (int64, error) {
	w.forbid()
	w.sent = true
	return io.Copy(w.ResponseWriter, r)
}

func (w *uncacheable) Flush() {
	w.forbid()
	w.sent = true
	// Flush has no error to return, like that of net/http.
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *uncacheable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Written reports whether the header was written.
func (w *uncacheable) Written() bool { return w.sent }

func (w *uncacheable) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// headerWritten reports whether the header of a response is known to be written, so that a cookie
// would come too late. The ResponseWriter of net/http does not tell; those of this package, and
// many of other packages, have a method Written.
func headerWritten(w http.ResponseWriter) bool {
	for {
		if w, ok := w.(interface{ Written() bool }); ok && w.Written() {
			return true
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = wrapper.Unwrap()
	}
}
