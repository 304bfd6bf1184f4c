package gormadapter_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// foldKeys makes a database compare the keys of users without regard to case, where other tables
// refer to users, and with users in the table of users too. No foreign key is left.
func foldKeys(t *testing.T, engine string, db *gorm.DB, users bool) {
	t.Helper()
	db = db.Session(&gorm.Session{Logger: logger.Discard})
	if engine == "PostgreSQL" {
		const caseless = "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
		must(t, db.Exec("CREATE COLLATION caseless "+caseless).Error)
	}
	tables := []string{"session", "account", "authenticator", "user_password", "factor", "recovery_code", "user"}
	for _, table := range tables[:6] {
		if engine != "SQLite" {
			must(t, db.Migrator().DropConstraint(table, table+"_user_id_foreign"))
		}
	}
	for _, table := range tables {
		key := "user_id"
		if table == "user" {
			if key = "id"; !users {
				continue
			}
		}
		switch engine {
		case "SQLite":
			var sql string
			must(t, db.Raw("SELECT sql FROM sqlite_schema WHERE name = ?", table).Scan(&sql).Error)
			must(t, db.Exec("DROP TABLE "+table).Error)
			sql = regexp.MustCompile(`,CONSTRAINT .*\)$`).ReplaceAllString(sql, ")")
			must(t, db.Exec(strings.Replace(sql, "`"+key+"` text", "`"+key+"` text COLLATE NOCASE", 1)).Error)
		case "PostgreSQL":
			const alter = `ALTER TABLE "%s" ALTER COLUMN %s TYPE varchar(255) COLLATE caseless`
			must(t, db.Exec(fmt.Sprintf(alter, table, key)).Error)
		default:
			const alter = "ALTER TABLE `%s` MODIFY %s varchar(255) COLLATE utf8mb4_general_ci NOT NULL"
			must(t, db.Exec(fmt.Sprintf(alter, table, key)).Error)
		}
	}
}

// What belongs to the user Ann never belongs to the user ann, though the collation of the columns
// takes the two keys for equal.
func TestKeysOfUsersInAnotherCase(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for name, users := range map[string]bool{"where tables refer to users": false, "everywhere": true} {
			t.Run(e.name+" "+name, func(t *testing.T) {
				t.Parallel()
				o := e.empty(t)
				store := openOn(t, o)
				foldKeys(t, e.name, store.DB(), users)
				a, ctx := openExisting(t, o), t.Context()
				must(t, a.CreateUser(ctx, &cardea.User{ID: "Ann", Name: "Ann"}))
				must(t, a.LinkAccount(ctx, &cardea.Account{
					UserID: "Ann", Type: "oidc", Provider: "idp", ProviderAccountID: "1",
				}))
				must(t, a.CreateSession(ctx, &cardea.Session{Token: "token", UserID: "Ann", Expires: expiry}))
				must(t, a.CreateAuthenticator(ctx, &cardea.Authenticator{
					UserID: "Ann", CredentialID: "1", ProviderAccountID: "1", CredentialPublicKey: "key",
					CredentialDeviceType: "singleDevice",
				}))
				must(t, a.SetPasswordHash(ctx, "Ann", "hash", expiry))
				if users { // the table can have one of the two
					must(t, a.DB().Session(&gorm.Session{AllowGlobalUpdate: true}).Delete(&gormadapter.User{}).Error)
				}
				must(t, a.CreateUser(ctx, &cardea.User{ID: "ann", Name: "ann"}))

				sessions, err := a.Sessions(ctx, "ann")
				accounts, err2 := a.Accounts(ctx, "ann")
				authenticators, err3 := a.Authenticators(ctx, "ann")
				must(t, errors.Join(err, err2, err3))
				if len(sessions)+len(accounts)+len(authenticators) != 0 {
					t.Errorf("ann has %d sessions, %d accounts, %d passkeys",
						len(sessions), len(accounts), len(authenticators))
				}
				if _, _, err := a.PasswordHash(ctx, "ann"); !errors.Is(err, cardea.ErrNotFound) {
					t.Errorf("the password of ann: %v", err)
				}
				if err := a.ReplacePasswordHash(ctx, "ann", "hash", "other"); !errors.Is(err, cardea.ErrConflict) {
					t.Errorf("the password of Ann is replaced: %v", err)
				}
				must(t, a.DeletePassword(ctx, "ann"))
				for _, except := range []string{"", "another"} {
					if n, err := a.DeleteSessions(ctx, "ann", except); n != 0 || err != nil {
						t.Errorf("%d sessions of ann have ended, %v", n, err)
					}
				}
				if users {
					for what, err := range map[string]error{
						"Session":       second(a.Session(ctx, "token")),
						"UserByAccount": second(a.UserByAccount(ctx, "idp", "1")),
						"UserByID":      second(a.UserByID(ctx, "Ann")),
						"UpdateUser":    a.UpdateUser(ctx, &cardea.User{ID: "Ann", Name: "third"}),
					} {
						if !errors.Is(err, cardea.ErrNotFound) {
							t.Errorf("%s: got %v, want not found", what, err)
						}
					}
					must(t, a.DeleteUser(ctx, "Ann"))
					if u, err := a.UserByID(ctx, "ann"); err != nil || u.Name != "ann" {
						t.Errorf("ann is now %+v, %v", u, err)
					}
					return
				}
				check := func() {
					t.Helper()
					s, err := a.Session(ctx, "token")
					if err != nil || s.User.ID != "Ann" || s.UserID != "Ann" {
						t.Fatalf("the session is %+v, %v", s, err)
					}
					u, err := a.UserByAccount(ctx, "idp", "1")
					if err != nil || u.ID != "Ann" {
						t.Fatalf("the account is of %+v, %v", u, err)
					}
					keys, err := a.Authenticators(ctx, "Ann")
					if err != nil || len(keys) != 1 {
						t.Fatalf("%d passkeys, %v", len(keys), err)
					}
				}
				must(t, a.CreateUser(ctx, &cardea.User{ID: "ANN"}))
				check()
				must(t, a.DeleteUser(ctx, "ann"))
				check()
			})
		}
	}
}
