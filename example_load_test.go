package cardea_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// A page for everybody that greets those who are signed in. SessionFrom reads no row.
func ExampleAuth_Load() {
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
	mux.Handle("GET /{$}", auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session := cardea.SessionFrom(r.Context()); session != nil {
			fmt.Fprintf(w, "Welcome back, %s!", session.User.Name)
			return
		}
		fmt.Fprint(w, "Welcome! Sign in to see more.")
	})))

	// A visitor who is not signed in.
	r := httptest.NewRequest(http.MethodGet, "https://example.com/", nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)

	// The same visitor after a sign-in, which stores a user and sets a cookie.
	ann := &cardea.User{Name: "Ann Example", Email: "ann@example.com"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		log.Fatal(err)
	}
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
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 Welcome! Sign in to see more.
	// 200 Welcome back, Ann Example!
}
