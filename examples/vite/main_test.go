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
	api, err := newAPI("http://localhost:3000", front, printer{})
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

// A browser asks before it sends JSON, without cookies. It may send what it asks for if it is the
// front end.
func TestPreflight(t *testing.T) {
	t.Parallel()
	const front = "http://localhost:5173"
	api, err := newAPI("http://localhost:3000", front, printer{})
	if err != nil {
		t.Fatal(err)
	}
	for _, origin := range []string{front, "http://localhost:5174"} {
		r, w := httptest.NewRequest(http.MethodOptions, "/api/me", nil), httptest.NewRecorder()
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "content-type")
		api.ServeHTTP(w, r)
		allowed := w.Code == http.StatusNoContent && w.Header().Get("Access-Control-Allow-Origin") == origin &&
			w.Header().Get("Access-Control-Allow-Headers") == "Content-Type"
		if allowed != (origin == front) {
			t.Errorf("%s: %d, %v", origin, w.Code, w.Header())
		}
	}
}
