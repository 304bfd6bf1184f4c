// Command quickstart is a web site with sign-in that needs no installation and no registration: it
// contains a database (SQLite), an identity provider, and a page with the mails that it sends.
// People sign in at the provider, with a link in a mail, or with a password, and look after their
// account on a page. There they can set up an authenticator app as a second factor.
//
//	go run -v ./examples/quickstart
//
// It reads these environment variables:
//
//   - PORT: the port on localhost; defaults to 3000. With 0, it is any free one.
//   - DATABASE: the SQLite file; defaults to ./db.sqlite.
//   - DEBUG: true logs each SQL statement.
//   - AUTH_SECRET: the secret of the cookies and of the keys of apps; defaults to the one in the
//     file DATABASE.secret, which the first start makes.
//   - AUTH_GITHUB_ID and AUTH_GITHUB_SECRET: if set, GitHub is on the sign-in page.
//   - AUTH_GOOGLE_ID and AUTH_GOOGLE_SECRET: the same for Google.
//   - AUTH_OIDC_ID, AUTH_OIDC_SECRET and AUTH_OIDC_ISSUER: the same for any OpenID Connect
//     provider.
//
// The callback URLs to register there end in /api/auth/callback/github, google and oidc.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/provider"
)

// User is this application's user: the default entity with one more column.
type User struct {
	gormadapter.User

	// Role is MEMBER for a new user. JSON responses never contain it.
	Role string `gorm:"not null;default:MEMBER" json:"-"`
}

func main() {
	log.SetFlags(0)
	port, file := cmp.Or(os.Getenv("PORT"), "3000"), cmp.Or(os.Getenv("DATABASE"), "./db.sqlite")
	listener, err := net.Listen("tcp", "localhost:"+port)
	if err != nil {
		log.Fatalf("quickstart: cannot listen on port %s: %v; "+
			"choose another port: PORT=3001 go run -v ./examples/quickstart", port, err)
	}
	url := fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	log.Printf("Opening %s and creating the tables that are missing...", file)
	handler, err := newSite(url, file)
	if err != nil {
		log.Fatalf("quickstart: %v", err)
	}
	log.Printf("Open %s (users are stored in %s; stop with Ctrl-C)", url, file)
	log.Fatal(http.Serve(listener, handler))
}

// newSite returns the whole application: the site at url, with its users in the SQLite file.
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

	// For development only: this identity provider signs in anybody under any name.
	idp := cardeatest.NewLocalIssuer(url+"/idp", "quickstart", "not a secret")
	providers := []cardea.Provider{
		provider.OIDC("local", "a local account",
			provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL}),
	}
	providers = append(providers, services()...)
	mails := new(inbox)
	const from = "Quick start <no-reply@localhost>"
	providers = append(providers,
		email.New(email.Options{From: from, Sender: mails}),
		password.New(password.Options{From: from, Sender: mails}))
	secret := os.Getenv("AUTH_SECRET")
	if secret == "" {
		if secret, err = secretIn(file + ".secret"); err != nil {
			return nil, err
		}
	}
	auth, err := cardea.New(cardea.Config{
		Secret:    secret,
		Adapter:   adapter,
		Providers: providers,
		Theme:     cardea.Theme{Name: "the quick start"},
		Features: []cardea.Feature{
			account.New(account.Options{From: from, Sender: mails}),
			factor.New(factor.Options{
				Issuer: "Cardea quick start", Remember: 30 * 24 * time.Hour, From: from, Sender: mails,
			}),
		},
	})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	mux.Handle("/idp/", idp)
	mux.Handle("/api/auth/", auth)
	mux.Handle("GET /mails", mails)
	mux.Handle("GET /{$}", auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cardea.SessionFrom(r.Context()) != nil {
			http.Redirect(w, r, "/dashboard", http.StatusSeeOther)
			return
		}
		renderHome(w, nil)
	})))
	mux.Handle("GET /dashboard", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *User) {
		var sessions []gormadapter.Session
		db := adapter.DB().WithContext(r.Context())
		if err := db.Order("expires DESC").Find(&sessions, "user_id = ?", u.ID).Error; err != nil {
			http.Error(w, "The database is unavailable. Try again later.", http.StatusServiceUnavailable)
			return
		}
		renderHome(w, map[string]any{"User": u, "Sessions": sessions, "Current": cardea.SessionFrom(r.Context())})
	}))
	return mux, nil
}
