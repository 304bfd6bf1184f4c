package gormadapter_test

import (
	"os"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Visitors of a database with the tables of Drizzle's adapter stay who they are, before and after
// Migrate. Drizzle Kit has made testdata/drizzle.sql from the schema that Auth.js documents.
func TestTablesOfDrizzle(t *testing.T) {
	t.Parallel()
	o := postgreSQL(t)
	schema, err := os.ReadFile("testdata/drizzle.sql")
	must(t, err)
	db := serverConnection(t, o)
	for statement := range strings.SplitSeq(string(schema), "--> statement-breakpoint") {
		must(t, db.Exec(statement).Error)
	}
	for _, row := range []string{
		`INSERT INTO "user" (id, name, email) VALUES ('u1', 'Ada', 'ada@example.com')`,
		`INSERT INTO account ("userId", type, provider, "providerAccountId") VALUES ('u1', 'oidc', 'idp', 'ada')`,
		`INSERT INTO session VALUES ('of Node', 'u1', now() AT TIME ZONE 'UTC' + interval '1 day')`,
	} {
		must(t, db.Exec(row).Error)
	}
	own, err := gorm.Open(postgres.Open(o.DSN), &gorm.Config{NamingStrategy: Drizzle{}, Logger: logger.Discard})
	must(t, err)
	a, err := gormadapter.New(own, gormadapter.WithSession[DrizzleSession](), gormadapter.WithAccount[DrizzleAccount]())
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	s := newSite[gormadapter.User](t, a, func(c *cardea.Config) { c.Session.InsecureStoreRawTokens = true }, nil)
	if session, err := a.Session(t.Context(), "of Node"); err != nil || session.UserID != "u1" {
		t.Errorf("the session of Node: %+v, %v", session, err)
	}
	for range 2 {
		for _, name := range []string{"ada", "bob"} {
			s.issuer.Next(visitor(name))
			b := cardeatest.NewBrowser(t, s.URL)
			must(t, enter(b, "").Body.Close())
			if b.Session() == nil {
				t.Errorf("%s is not signed in", name)
			}
		}
		must(t, a.Migrate(t.Context()))
	}
	if u, err := a.UserByAccount(t.Context(), "idp", "ada"); err != nil || u.ID != "u1" {
		t.Errorf("the user of Node: %+v, %v", u, err)
	}
}
