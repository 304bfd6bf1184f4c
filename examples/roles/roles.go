package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

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
				refuse(w, http.StatusUnauthorized, "Sign in first.")
			case err != nil:
				refuse(w, http.StatusServiceUnavailable, "Try again later.")
			case !slices.Contains(roles, u.Role):
				refuse(w, http.StatusForbidden, "Your role does not allow that.")
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// refuse answers in JSON, like Require.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"message": message}) // fails only if the client has left
}
