package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// A call to the provider's API for the user who is signed in, with a token that is refreshed when
// it must be.
func ExampleAuth_AccessToken() {
	site := startExample(cardea.Config{})
	defer site.close()

	site.mux.Handle("GET /calendar", cardea.Handle(site.auth, func(w http.ResponseWriter, r *http.Request, _ *User) {
		token, err := site.auth.AccessToken(r.Context(), cardea.SessionFrom(r.Context()).UserID, "idp")
		switch {
		case errors.Is(err, cardea.ErrGrantRevoked):
			http.Error(w, "Sign in again.", http.StatusForbidden)
		case err != nil:
			http.Error(w, "Try again later.", http.StatusBadGateway)
		default:
			fmt.Fprintf(w, "There is a token: %t.", token != "")
		}
	}))

	fmt.Println(site.get("/calendar", site.signedIn))
	// Output: 200 There is a token: true.
}

// The page on which people see where they are signed in, and the button that signs them out
// everywhere else.
func ExampleAuth_Sessions() {
	site := startExample(cardea.Config{})
	defer site.close()
	phone := cardeatest.SignIn(&site.closers, site.server.URL, "idp", "ann@example.com")

	var here *cardea.Session
	site.mux.Handle("GET /sessions", site.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		here = cardea.SessionFrom(r.Context())
		sessions, err := site.auth.Sessions(r.Context(), here.UserID)
		if err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		this := 0
		for _, s := range sessions {
			if s.ID() == here.ID() {
				this++
			}
		}
		fmt.Fprintf(w, "%d sessions, %d of them this one", len(sessions), this)
	})))
	fmt.Println(site.get("/sessions", phone))

	ended, err := site.auth.EndSessions(context.Background(), here.UserID, here)
	fmt.Println(ended, err)
	fmt.Println(site.get("/sessions", phone))
	fmt.Println(site.get("/sessions", site.signedIn))
	// Output:
	// 200 2 sessions, 1 of them this one
	// 1 <nil>
	// 200 1 sessions, 1 of them this one
	// 401 {"error":"unauthorized","message":"Sign in first."}
}

// The last account stays, because the user could not sign in without it.
func ExampleAuth_UnlinkAccount() {
	site := startExample(cardea.Config{})
	defer site.close()

	site.mux.Handle("GET /accounts", site.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := cardea.SessionFrom(r.Context()).UserID
		accounts, err := site.auth.Accounts(r.Context(), user)
		if err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		for _, a := range accounts {
			err := site.auth.UnlinkAccount(r.Context(), user, a.Provider, a.ProviderAccountID)
			fmt.Fprintf(w, "%s %s, the last: %t", a.Provider, a.ProviderAccountID,
				errors.Is(err, cardea.ErrLastCredential))
		}
	})))

	fmt.Println(site.get("/accounts", site.signedIn))
	// Output: 200 idp 1001, the last: true
}

// Whoever is deleted is signed out at once.
func ExampleAuth_DeleteUser() {
	site := startExample(cardea.Config{})
	defer site.close()

	site.mux.Handle("GET /bye", site.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := site.auth.DeleteUser(r.Context(), cardea.SessionFrom(r.Context()).UserID); err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "Good-bye.")
	})))

	fmt.Println(site.get("/bye", site.signedIn))
	fmt.Println(site.get("/bye", site.signedIn))
	// Output:
	// 200 Good-bye.
	// 401 {"error":"unauthorized","message":"Sign in first."}
}
