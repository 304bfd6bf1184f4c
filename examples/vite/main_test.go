package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// The browser test of the front end is in module conformance.
func TestOnlyTheFrontEndReadsTheAPI(t *testing.T) {
	t.Parallel()
	const front = "http://localhost:5173"
	api, err := newAPI("http://localhost:3000", front)
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/api/me": http.StatusUnauthorized, "/api/auth/session": http.StatusOK} {
		for _, origin := range []string{front, "http://localhost:5174", "null"} {
			r, w := httptest.NewRequest(http.MethodGet, path, nil), httptest.NewRecorder()
			r.Header.Set("Origin", origin)
			r.Header.Set("Accept", "application/json")
			api.ServeHTTP(w, r)
			got, vary := w.Header().Get("Access-Control-Allow-Origin"), w.Header().Get("Vary")
			if (got == origin) != (origin == front) || vary != "Origin" || w.Code != status {
				t.Errorf("%s from %s: status %d, allowed %q, Vary %q", path, origin, w.Code, got, vary)
			}
		}
	}
}
