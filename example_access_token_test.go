package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// A page that calls the provider's API for the signed-in user. The token is refreshed if it is
// about to expire.
func ExampleAuth_AccessToken() {
	const secret = "32 bytes or more, made by: cardea secret"
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret:    secret,
		BaseURL:   "https://example.com",
		Adapter:   store,
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
		Session:   cardea.SessionConfig{Strategy: cardea.StrategyJWT},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /repositories", auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := auth.AccessToken(r.Context(), cardea.SessionFrom(r.Context()).UserID, "github")
		switch {
		case errors.Is(err, cardea.ErrNotFound), errors.Is(err, cardea.ErrGrantRevoked):
			http.Error(w, "Sign in with GitHub again.", http.StatusForbidden)
		case err != nil:
			http.Error(w, "Try again later.", http.StatusBadGateway)
		default:
			fmt.Fprint(w, "GET https://api.github.com/user/repos with Authorization: Bearer ", token)
		}
	})))

	// A user who has signed in with GitHub, and the cookie of the session.
	ann := &cardea.User{Name: "Ann Example", Email: "ann@example.com"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		log.Fatal(err)
	}
	if err := store.LinkAccount(context.Background(), &cardea.Account{
		UserID: ann.ID, Type: cardea.TypeOAuth, Provider: "github", ProviderAccountID: "583231",
		AccessToken: "gho_16C7", TokenType: "bearer",
	}); err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "https://example.com/repositories", nil)
	sessions, err := authjs.New(authjs.Config{Secret: secret})
	if err != nil {
		log.Fatal(err)
	}
	cookie := httptest.NewRecorder()
	claims := authjs.Claims{"sub": ann.ID, "name": ann.Name, "email": ann.Email}
	if err := sessions.Write(cookie, r, claims); err != nil {
		log.Fatal(err)
	}
	r.AddCookie(cookie.Result().Cookies()[0])
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 GET https://api.github.com/user/repos with Authorization: Bearer gho_16C7
}
