package cardea_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/provider"
)

// The browser learns the user's id and role in addition to name, email and image.
func ExampleCallbacks_session() {
	const secret = "32 bytes or more, made by: cardea secret"
	auth, err := cardea.New(cardea.Config{
		Secret:    secret,
		BaseURL:   "https://example.com",
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
		Callbacks: cardea.Callbacks{
			Session: func(_ context.Context, v *cardea.SessionView) error {
				v.User["id"] = v.Session.UserID
				v.User["role"] = v.Session.Claims.String("role") // which the JWT callback has added
				return nil
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	// A browser that is signed in asks for its session.
	r := httptest.NewRequest(http.MethodGet, "https://example.com/api/auth/session", nil)
	sessions, err := authjs.New(authjs.Config{Secret: secret})
	if err != nil {
		log.Fatal(err)
	}
	cookie := httptest.NewRecorder()
	claims := authjs.Claims{"sub": "7", "name": "Ann Example", "role": "EDITOR"}
	if err := sessions.Write(cookie, r, claims); err != nil {
		log.Fatal(err)
	}
	r.AddCookie(cookie.Result().Cookies()[0])
	w := httptest.NewRecorder()
	auth.ServeHTTP(w, r)

	var session struct {
		User json.RawMessage `json:"user"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &session); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(session.User))
	// Output: {"email":null,"id":"7","image":null,"name":"Ann Example","role":"EDITOR"}
}
