// Command vite is an API with sign-in for a front end on another origin: a Vite application, which
// is in the folder web. It needs no installation and no registration, because it contains an
// identity provider. docs/origins.md explains it.
//
//	go run ./examples/vite
//	cd examples/vite/web && npm ci && npm run dev
//
// Then open http://localhost:5173. It reads these environment variables:
//
//   - PORT: the port on localhost; defaults to 3000. If you change it, set VITE_API for npm.
//   - FRONT: the origin of the front end; defaults to http://localhost:5173.
//   - AUTH_SECRET: the secret of the cookies; defaults to a new one at each start.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/provider"
)

func main() {
	log.SetFlags(0)
	port, front := cmp.Or(os.Getenv("PORT"), "3000"), cmp.Or(os.Getenv("FRONT"), "http://localhost:5173")
	listener, err := net.Listen("tcp", "localhost:"+port)
	if err != nil {
		log.Fatalf("vite: cannot listen on port %s: %v; choose another port with PORT", port, err)
	}
	api, err := newAPI("http://localhost:"+port, front, printer{})
	if err != nil {
		log.Fatalf("vite: %v", err)
	}
	log.Printf("The API listens on http://localhost:%s, for the front end at %s (stop with Ctrl-C)", port, front)
	server := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// printer prints mails in place of sending them.
type printer struct{}

func (printer) Send(_ context.Context, m email.Message) error {
	log.Printf("To: %s\n\n%s", m.To, m.Text)
	return nil
}

// newAPI returns the API at url for a front end with the origin front.
func newAPI(url, front string, sender email.Sender) (http.Handler, error) {
	// For development only: this identity provider signs in anybody under any name.
	idp := cardeatest.NewLocalIssuer(url+"/idp", "vite", "not a secret")
	auth, err := cardea.New(cardea.Config{
		Secret:  cmp.Or(os.Getenv("AUTH_SECRET"), rand.Text()+rand.Text()),
		BaseURL: url,
		Adapter: memadapter.New(), // forgets its users when the program ends
		Providers: []cardea.Provider{
			provider.OIDC("local", "a local account",
				provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
			password.New(password.Options{
				From: "Example <no-reply@example.com>", Sender: sender,
				Pages: password.Pages{Choose: front + "/choose"}, // where the link of the mail leads
			}),
		},
		TrustedOrigins: []string{front},
	})
	if err != nil {
		return nil, err
	}
	guard := http.NewCrossOriginProtection() // for the API's own handlers; auth has its own
	if err := guard.AddTrustedOrigin(front); err != nil {
		return nil, err
	}
	api := http.NewServeMux()
	api.Handle("GET /api/me", auth.Require(http.HandlerFunc(me)))

	mux := http.NewServeMux()
	mux.Handle("/idp/", idp)
	mux.Handle("/api/auth/", auth)
	mux.Handle("/", shared(front, guard.Handler(api)))
	return mux, nil
}

// me says who is signed in.
func me(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"name": cardea.SessionFrom(r.Context()).User.Name})
}

// shared lets scripts of the front end call the API's own handlers and read the answers. Before a
// request with JSON or with another method than GET and POST, a browser asks whether it may send it
// (Fetch, "CORS-preflight fetch"). It asks without cookies, so Require never sees that.
func shared(front string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		if r.Header.Get("Origin") != front {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", front)
		h.Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
			h.Set("Access-Control-Allow-Headers", "Content-Type")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
