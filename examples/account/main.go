// Command account is a web site with an account page of its own: accounts at providers, devices,
// the second factor, the address, the file with one's data, and a deletion that can be taken back.
// Its forms post to the endpoints of packages account and factor. The page on which people confirm
// that it is them is the site's own, too. docs/account-page.md explains the code.
//
//	go run ./examples/account
//
// It listens on http://localhost:3000, keeps users in memory, and prints mails. The identity
// provider is on an origin of its own, like a real one. The variable PORT sets another port.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// site is the application.
type site struct {
	auth      *cardea.Auth
	account   *account.Feature
	store     *memadapter.Adapter
	providers map[string]string // names, by their ids
}

// printer prints mails instead of sending them.
type printer struct{}

// Send prints the mail.
func (printer) Send(_ context.Context, m email.Message) error {
	_, err := fmt.Println(m.Text)
	return err
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatalf("account: %v", err)
	}
}

func run() error {
	listener, err := net.Listen("tcp", "localhost:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		return fmt.Errorf("%w; choose another port with PORT", err)
	}
	idpListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// For development only: this identity provider signs in anybody under any name.
	idp := cardeatest.NewLocalIssuer("http://"+idpListener.Addr().String(), "account", "not a secret")
	handler, err := newSite(idp, printer{})
	if err != nil {
		return err
	}
	log.Printf("Open http://%s (stop with Ctrl-C)", listener.Addr())
	failed := make(chan error)
	go func() { failed <- serve(idpListener, idp) }()
	go func() { failed <- serve(listener, handler) }()
	return <-failed
}

func serve(listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// newSite returns the whole application. It signs in with idp, and sends mails with sender.
func newSite(idp *cardeatest.Issuer, sender email.Sender) (http.Handler, error) {
	const from = "Example <no-reply@example.com>"
	s := &site{store: memadapter.New(), providers: map[string]string{"local": "a local account"}}
	s.account = account.New(account.Options{From: from, Sender: sender, DeleteAfter: 30 * 24 * time.Hour})
	var err error
	s.auth, err = cardea.New(cardea.Config{
		Secret:  rand.Text() + rand.Text(), // the example forgets its users too
		Adapter: s.store,
		Providers: []cardea.Provider{
			provider.OIDC("local", s.providers["local"],
				provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
			email.New(email.Options{From: from, Sender: sender}),
		},
		Features: []cardea.Feature{s.account, factor.New(factor.Options{From: from, Sender: sender})},
		Pages:    cardea.Pages{Account: "/account", Confirm: "/confirm"},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.auth)
	mux.Handle("GET /account", cardea.Handle(s.auth, s.showAccount))
	mux.Handle("GET /confirm", cardea.Handle(s.auth, s.showConfirm))
	mux.Handle("GET /{$}", http.RedirectHandler("/account", http.StatusSeeOther))
	return mux, nil
}
