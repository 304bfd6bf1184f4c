// Command members is an application that had users before it had sign-in: the members of a library.
// docs/getting-started.md explains step by step what was added.
//
//	AUTH_GITHUB_ID=… AUTH_GITHUB_SECRET=… AUTH_SECRET=… go run ./examples/members
//
// It listens on http://localhost:3000 and keeps its members in members.sqlite.
package main

import (
	"cmp"
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

func main() {
	db, err := gorm.Open(sqlite.Open("members.sqlite"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := createMembers(db); err != nil {
		log.Fatal(err)
	}
	app, err := newApplication(context.Background(), db, cardea.Config{
		Secret:    os.Getenv("AUTH_SECRET"),
		BaseURL:   cmp.Or(os.Getenv("AUTH_URL"), "http://localhost:3000"),
		Providers: []cardea.Provider{trust(provider.GitHub(provider.Env("AUTH_GITHUB")))},
	})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "localhost:3000", Handler: app.routes(), ReadHeaderTimeout: 5 * time.Second}
	log.Print("Open http://localhost:3000 (stop with Ctrl-C)")
	log.Fatal(server.ListenAndServe())
}

// trust says that an address which the provider has verified proves who somebody is.
func trust(p *oauth.Provider) *oauth.Provider {
	p.LinkByVerifiedEmail = true
	return p
}

// createMembers creates the table as the application had it before sign-in, with one librarian.
func createMembers(db *gorm.DB) error {
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS members (
			id INTEGER PRIMARY KEY,
			full_name TEXT NOT NULL,
			mail TEXT UNIQUE,
			role TEXT NOT NULL DEFAULT 'READER',
			books INTEGER NOT NULL DEFAULT 0
		)`,
		`INSERT INTO members (id, full_name, mail, role, books)
			VALUES (7, 'Ann Example', 'ann@example.com', 'LIBRARIAN', 2) ON CONFLICT DO NOTHING`,
	} {
		if err := db.Exec(statement).Error; err != nil {
			return err
		}
	}
	return nil
}
