package cardea_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/provider"
)

// BenchmarkJWTSession compares the cost of a JWT session with that of its cryptography: Load with
// one decryption, and GET session with one decryption and the encryption of the renewed cookie.
// Nothing is sent over a network.
func BenchmarkJWTSession(b *testing.B) {
	const name = "authjs.session-token"
	sealer := seal.New([]string{secret}, seal.SchemeV5)
	claims := map[string]any{
		"name": "Ann Example", "email": "ann@example.com", "picture": nil,
		"sub": "7d1c2a3e-5f4b-4a51-9d6f-0b8a6c1f2e33", "sid": "JBSWY3DPEHPK3PXPJBSWY3DPEH",
	}
	token, err := sealer.Seal(name, claims, time.Now(), 24*time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	auth, err := cardea.New(cardea.Config{
		Secret: secret, BaseURL: "http://localhost:3000", Logger: slog.New(slog.DiscardHandler),
		Session:   cardea.SessionConfig{MaxAge: 24 * time.Hour, UpdateAge: 24 * time.Hour},
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decrypt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := sealer.Open(name, token, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		found := false
		serveSession(b, auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			found = cardea.SessionFrom(r.Context()) != nil
		})), name, token)
		if !found {
			b.Fatal("no session")
		}
	})
	b.Run("decrypt and encrypt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			opened, err := sealer.Open(name, token, time.Now())
			if err == nil {
				_, err = sealer.Seal(name, opened, time.Now(), 24*time.Hour)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get session", func(b *testing.B) { serveSession(b, auth, name, token) })
}

// serveSession sends requests to a handler, one after another, with the cookies of a signed-in
// browser.
func serveSession(b *testing.B, h http.Handler, name, token string) {
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "http://localhost:3000/api/auth/session", nil))
	req := httptest.NewRequest(http.MethodGet, "http://localhost:3000/api/auth/session", nil)
	req.AddCookie(&http.Cookie{Name: name, Value: token})
	for _, c := range first.Result().Cookies() {
		req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
