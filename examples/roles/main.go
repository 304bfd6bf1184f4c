// Command roles is a site with roles: readers, editors and admins. docs/protecting-pages.md
// explains its code.
//
//	go run ./examples/roles
//
// It listens on http://localhost:3000 and keeps users in memory. The identity provider on the
// sign-in page signs in anybody under any address: ann@example.com is an editor, and
// eve@example.com an admin. The variable PORT sets another port.
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

	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// User is the application's own row of a user.
type User struct {
	gormadapter.User
	Role    string `gorm:"not null;default:reader" json:"-"`
	Blocked bool   `gorm:"not null;default:false" json:"-"`
}

// String returns the name to show.
func (u *User) String() string {
	if u.Name == nil {
		return "somebody without a name"
	}
	return *u.Name
}

// Article is what editors write.
type Article struct {
	ID       int64  `json:"id"`
	Title    string `json:"title"`
	AuthorID string `json:"-"`
}

// application is the site.
type application struct {
	db   *gorm.DB
	auth *cardea.Auth
}

// newApplication returns the site with users in db, an editor and an admin among them.
func newApplication(ctx context.Context, db *gorm.DB, idp *oauth.Provider, c cardea.Config) (*application, error) {
	adapter, err := gormadapter.New(db, gormadapter.WithUser[User]())
	if err != nil {
		return nil, err
	}
	if err := adapter.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := db.WithContext(ctx).AutoMigrate(&Article{}); err != nil {
		return nil, err
	}
	for address, role := range map[string]string{"ann@example.com": "editor", "eve@example.com": "admin"} {
		u := User{User: gormadapter.User{ID: rand.Text(), Name: &role, Email: &address}, Role: role}
		if err := db.WithContext(ctx).Create(&u).Error; err != nil {
			return nil, err
		}
	}
	idp.LinkByVerifiedEmail = true
	c.Adapter, c.Providers = adapter, []cardea.Provider{idp}
	c.SessionUser = cardea.SessionUser(visible)
	c.Callbacks.Authorized = allowed
	auth, err := cardea.New(c)
	if err != nil {
		return nil, err
	}
	return &application{db, auth}, nil
}

// allowed reports whether the session of a user still counts: that of a blocked user does not.
func allowed(ctx context.Context, _ *cardea.Session) (bool, error) {
	u, err := cardea.UserAs[User](ctx)
	if err != nil {
		return false, err
	}
	return !u.Blocked, nil
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatalf("roles: %v", err)
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
	idp := cardeatest.NewLocalIssuer("http://"+idpListener.Addr().String(), "roles", "not a secret")
	local := provider.OIDC("local", "a local account",
		provider.Client{ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL})
	db, err := gorm.Open(sqlite.Open(":memory:"), &gorm.Config{})
	if err != nil {
		return err
	}
	app, err := newApplication(context.Background(), db, local, cardea.Config{Secret: rand.Text() + rand.Text()})
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	log.Printf("Open http://localhost:%s (stop with Ctrl-C)", port)
	failed := make(chan error)
	go func() { failed <- serve(idpListener, idp) }()
	go func() { failed <- serve(listener, app.routes()) }()
	return <-failed
}

func serve(l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}
