package gormadapter_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

// userWithHook is a user with a hook. GORM deletes it, and several statements what belongs to it.
type userWithHook struct{ gormadapter.User }

func (*userWithHook) BeforeDelete(*gorm.DB) error { return nil }

// DeleteUser deletes everything of the user and nothing of others, in one statement or in several,
// whatever the foreign keys do.
func TestDeleteUserOnServers(t *testing.T) {
	t.Parallel()
	users := map[string]gormadapter.Option{
		"in one statement": gormadapter.WithUser[gormadapter.User](),
		"in several":       gormadapter.WithUser[userWithHook](),
	}
	for _, e := range databases()[1:] {
		for way, user := range users {
			for keys, rule := range map[string]string{
				"that cascade": "CASCADE", "that do not": "NO ACTION", "that are missing": "",
			} {
				t.Run(e.name+" "+way+", foreign keys "+keys, func(t *testing.T) {
					t.Parallel()
					a := withForeignKeys(t, e, rule, user)
					ada, other := populated(t, a, "ada"), populated(t, a, "other")
					must(t, a.DeleteUser(t.Context(), ada))
					for _, table := range []string{"user", "account", "authenticator"} {
						if got := count(t, a, table); got != 1 {
							t.Errorf("%s: got %d rows, want the other's", table, got)
						}
					}
					if got := count(t, a, "session"); got != 3 {
						t.Errorf("got %d sessions, want the other's 3", got)
					}
					must(t, a.DeleteUser(t.Context(), ada)) // again
					must(t, second(a.Session(t.Context(), "other1")))
					must(t, a.DeleteUser(t.Context(), other))
				})
			}
		}
	}
}

// If a row of the application's own tables prevents the deletion, nothing is deleted.
func TestDeleteUserWithRowsOfTheApplication(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		for _, rule := range []string{"CASCADE", "NO ACTION"} {
			t.Run(e.name+" "+rule, func(t *testing.T) {
				t.Parallel()
				a := withForeignKeys(t, e, rule)
				ada := populated(t, a, "ada")
				// which takes the collation along
				must(t, a.DB().Exec("CREATE TABLE keeper AS SELECT user_id FROM account").Error)
				addForeignKey(t, a.DB(), "keeper", "NO ACTION")
				if a.DeleteUser(t.Context(), ada) == nil {
					t.Error("deleted")
				}
				for table, want := range map[string]int{"user": 1, "account": 1, "authenticator": 1, "session": 3} {
					if got := count(t, a, table); got != want {
						t.Errorf("%s: got %d rows, want %d", table, got, want)
					}
				}
			})
		}
	}
}

// A user's row was deleted by hand, and left other rows behind.
func TestDeleteUserWhoLeftRowsBehind(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := withForeignKeys(t, e, "")
			ada := populated(t, a, "ada")
			must(t, a.DB().Delete(&gormadapter.User{ID: ada}).Error)
			must(t, a.DeleteUser(t.Context(), ada))
			for _, table := range []string{"account", "authenticator", "session"} {
				if got := count(t, a, table); got != 0 {
					t.Errorf("%s: got %d rows, want none", table, got)
				}
			}
		})
	}
}

// Without hooks, servers delete a user in one statement.
func TestDeleteUserIsOneStatement(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var sent bytes.Buffer
			o := e.empty(t)
			o.Debug, o.Logger = true, slog.New(slog.NewTextHandler(&sent, nil))
			a := openOn(t, o)
			// the first call looks for the table of authenticators
			must(t, a.DeleteUser(t.Context(), populated(t, a, "ada")))
			id := populated(t, a, "other")
			sent.Reset()
			must(t, a.DeleteUser(t.Context(), id))
			if got := strings.Count(sent.String(), "sql statement"); got != 1 {
				t.Errorf("got %d statements, want 1:\n%s", got, &sent)
			}
		})
	}
}

// withForeignKeys returns an adapter on tables whose foreign keys have a rule for deletion, or are
// missing if the rule is empty.
func withForeignKeys(t *testing.T, e engine, rule string, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	db := serverConnection(t, e.empty(t))
	db.DisableForeignKeyConstraintWhenMigrating = true
	a := newOn(t, db, opts...)
	if rule != "" {
		for _, table := range []string{"session", "account", "authenticator"} {
			addForeignKey(t, db, table, rule)
		}
	}
	return a
}

func addForeignKey(t *testing.T, db *gorm.DB, table, rule string) {
	t.Helper()
	add := "ALTER TABLE `" + table + "` ADD CONSTRAINT `" + table +
		"_owner` FOREIGN KEY (user_id) REFERENCES `user` (id) ON DELETE " + rule
	if db.Name() == "postgres" {
		add = strings.ReplaceAll(add, "`", `"`)
	}
	must(t, db.Exec(add).Error)
}

// populated creates a user with an account, a passkey and three sessions, and returns its ID.
func populated(t *testing.T, a *gormadapter.Adapter, name string) string {
	t.Helper()
	u, ctx := &cardea.User{Email: name + "@example.com"}, t.Context()
	must(t, a.CreateUser(ctx, u))
	must(t, a.LinkAccount(ctx, &cardea.Account{
		UserID: u.ID, Type: cardea.TypeOIDC, Provider: "p", ProviderAccountID: name,
	}))
	passkey := newPasskey(u.ID)
	passkey.CredentialID = name
	must(t, a.CreateAuthenticator(ctx, passkey))
	for _, n := range []string{"1", "2", "3"} {
		must(t, a.CreateSession(ctx, &cardea.Session{Token: name + n, UserID: u.ID, Expires: time.Now()}))
	}
	return u.ID
}
