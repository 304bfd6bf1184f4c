// Command nextjs-api is the API of a site whose front end is Next.js with Auth.js: people sign in
// there, and this server knows them by the cookie that Auth.js set. It needs the secret of the
// front end and nothing else. docs/authjs.md has the front end's side.
//
//	AUTH_SECRET=... PORT=8080 go run ./examples/nextjs-api
package main

import (
	"cmp"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

// User is what this API wants to know of a session. Role is there if the jwt callback of the front
// end adds it.
type User struct {
	ID    string `json:"sub"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Role  string `json:"role,omitempty"`
}

func main() {
	log.SetFlags(0)
	port := cmp.Or(os.Getenv("PORT"), "8080")
	api, err := newAPI(os.Getenv("AUTH_SECRET"))
	if err != nil {
		log.Fatalf("nextjs-api: %v", err)
	}
	listener, err := net.Listen("tcp", "localhost:"+port)
	if err != nil {
		log.Fatalf("nextjs-api: port %s is not free (%v); choose another one: PORT=8081 go run ./examples/nextjs-api",
			port, err)
	}
	log.Printf("The API is at http://localhost:%s (stop with Ctrl-C)", port)
	server := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// newAPI is the whole application.
func newAPI(secret string) (http.Handler, error) {
	sessions, err := authjs.New(authjs.Config{Secret: secret})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/me", sessions.Require(http.HandlerFunc(me)))
	mux.Handle("POST /api/notes", sessions.Require(http.HandlerFunc(addNote)))
	mux.Handle("GET /api/greeting", sessions.Load(http.HandlerFunc(greet)))
	// Browsers send the cookie with requests of other sites' pages too: those that change something
	// are refused.
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// me runs only for those who are signed in.
func me(w http.ResponseWriter, r *http.Request) {
	user, err := authjs.As[User](authjs.ClaimsFrom(r.Context()))
	if err != nil {
		log.Printf("nextjs-api: %v", err)
		http.Error(w, "the session has another form than this API expects", http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, user)
}

func addNote(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusCreated, map[string]string{"author": authjs.ClaimsFrom(r.Context()).Subject()})
}

// greet runs for everybody.
func greet(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{
		"greeting": "Hello, " + cmp.Or(authjs.ClaimsFrom(r.Context()).Name(), "stranger"),
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Printf("nextjs-api: send an answer: %v", err)
	}
}
