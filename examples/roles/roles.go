package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea"
)

// only returns middleware that lets only users with one of the roles pass. It belongs behind
// Require.
func only(roles ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			u, err := cardea.UserAs[User](r.Context())
			switch {
			case errors.Is(err, cardea.ErrNoSession): // nobody is signed in: Require is missing
				refuse(w, r, http.StatusUnauthorized, "unauthorized", "Sign in first.")
			case err != nil:
				refuse(w, r, http.StatusServiceUnavailable, "unavailable", "Try again later.")
			case !slices.Contains(roles, u.Role):
				refuse(w, r, http.StatusForbidden, "forbidden", "Your role does not allow that.")
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// refuse says no: to a browser that opens a page with a page, and to everybody else in JSON, like
// Require. Write a page of your own there.
func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if opensPage(r) {
		http.Error(w, message, status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// It fails only if the client has left.
	json.NewEncoder(w).Encode(map[string]string{"error": code, "message": message})
}

// opensPage reports whether a browser shows the answer as a page.
func opensPage(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
