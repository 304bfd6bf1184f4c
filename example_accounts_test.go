package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// A page on which users see their accounts, and the form with which they unlink one, for whoever
// has signed in within the last quarter of an hour. The last account stays, because its owner could
// not sign in without it.
func ExampleAuth_UnlinkAccount() {
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
	mux.Handle("GET /accounts", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *cardea.User) {
		accounts, err := auth.Accounts(r.Context(), u.ID)
		if err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		for _, a := range accounts {
			fmt.Fprintf(w, "%s: %s", a.Provider, a.ProviderAccountID)
		}
	}))
	unlink := func(w http.ResponseWriter, r *http.Request, u *cardea.User) {
		err := auth.UnlinkAccount(r.Context(), u.ID, r.FormValue("provider"), r.FormValue("account"))
		switch {
		case errors.Is(err, cardea.ErrLastCredential):
			fmt.Fprint(w, "Link another account first.")
		case err != nil:
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		default:
			http.Redirect(w, r, "/accounts", http.StatusSeeOther)
		}
	}
	mux.Handle("POST /unlink", auth.RequireFresh(15*time.Minute, cardea.Handle(auth, unlink)))

	// A user with an account at GitHub, who has just signed in, and the cookies of the session.
	ann := &cardea.User{Name: "Ann Example", Email: "ann@example.com"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		log.Fatal(err)
	}
	if err := store.LinkAccount(context.Background(), &cardea.Account{
		UserID: ann.ID, Type: cardea.TypeOAuth, Provider: "github", ProviderAccountID: "583231",
	}); err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "https://example.com/accounts", nil)
	signedIn := httptest.NewRecorder()
	if _, err := auth.SignIn(signedIn, r, cardea.Proof{UserID: ann.ID, Provider: "github"}); err != nil {
		log.Fatal(err)
	}
	for _, cookie := range signedIn.Result().Cookies() {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)

	r.Method, r.URL.Path, r.URL.RawQuery = http.MethodPost, "/unlink", "provider=github&account=583231"
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output:
	// 200 github: 583231
	// 200 Link another account first.
}
