// Command passwords is a web site on which people sign in with a password, on pages of the site's
// own: sign-up, sign-in, a forgotten password, the choice of a new one, and a change. The pages are
// templates of html/template, and need no script. docs/password-pages.md explains the code.
//
//	go run ./examples/passwords
//
// It listens on http://localhost:3000, keeps users in memory, and prints mails. The variable PORT
// sets another port.
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
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
)

// site is the application.
type site struct {
	auth      *cardea.Auth
	passwords *password.Feature
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
	listener, err := net.Listen("tcp", "localhost:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		log.Fatalf("passwords: %v; choose another port with PORT", err)
	}
	handler, err := newSite(printer{})
	if err != nil {
		log.Fatalf("passwords: %v", err)
	}
	log.Printf("Open http://%s (stop with Ctrl-C)", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	log.Fatalf("passwords: %v", server.Serve(listener))
}

const from = "Example <no-reply@example.com>"

// newSite returns the whole application. It sends mails with sender.
func newSite(sender email.Sender) (http.Handler, error) {
	s := &site{passwords: password.New(password.Options{
		From:   from,
		Sender: sender,
		Pages:  password.Pages{SignUp: "/join", Forgot: "/forgot", Choose: "/choose", Change: "/settings"},
	})}
	var err error
	s.auth, err = cardea.New(cardea.Config{
		Secret:    rand.Text() + rand.Text(), // the example forgets its users too
		Adapter:   memadapter.New(),
		Providers: []cardea.Provider{s.passwords, email.New(email.Options{From: from, Sender: sender})},
		Pages:     cardea.Pages{SignIn: "/signin", Error: "/signin", VerifyRequest: "/sent", Account: "/settings"},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", s.auth)
	for path, name := range map[string]string{
		"/signin": "signin", "/join": "join", "/forgot": "forgot", "/choose": "choose", "/sent": "sent",
	} {
		mux.HandleFunc("GET "+path, s.show(name))
	}
	mux.Handle("GET /settings", cardea.Handle(s.auth, s.settings))
	mux.Handle("GET /{$}", http.RedirectHandler("/settings", http.StatusSeeOther))
	return withPolicy(mux), nil
}

// withPolicy forbids scripts. The token of a link in a mail is in the URL for one redirect only,
// but no other site needs to know where its visitors come from.
func withPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy",
			"default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		w.Header().Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
