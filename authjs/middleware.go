package authjs

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// Middleware returns [Sessions.Require] of the sessions that [New] returns, for an API that does
// nothing else with sessions. It works with [net/http] and with routers that have the same kind of
// middleware, such as chi. The error is that of New.
func Middleware(c Config) (func(http.Handler) http.Handler, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	return s.Require, nil
}

// readResult is the result of [Sessions.Read] in the context of a request.
type readResult struct {
	sessions *Sessions
	claims   Claims // nil if there is no session
	err      error
}

type readResultKey struct{}

// ClaimsFrom returns the claims of the session of the request with this context. It returns nil if
// there is no session, or if the request did not pass [Sessions.Load] or [Sessions.Require].
func ClaimsFrom(ctx context.Context) Claims {
	result, _ := ctx.Value(readResultKey{}).(readResult)
	return result.claims
}

// Load is middleware that reads the session of a request, for [ClaimsFrom], and lets every request
// pass. If there is a session, Load sets Cache-Control to "private, no-store", so that caches do
// not store the response; next may replace it.
func (s *Sessions) Load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, _ = s.load(w, r)
		next.ServeHTTP(w, r)
	})
}

// Require is middleware like [Sessions.Load], but lets only requests with a session pass. It
// answers all others with 401 and a JSON body, and logs the reason unless there was no session.
func (s *Sessions) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := s.load(w, r)
		if err != nil {
			s.refuse(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// load returns the request with the session in its context, and the error of reading it. If a
// request passes several middleware of s, the session is read only once.
func (s *Sessions) load(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	if result, ok := r.Context().Value(readResultKey{}).(readResult); ok && result.sessions == s {
		return r, result.err
	}
	w.Header().Add("Vary", "Cookie")
	if s.bearer {
		w.Header().Add("Vary", "Authorization")
	}
	claims, err := s.Read(r)
	switch {
	case err == nil:
		w.Header().Set("Cache-Control", "private, no-store")
	case !errors.Is(err, ErrNoSession):
		s.log.DebugContext(r.Context(), "authjs: session refused", "cause", err)
	}
	return r.WithContext(context.WithValue(r.Context(), readResultKey{}, readResult{s, claims, err})), err
}

// refuse answers a request without a valid session.
func (s *Sessions) refuse(w http.ResponseWriter, err error) {
	if s.bearer {
		w.Header().Set("WWW-Authenticate", challenge(err))
	}
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	io.WriteString(w, `{"error":"unauthorized","message":"Sign in first."}`+"\n")
}

// challenge returns the WWW-Authenticate header. It says whether the request had no token or an
// invalid one (RFC 6750 § 3).
func challenge(err error) string {
	if errors.Is(err, ErrNoSession) {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}
