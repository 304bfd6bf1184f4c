package cardea_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// Who changes their address must have signed in within the last quarter of an hour. A visitor who
// was signed in earlier signs in again and comes back.
func ExampleAuth_RequireFresh() {
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		BaseURL:   "https://example.com",
		Adapter:   store,
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("/address", auth.RequireFresh(15*time.Minute, cardea.Handle(auth,
		func(w http.ResponseWriter, _ *http.Request, u *cardea.User) {
			fmt.Fprintf(w, "Where do you live, %s?", u.Name)
		})))

	// Ann has just signed in with a password.
	ann := &cardea.User{Name: "Ann Example"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		log.Fatal(err)
	}
	signedIn := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "https://example.com/address", nil)
	if _, err := auth.SignIn(signedIn, r, cardea.Proof{UserID: ann.ID, Methods: []string{"pwd"}}); err != nil {
		log.Fatal(err)
	}
	for _, cookie := range signedIn.Result().Cookies() {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 Where do you live, Ann Example?
}
