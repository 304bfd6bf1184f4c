// Command quickstart is a site to sign in to, with nothing to install or to register: it brings its
// own database (SQLite) and its own identity provider.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// User is the application's own user: the default entity and a column that the browser never sees.
type User struct {
	gormadapter.User
	Role string `gorm:"not null;default:ADMIN" json:"-"`
}

func main() {
	log.SetFlags(0)
	port, file := cmp.Or(os.Getenv("PORT"), "3000"), cmp.Or(os.Getenv("DATABASE"), "./db.sqlite")
	listener, err := net.Listen("tcp", "localhost:"+port)
	if err != nil {
		log.Fatalf("quickstart: port %s is not free (%v); choose another one: PORT=3001 go run ./examples/quickstart",
			port, err)
	}
	handler, err := newSite("http://localhost:"+port, file)
	if err != nil {
		log.Fatalf("quickstart: %v", err)
	}
	log.Printf("Open http://localhost:%s (users are kept in %s; stop with Ctrl-C)", port, file)
	log.Fatal(http.Serve(listener, handler))
}

// newSite is the whole application.
func newSite(url, file string) (http.Handler, error) {
	adapter, err := gormadapter.Open(gormadapter.Options{
		Driver: sqlite.Driver, DBName: file, Debug: os.Getenv("DEBUG") == "true",
	}, gormadapter.WithUser[User]())
	if err != nil {
		return nil, err
	}
	if err := adapter.Migrate(context.Background()); err != nil {
		return nil, err
	}

	// For development only: an identity provider that lets everybody be anybody.
	idp := cardeatest.NewLocalIssuer(url+"/idp", "quickstart", "not a secret")
	providers := []cardea.Provider{
		provider.OIDC("local", "a local account",
			provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
	}
	if os.Getenv("AUTH_GITHUB_ID") != "" {
		providers = append(providers, provider.GitHub(provider.Env("AUTH_GITHUB")))
	}
	auth, err := cardea.New(cardea.Config{
		// without AUTH_SECRET a new one at each start
		Secret:    cmp.Or(os.Getenv("AUTH_SECRET"), rand.Text()+rand.Text()),
		Adapter:   adapter,
		Providers: providers,
	})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	mux.Handle("/idp/", idp)
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /{$}", auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cardea.SessionFrom(r.Context()) != nil {
			http.Redirect(w, r, "/dashboard", http.StatusSeeOther)
			return
		}
		show(w, nil)
	})))
	mux.Handle("GET /dashboard", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *User) {
		var sessions []gormadapter.Session
		if err := adapter.DB().WithContext(r.Context()).Order("expires DESC").Find(&sessions, "user_id = ?",
			u.ID).Error; err != nil {
			http.Error(w, "the database is away", http.StatusServiceUnavailable)
			return
		}
		show(w, map[string]any{"User": u, "Sessions": sessions, "Current": cardea.SessionFrom(r.Context()).Token})
	}))
	return mux, nil
}
