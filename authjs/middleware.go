package authjs

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// Middleware is [New] and [Sessions.Require] in one, for an API that does nothing else with
// sessions. It suits [net/http] and routers with the same handlers, as chi's Use.
func Middleware(c Config) (func(http.Handler) http.Handler, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	return s.Require, nil
}

// visit is what a request's context knows of its session.
type visit struct {
	sessions *Sessions
	claims   Claims // nil when there is none
	err      error
}

type visitKey struct{}

// ClaimsFrom returns the content of the session of the request that ctx belongs to, and nil when
// there is none or the request did not pass [Sessions.Load] or [Sessions.Require].
func ClaimsFrom(ctx context.Context) Claims {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v.claims
}

// Load is middleware that reads the session of a request, for [ClaimsFrom], and lets everybody
// pass. An answer to a signed-in visitor is not stored by caches, unless what is behind it sets
// another Cache-Control.
func (s *Sessions) Load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, _ = s.load(w, r)
		next.ServeHTTP(w, r)
	})
}

// Require is [Sessions.Load] that lets only signed-in visitors pass. All others get 401 with a JSON
// body, and the log says why.
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

// load reads the session once for all middleware of s that a request passes.
func (s *Sessions) load(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	if v, ok := r.Context().Value(visitKey{}).(visit); ok && v.sessions == s {
		return r, v.err
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
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, visit{s, claims, err})), err
}

// refuse answers a visitor who is not signed in.
func (s *Sessions) refuse(w http.ResponseWriter, err error) {
	if s.bearer {
		w.Header().Set("WWW-Authenticate", challenge(err))
	}
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	io.WriteString(w, `{"error":"unauthorized","message":"Sign in first."}`+"\n")
}

// challenge tells a client whether to try again with another token (RFC 6750 § 3).
func challenge(err error) string {
	if errors.Is(err, ErrNoSession) {
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}
