// Command nextjs-api is an API server for a front end with Next.js and Auth.js. Users sign in at
// the front end, and this server reads the session cookie that Auth.js set. It needs the front
// end's AUTH_SECRET and nothing else. docs/authjs.md describes the front end.
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

// User contains the claims of a session that this API uses.
type User struct {
	ID    string `json:"sub"`            // the user's ID in the front end's database
	Name  string `json:"name"`           // empty if the user has none
	Email string `json:"email"`          // empty if the user has none
	Role  string `json:"role,omitempty"` // empty unless the front end's jwt callback adds it
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
		log.Fatalf("nextjs-api: cannot listen on port %s: %v; "+
			"choose another port: PORT=8081 go run ./examples/nextjs-api", port, err)
	}
	log.Printf("The API listens on http://localhost:%s (stop with Ctrl-C)", port)
	server := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// newAPI returns the whole API. secret is the front end's AUTH_SECRET.
func newAPI(secret string) (http.Handler, error) {
	sessions, err := authjs.New(authjs.Config{Secret: secret})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /api/me", sessions.Require(http.HandlerFunc(me)))
	mux.Handle("POST /api/notes", sessions.Require(http.HandlerFunc(addNote)))
	mux.Handle("GET /api/greeting", sessions.Load(http.HandlerFunc(greet)))
	// Browsers also send the cookie with requests that pages of other sites make. Refuse those that
	// change something.
	return http.NewCrossOriginProtection().Handler(mux), nil
}

// me responds with the user. It runs only if the visitor is signed in.
func me(w http.ResponseWriter, r *http.Request) {
	user, err := authjs.As[User](authjs.ClaimsFrom(r.Context()))
	if err != nil {
		log.Printf("nextjs-api: %v", err)
		http.Error(w, "The session does not have the claims that this API expects.", http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, user)
}

// addNote stands for a request that changes something. It runs only if the visitor is signed in.
func addNote(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusCreated, map[string]string{"author": authjs.ClaimsFrom(r.Context()).Subject()})
}

// greet runs for every visitor, signed in or not.
func greet(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{
		"greeting": "Hello, " + cmp.Or(authjs.ClaimsFrom(r.Context()).Name(), "stranger"),
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Printf("nextjs-api: write the response: %v", err)
	}
}
