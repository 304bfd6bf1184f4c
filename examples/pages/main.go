// Command pages is a web site with pages of its own for everything that a visitor of Cardea sees:
// signing in, linking accounts, signing out and failures. docs/pages.md explains its code.
//
//	go run ./examples/pages
//
// It listens on http://localhost:3000 and keeps users in memory. The name "ann" with the password
// "open sesame" signs in, and so does whoever signs up; mails are printed. The identity provider is
// on an origin of its own, like a real one. The variable PORT sets another port.
//
// The pages are templates of html/template. The same pages in templ, with htmx, need its script:
//
//	(cd examples/pages/web && npm ci)
//	go run ./examples/pages -htmx examples/pages/web/node_modules/htmx.org/dist/htmx.min.js
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/provider"
)

const (
	from  = "Pages <no-reply@example.com>"
	fresh = 15 * time.Minute
)

// site is the application.
type site struct {
	auth      *cardea.Auth
	providers []cardea.Provider // in the order of the sign-in page
	pages     pages
}

// pages writes the pages of the site.
type pages interface {
	signIn(w http.ResponseWriter, r *http.Request, page signInPage) error
	account(w http.ResponseWriter, r *http.Request, page accountPage) error

	// accounts writes the list of the linked accounts alone, for a script that replaces it.
	accounts(w http.ResponseWriter, r *http.Request, page accountPage) error
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
	script := flag.String("htmx", "", "the `file` of htmx; shows the pages in templ")
	flag.Parse()
	if err := run(*script); err != nil {
		log.Fatalf("pages: %v", err)
	}
}

func run(script string) error {
	listener, err := net.Listen("tcp", "localhost:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		return fmt.Errorf("%w; choose another port with PORT", err)
	}
	idpListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	// For development only: this identity provider signs in anybody under any name.
	idp := cardeatest.NewLocalIssuer("http://"+idpListener.Addr().String(), "pages", "not a secret")
	site := "http://localhost:" + port
	handler, err := newSite(memadapter.New(), idp, printer{}, script)
	if err != nil {
		return err
	}
	log.Printf("Open %s (stop with Ctrl-C)", site)
	failed := make(chan error)
	go func() { failed <- serve(idpListener, idp) }()
	go func() { failed <- serve(listener, handler) }()
	return <-failed
}

func serve(listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}

// newSite returns the whole application. It keeps users in store, signs in with idp, and sends
// mails with sender. If script is the file of htmx, the pages are those in templ.
func newSite(
	store *memadapter.Adapter, idp *cardeatest.Issuer, sender email.Sender, script string,
) (http.Handler, error) {
	ann := &cardea.User{Name: "Ann", Email: "ann@example.com"}
	if err := store.CreateUser(context.Background(), ann); err != nil {
		return nil, err
	}
	s := &site{pages: templates{}}
	if script != "" {
		s.pages = components{}
	}
	s.providers = []cardea.Provider{
		provider.OIDC("local", "a local account",
			provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
		email.New(email.Options{From: from, Sender: sender}),
		password.New(password.Options{From: from, Sender: sender}),
		credentials.New(credentials.Options{
			Name: "a name and a password",
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
	}
	var err error
	s.auth, err = cardea.New(cardea.Config{
		Secret: rand.Text() + rand.Text(), Adapter: store, Providers: s.providers,
		Pages: cardea.Pages{SignIn: "/signin", Error: "/signin", SignOut: "/account"},
		Callbacks: cardea.Callbacks{
			HasOtherCredential: func(_ context.Context, u *cardea.User) (bool, error) { return u.ID == ann.ID, nil },
		},
	})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.auth)
	mux.HandleFunc("GET /signin", s.signInPage)
	mux.Handle("GET /account", cardea.Handle(s.auth, s.accountPage))
	// To remove a way in needs a new sign-in or confirmation, as on the built-in page.
	mux.Handle("POST /account/unlink", s.auth.RequireFresh(fresh, cardea.Handle(s.auth, s.unlink)))
	mux.Handle("GET /{$}", http.RedirectHandler("/account", http.StatusSeeOther))
	mux.HandleFunc("GET /htmx.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, script) })
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	protection := http.NewCrossOriginProtection()
	protection.AddInsecureBypassPattern("/api/auth/") // Cardea protects its endpoints itself
	return withPolicy(idp.URL, protection.Handler(mux)), nil
}

// withPolicy forbids scripts and styles that are not of this site. The answers of Cardea have a
// policy of their own, which replaces this one.
func withPolicy(providers string, next http.Handler) http.Handler {
	// Browsers apply form-action also to the redirects after a form, and so to the providers.
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"form-action 'self' " + providers + "; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		next.ServeHTTP(w, r)
	})
}
