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
type uncacheable struct{ http.ResponseWriter }

// forbid sets Cache-Control, and removes the fields that caches of content delivery networks and
// proxies prefer to it: those of RFC 9213, their older names, and that of nginx.
func (w uncacheable) forbid() {
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
	if w, ok := w.(uncacheable); ok {
		w.forbid()
	}
}

func (w uncacheable) WriteHeader(status int) {
	w.forbid()
	w.ResponseWriter.WriteHeader(status)
}

func (w uncacheable) Write(p []byte) (int, error) {
	w.forbid()
	return w.ResponseWriter.Write(p)
}

func (w uncacheable) ReadFrom(r io.Reader) (int64, error) {
	w.forbid()
	return io.Copy(w.ResponseWriter, r)
}

func (w uncacheable) Flush() {
	w.forbid()
	// Flush has no error to return, like that of net/http.
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

func (w uncacheable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func (w uncacheable) Unwrap() http.ResponseWriter { return w.ResponseWriter }
