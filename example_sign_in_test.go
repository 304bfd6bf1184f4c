package cardea_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// A registration form of the application's own. It stores the user and signs them in.
func ExampleAuth_SignIn() {
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		Logger:    slog.New(slog.DiscardHandler), // the default is slog.Default()
		Adapter:   store,
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		log.Fatal(err)
	}
	register := func(w http.ResponseWriter, r *http.Request) {
		u := &cardea.User{Name: r.FormValue("name")}
		if err := store.CreateUser(r.Context(), u); err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		_, err := auth.SignIn(w, r, cardea.Proof{UserID: u.ID, Provider: "registration"})
		if refused, ok := errors.AsType[*cardea.Error](err); ok && refused.Redirect != "" {
			http.Redirect(w, r, refused.Redirect, http.StatusSeeOther)
			return
		} else if err != nil {
			http.Error(w, "You cannot sign in now.", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
	home := func(w http.ResponseWriter, _ *http.Request, u *cardea.User) { fmt.Fprintf(w, "Hello, %s!", u.Name) }

	// No other site may post the form.
	protection := http.NewCrossOriginProtection()
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("POST /register", protection.Handler(http.HandlerFunc(register)))
	mux.Handle("GET /{$}", cardea.Handle(auth, home))
	mux.HandleFunc("POST /leave", func(w http.ResponseWriter, r *http.Request) {
		if err := auth.SignOut(w, r); err != nil {
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "Goodbye!")
	})
	site := httptest.NewServer(mux)
	defer site.Close()

	jar, err := cookiejar.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	browser := site.Client()
	browser.Jar = jar
	for _, path := range []string{"/register", "/leave"} {
		res, err := browser.PostForm(site.URL+path, url.Values{"name": {"Ann"}})
		if err != nil {
			log.Fatal(err)
		}
		page, err := io.ReadAll(res.Body)
		if err != nil {
			log.Fatal(err)
		}
		res.Body.Close()
		fmt.Println(string(page))
	}
	// Output:
	// Hello, Ann!
	// Goodbye!
}
