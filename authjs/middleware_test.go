package authjs_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

// These are the types that Use of chi accepts.
var (
	_ func(http.Handler) http.Handler                              = (*authjs.Sessions)(nil).Require
	_ func(http.Handler) http.Handler                              = (*authjs.Sessions)(nil).Load
	_ func(authjs.Config) (func(http.Handler) http.Handler, error) = authjs.Middleware
)

// subject answers with the subject of the session.
var subject = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Write([]byte("subject=" + authjs.ClaimsFrom(r.Context()).Subject()))
})

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Auth.js GHSA-8fpg-xm3f-6cx3: whatever is wrong with a session, Require answers 401 and
// with Load there are no claims.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	c := authjs.Config{Secret: secret}
	s, token := newSessions(t, c), sealed(t, c, ada)
	middleware, err := authjs.Middleware(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		cookies  string
		signedIn bool
	}{
		{"session", secure + "=" + token, true},
		{"nothing", "", false},
		{"another secret", secure + "=" + sealed(t, authjs.Config{Secret: older}, ada), false},
		{"id of a database session", secure + "=0f0e9a52-6d1e-4d61-8a1e-5f4b2c1d8a0e", false},
		{"cut off", secure + "=" + token[:len(token)-1], false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, h := range map[string]http.Handler{
				"Require": s.Require(subject), "Middleware": middleware(subject),
				"Require in Load": s.Load(s.Require(subject)),
			} {
				w := serve(h, request(tt.cookies))
				status, contentType := http.StatusUnauthorized, "application/json"
				body := `{"error":"unauthorized","message":"Sign in first."}` + "\n"
				if tt.signedIn {
					status, contentType, body = http.StatusOK, "text/plain; charset=utf-8", "subject=user-1"
				}
				got := w.Result().Header.Get("Content-Type")
				if w.Code != status || w.Body.String() != body || got != contentType {
					t.Errorf("%s: got %d %s %s, want %d %s", name, w.Code, got, w.Body, status, body)
				}
				if got := w.Header().Get("Cache-Control"); got != "private, no-store" {
					t.Errorf("%s: Cache-Control: %q", name, got)
				}
				if got := w.Header()["Vary"]; !slices.Equal(got, []string{"Cookie"}) {
					t.Errorf("%s: Vary: %q", name, got)
				}
				// the last one: fiber CVE-2024-25124
				for _, name := range []string{"WWW-Authenticate", "Set-Cookie", "Access-Control-Allow-Origin"} {
					if w.Header().Get(name) != "" {
						t.Errorf("%s: %s", name, w.Header().Get(name))
					}
				}
			}

			w := serve(s.Load(subject), request(tt.cookies))
			body, cache := "subject=", ""
			if tt.signedIn {
				body, cache = "subject=user-1", "private, no-store"
			}
			if got := w.Header().Get("Cache-Control"); w.Code != http.StatusOK || w.Body.String() != body ||
				got != cache || w.Header().Get("Vary") != "Cookie" {
				t.Errorf("Load: got %d, %s, %v", w.Code, w.Body, w.Header())
			}
		})
	}
}

func TestHandlerChoosesItsCacheControl(t *testing.T) {
	t.Parallel()
	c := authjs.Config{Secret: secret}
	w := serve(newSessions(t, c).Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=60")
	})), request(secure+"="+sealed(t, c, ada)))
	if got := w.Header()["Cache-Control"]; !slices.Equal(got, []string{"private, max-age=60"}) {
		t.Errorf("Cache-Control: %q", got)
	}
}

// RFC 6750, Section 3: the response to a client that sent no token has no error code.
func TestChallenge(t *testing.T) {
	t.Parallel()
	s := newSessions(t, authjs.Config{Secret: secret, Bearer: true})
	for header, want := range map[string]string{
		"": "Bearer", "Bearer %": "Bearer", "Bearer x": `Bearer error="invalid_token"`,
	} {
		r := request("")
		r.Header.Set("Authorization", header)
		w := serve(s.Require(subject), r)
		if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || got != want {
			t.Errorf("%q: got %d, %q, want %q", header, w.Code, got, want)
		}
		if got := w.Header()["Vary"]; !slices.Equal(got, []string{"Cookie", "Authorization"}) {
			t.Errorf("%q: Vary: %q", header, got)
		}
	}
}

func TestClaimsFromOtherContext(t *testing.T) {
	t.Parallel()
	if got := authjs.ClaimsFrom(context.Background()); got != nil {
		t.Errorf("got %v", got)
	}
}

// The session that the middleware for one server found is not used by the middleware for another.
func TestInnermostMiddlewareCounts(t *testing.T) {
	t.Parallel()
	own, other := authjs.Config{Secret: secret}, authjs.Config{Secret: older}
	r := request(secure + "=" + sealed(t, own, ada))
	ownSessions, otherSessions := newSessions(t, own), newSessions(t, other)
	if w := serve(ownSessions.Load(otherSessions.Require(subject)), r); w.Code != http.StatusUnauthorized {
		t.Errorf("Require: got %d", w.Code)
	}
	if w := serve(ownSessions.Load(otherSessions.Load(subject)), r); w.Body.String() != "subject=" {
		t.Errorf("Load: got %s", w.Body)
	}
	if w := serve(otherSessions.Load(ownSessions.Load(subject)), r); w.Body.String() != "subject=user-1" {
		t.Errorf("the other way round: got %s", w.Body)
	}
}

// oauth2-proxy CVE-2025-64484: the identity of a user comes from the session only.
func TestHeadersDoNotIdentify(t *testing.T) {
	t.Parallel()
	c := authjs.Config{Secret: secret}
	s := newSessions(t, c)
	for _, cookies := range []string{"", secure + "=" + sealed(t, c, ada)} {
		r := request(cookies)
		want := serve(s.Require(subject), r)
		for _, name := range []string{
			"X-User", "X_User", "X-Forwarded-User", "X-Forwarded-Uri", "X-Forwarded-Proto", "Remote-User",
			"Authorization",
		} {
			r.Header[name] = []string{"mallory"}
		}
		if got := serve(s.Require(subject), r); got.Code != want.Code || got.Body.String() != want.Body.String() {
			t.Errorf("got %d %s, want %d %s", got.Code, got.Body, want.Code, want.Body)
		}
	}
}

// next-auth CVE-2022-31186: secrets in the log.
func TestLogContainsNothingPrivate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := authjs.Config{
			Secret: secret, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}
		s, token, wrong := newSessions(t, c), sealed(t, c, ada), sealed(t, authjs.Config{Secret: older}, ada)

		serve(s.Require(subject), request(""))
		serve(s.Require(subject), request(secure+"="+token))
		if log.Len() > 0 {
			t.Errorf("logged without a reason: %s", &log)
		}
		serve(s.Load(s.Require(subject)), request(secure+"="+wrong))
		time.Sleep(31 * 24 * time.Hour)
		serve(s.Load(subject), request(secure+"="+token))
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "session is not valid") ||
			!strings.Contains(lines[1], "session has expired") {
			t.Errorf("got %q", lines)
		}
		for _, private := range []string{secret, older, token, wrong, token[:20], "ada", "Ada", "user-1"} {
			if strings.Contains(log.String(), private) {
				t.Errorf("the log contains %q", private)
			}
		}
	})
}
