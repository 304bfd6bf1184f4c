package cardea_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// cacheablePages answer in the ways that handlers have, and want caches to store the answer.
func cacheablePages(t *testing.T) map[string]http.HandlerFunc {
	file := filepath.Join(t.TempDir(), "style.css")
	if err := os.WriteFile(file, []byte("body{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	forever := func(w http.ResponseWriter) { w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") }
	return map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			forever(w)
			io.WriteString(w, "page")
		},
		"nothing": func(w http.ResponseWriter, _ *http.Request) { forever(w) },
		"a status": func(w http.ResponseWriter, _ *http.Request) {
			forever(w)
			w.WriteHeader(http.StatusNoContent)
		},
		"an early hint": func(w http.ResponseWriter, _ *http.Request) {
			forever(w)
			w.WriteHeader(http.StatusEarlyHints)
			forever(w)
			io.WriteString(w, "page")
		},
		"a value added": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("Cache-Control", "public, max-age=60")
			io.WriteString(w, "page")
		},
		"none": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Del("Cache-Control")
			io.WriteString(w, "page")
		},
		"an error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusGone) },
		"a redirect for good": func(w http.ResponseWriter, r *http.Request) {
			forever(w)
			http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
		},
		"a file": func(w http.ResponseWriter, r *http.Request) {
			forever(w)
			http.ServeFile(w, r, file)
		},
		"a file that has not changed": func(w http.ResponseWriter, r *http.Request) {
			forever(w)
			r.Header.Set("If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			http.ServeFile(w, r, file)
		},
		"a stream": func(w http.ResponseWriter, _ *http.Request) {
			forever(w)
			w.(http.Flusher).Flush()
			io.WriteString(w, "page")
		},
		"a stream with a ResponseController": func(w http.ResponseWriter, _ *http.Request) {
			forever(w)
			c := http.NewResponseController(w)
			if err := c.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Error(err)
			}
			if err := c.Flush(); err != nil {
				t.Error(err)
			}
		},
		"a copy": func(w http.ResponseWriter, _ *http.Request) {
			forever(w)
			w.(io.ReaderFrom).ReadFrom(strings.NewReader("page"))
		},
		"fields for delivery networks and nginx": func(w http.ResponseWriter, _ *http.Request) {
			for _, name := range preferredByCaches {
				w.Header().Set(name, "public, max-age=60")
			}
			io.WriteString(w, "page")
		},
	}
}

// preferredByCaches are the fields that some caches obey instead of Cache-Control: RFC 9213 and the
// documentation of Cloudflare, Vercel, Netlify, Akamai, Fastly and nginx.
var preferredByCaches = []string{
	"CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Vercel-CDN-Cache-Control", "Netlify-CDN-Cache-Control",
	"Akamai-Cache-Control", "Edge-Cache-Control", "Surrogate-Control", "X-Accel-Expires",
}

// renewedOn serves a page behind a middleware on a server of its own, and returns its response to a
// visitor whose session is extended with it, and the header of its informational responses.
func renewedOn(t *testing.T, strategy cardea.Strategy, page func(*cardea.Auth) http.Handler) (
	res *http.Response, informational http.Header,
) {
	t.Helper()
	s := newSite(t, func(c *cardea.Config) {
		shortSessions(c)
		c.Session.Strategy = strategy
	})
	clock := s.setClock()
	b := s.signedIn(t, "")
	clock.advance(30 * time.Minute)
	server := httptest.NewServer(page(s.auth))
	t.Cleanup(server.Close)
	site, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			informational = http.Header(h)
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/page", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = site.Host
	r.Header.Set("Cookie", cookiesOf(b).String())
	res, err = server.Client().Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res, informational
}

// A shared cache that stores a response with a session cookie gives the session to everybody
// (RFC 9111 § 7.3).
func TestResponseWithASessionCookieIsNeverCacheable(t *testing.T) {
	t.Parallel()
	middleware := map[string]func(*cardea.Auth, http.HandlerFunc) http.Handler{
		"Load":    func(a *cardea.Auth, h http.HandlerFunc) http.Handler { return a.Load(h) },
		"Require": func(a *cardea.Auth, h http.HandlerFunc) http.Handler { return a.Require(h) },
		"Handle": func(a *cardea.Auth, h http.HandlerFunc) http.Handler {
			return cardea.Handle(a, func(w http.ResponseWriter, r *http.Request, _ *cardea.User) { h(w, r) })
		},
		"Require in Load": func(a *cardea.Auth, h http.HandlerFunc) http.Handler { return a.Load(a.Require(h)) },
	}
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for name, page := range cacheablePages(t) {
			for by, wrap := range middleware {
				res, informational := renewedOn(t, strategy, func(a *cardea.Auth) http.Handler { return wrap(a, page) })
				if setCookie(res, sessionCookie) == nil {
					t.Fatalf("%s, %s: the session was not extended", by, name)
				}
				for what, h := range map[string]http.Header{"response": res.Header, "informational": informational} {
					if h == nil {
						continue
					}
					if got := h["Cache-Control"]; !slices.Equal(got, []string{"private, no-store"}) {
						t.Errorf("%s, %s, %s: Cache-Control = %q", by, name, what, got)
					}
					for _, preferred := range preferredByCaches {
						if got := h.Values(preferred); got != nil {
							t.Errorf("%s, %s, %s: %s = %q", by, name, what, preferred, got)
						}
					}
				}
			}
		}
	})
}

func TestHandlerBehindLoadCanTakeOverTheConnection(t *testing.T) {
	t.Parallel()
	for name, hijack := range map[string]func(http.ResponseWriter) (io.Closer, *bufio.ReadWriter, error){
		"type assertion": func(w http.ResponseWriter) (io.Closer, *bufio.ReadWriter, error) {
			return w.(http.Hijacker).Hijack()
		},
		"ResponseController": func(w http.ResponseWriter) (io.Closer, *bufio.ReadWriter, error) {
			return http.NewResponseController(w).Hijack()
		},
	} {
		res, _ := renewedOn(t, cardea.StrategyJWT, func(a *cardea.Auth) http.Handler {
			return a.Load(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, rw, err := hijack(w)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				defer conn.Close()
				io.WriteString(rw, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				rw.Flush()
			}))
		})
		if got := text(t, res); got != "ok" {
			t.Errorf("%s: body = %q", name, got)
		}
	}
}

func TestLoadForbidsCachingOfPagesOfSignedInVisitors(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	page := s.auth.Load(greeting)
	if got := open(t, page, s.signedIn(t, "")).Header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("signed in: Cache-Control = %q", got)
	}
	if got := open(t, page, newBrowser(t, s.URL)).Header["Cache-Control"]; got != nil {
		t.Errorf("not signed in: Cache-Control = %q", got)
	}
	chosen := s.auth.Load(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
	}))
	if got := open(t, chosen, s.signedIn(t, "")).Header.Get("Cache-Control"); got != "public, max-age=60" {
		t.Errorf("a handler that chooses: Cache-Control = %q", got)
	}
}
