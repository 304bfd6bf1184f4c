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

// A part of a site for signed-in visitors. A program gets 401. A browser that opens a page is
// redirected to the sign-in page and comes back afterwards.
func ExampleAuth_Require() {
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
	orders := http.NewServeMux()
	orders.HandleFunc("GET /orders/open", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "The open orders of %s.", cardea.SessionFrom(r.Context()).User.Name)
	})
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("/orders/", auth.Require(orders))

	// A program that is not signed in.
	r := httptest.NewRequest(http.MethodGet, "https://example.com/orders/open", nil)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)

	// A browser that is not signed in.
	r.Header.Set("Accept", "text/html")
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"))

	// The same browser after a sign-in, which stores a user and sets a cookie.
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
	// 401 {"error":"unauthorized","message":"Sign in first."}
	// 303 https://example.com/api/auth/signin?callbackUrl=https%3A%2F%2Fexample.com%2Forders%2Fopen
	// 200 The open orders of Ann Example.
}
