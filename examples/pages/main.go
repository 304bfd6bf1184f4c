// Command pages is a web site with pages of its own for everything that a visitor of Cardea sees:
// signing in, linking accounts, signing out and failures. docs/pages.md explains its code.
//
//	go run ./examples/pages
//
// It listens on http://localhost:3000 and keeps users in memory. The name "ann" with the password
// "open sesame" signs in; mails are printed.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// site is the application.
type site struct {
	auth      *cardea.Auth
	providers []cardea.Provider // in the order of the sign-in page
}

// printer prints mails instead of sending them.
type printer struct{}

// Send prints the mail.
func (printer) Send(_ context.Context, m email.Message) error {
	_, err := fmt.Println(m.Text)
	return err
}

func main() {
	handler, err := newSite("http://localhost:3000", printer{})
	if err != nil {
		log.Fatal(err)
	}
	log.Print("Open http://localhost:3000 (stop with Ctrl-C)")
	log.Fatal(http.ListenAndServe("localhost:3000", handler))
}

// newSite returns the whole application: the site at url, which sends mails with sender.
func newSite(url string, sender email.Sender) (http.Handler, error) {
	store := memadapter.New()
	ann := &cardea.User{Name: "Ann", Email: "ann@example.com"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		return nil, err
	}
	// For development only: this identity provider signs in anybody under any name.
	idp := cardeatest.NewLocalIssuer(url+"/idp", "pages", "not a secret")
	s := &site{providers: []cardea.Provider{
		provider.OIDC("local", "a local account",
			provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
		email.New(email.Options{From: "Pages <no-reply@example.com>", Sender: sender}),
		credentials.New(credentials.Options{
			Name: "a password",
			Fields: []cardea.Field{
				{Name: "name", Label: "Name", Autocomplete: "username", Required: true},
				{Name: "password", Label: "Password", Type: "password", Required: true},
			},
			// A real check compares hashes; see credentials.Password.
			Authorize: func(_ context.Context, in credentials.Input) (*cardea.User, error) {
				if in.Get("name") != "ann" || in.Get("password") != "open sesame" {
					return nil, credentials.Refuse("")
				}
				return ann, nil
			},
		}),
	}}
	var err error
	s.auth, err = cardea.New(cardea.Config{
		Secret: rand.Text() + rand.Text(), Adapter: store, Providers: s.providers,
		Pages: cardea.Pages{SignIn: "/signin", Error: "/signin", SignOut: "/account"},
	})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	mux.Handle("/idp/", idp)
	mux.Handle("/api/auth/", s.auth)
	mux.HandleFunc("GET /signin", s.signInPage)
	mux.Handle("GET /account", cardea.Handle(s.auth, s.accountPage))
	mux.Handle("GET /{$}", http.RedirectHandler("/account", http.StatusSeeOther))
	return mux, nil
}
