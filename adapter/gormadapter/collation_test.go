package gormadapter_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm"
)

// In a database that the Node adapter made on MariaDB or MySQL, the collations take for equal what
// differs in case, accents and spaces at the end. The adapter does not.
func TestTextsThatTheCollationTakesForEqual(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		server, collation string
		empty             func(testing.TB) gormadapter.Options
	}{
		{"MariaDB", "utf8mb4_general_ci", mariaDB}, {"MariaDB", "utf8mb4_unicode_ci", mariaDB},
		{"MariaDB", "utf8mb4_bin", mariaDB},
		{"MariaDB", "utf8mb3_general_ci", mariaDB},
		{"MySQL", "utf8mb4_0900_ai_ci", mySQL}, {"MySQL", "utf8mb4_unicode_ci", mySQL}, {"MySQL", "utf8mb4_bin", mySQL},
		{"MySQL", "utf8mb3_general_ci", mySQL},
	} {
		t.Run(row.server+" "+row.collation, func(t *testing.T) {
			t.Parallel()
			a := collated(t, row.empty(t), row.collation)
			ctx := t.Context()
			must(t, a.CreateUser(ctx, &cardea.User{ID: "Résumé", Name: "first", Email: "résumé@example.com"}))
			must(t, a.LinkAccount(ctx, &cardea.Account{
				UserID: "Résumé", Type: "oidc", Provider: "idp", ProviderAccountID: "Résumé", AccessToken: "first",
			}))
			must(t, a.CreateSession(ctx, &cardea.Session{Token: "Résumé", UserID: "Résumé", Expires: expiry}))
			must(t, a.CreateVerificationToken(ctx,
				&cardea.VerificationToken{Identifier: "résumé@example.com", Token: "Résumé", Expires: expiry}))
			for _, other := range []string{
				"résumé", "RÉSUMÉ", "Resume", "Résumé ", "Re\u0301sume\u0301", "R\u00c3\u00a9sum\u00c3\u00a9",
				"R\xe9sum\xe9", "Résumé\x00",
			} {
				for what, err := range map[string]error{
					"UserByID":      second(a.UserByID(ctx, other)),
					"UserByEmail":   second(a.UserByEmail(ctx, strings.ToUpper(other)+"@example.com")),
					"UserByAccount": second(a.UserByAccount(ctx, "idp", other)),
					"provider":      second(a.UserByAccount(ctx, "IDP", "Résumé")),
					"UpdateUser":    a.UpdateUser(ctx, &cardea.User{ID: other, Name: "second"}),
					"UpdateAccount": a.UpdateAccount(ctx,
						&cardea.Account{Provider: "idp", ProviderAccountID: other, AccessToken: "second"}),
					"Session":      second(a.Session(ctx, other)),
					"RenewSession": a.RenewSession(ctx, other, expiry.AddDate(1, 0, 0)),
					"Consume":      second(a.ConsumeVerificationToken(ctx, "résumé@example.com", other)),
					"identifier":   second(a.ConsumeVerificationToken(ctx, "Résumé@example.com", "Résumé")),
				} {
					if !errors.Is(err, cardea.ErrNotFound) {
						t.Errorf("%s of %q: got %v, want not found", what, other, err)
					}
				}
				must(t, a.DeleteSession(ctx, other))
				must(t, a.UnlinkAccount(ctx, "idp", other))
				must(t, a.DeleteUser(ctx, other))
				if list, err := a.Accounts(ctx, other); len(list) != 0 || err != nil {
					t.Errorf("Accounts of %q: got %d and %v", other, len(list), err)
				}
			}
			s, err := a.Session(ctx, "Résumé")
			if err != nil || !s.Expires.Equal(expiry) || s.User.Name != "first" {
				t.Errorf("got session %+v and %v, want it as it was", s, err)
			}
			list, err := a.Accounts(ctx, "Résumé")
			if err != nil || len(list) != 1 || list[0].AccessToken != "first" {
				t.Errorf("got accounts %v and %v, want the one as it was", list, err)
			}
			if _, err := a.ConsumeVerificationToken(ctx, "résumé@example.com", "Résumé"); err != nil {
				t.Errorf("the token itself: %v", err)
			}
		})
	}
}

// collated returns an adapter on tables whose texts compare by a collation.
func collated(t testing.TB, o gormadapter.Options, collation string) *gormadapter.Adapter {
	t.Helper()
	db := connect(t, gormmysql.Open(o.DSN))
	must(t, db.Exec("ALTER DATABASE COLLATE "+collation).Error)
	must(t, db.AutoMigrate(gormadapter.DefaultEntities()...))
	return openOn(t, o) // which finds the tables there
}

// The statements of every request use the index, with every collation.
func TestExactComparisonsUseTheIndex(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(testing.TB) gormadapter.Options{"MariaDB": mariaDB, "MySQL": mySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			usesTheIndex(t, empty)
		})
	}
}

func usesTheIndex(t *testing.T, empty func(testing.TB) gormadapter.Options) {
	t.Helper()
	for _, usual := range []bool{true, false} {
		o := empty(t)
		collation := strictest[kindOf(t, o)]
		if usual {
			collation = "utf8mb4_general_ci"
		}
		a := collated(t, o, collation)
		var out bytes.Buffer
		o.Debug = true
		o.Logger = slog.New(slog.NewTextHandler(&out, nil))
		logged := openOn(t, o)
		must(t, a.CreateUser(t.Context(), &cardea.User{ID: "ada", Email: "ada@example.com"}))
		must(t, a.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: "ada", Expires: expiry}))
		out.Reset()
		if _, err := logged.Session(t.Context(), "token"); err != nil {
			t.Fatal(err)
		}
		statement := regexp.MustCompile(`sql="(SELECT[^"]* JOIN [^"]*)"`).FindStringSubmatch(out.String())
		if statement == nil {
			t.Fatalf("no statement in %s", &out)
		}
		var plan []struct{ Table, Key string }
		must(t, a.DB().Raw("EXPLAIN FORMAT=TRADITIONAL "+statement[1], "token").Scan(&plan).Error)
		if len(plan) != 2 || plan[0].Key != "session_session_token_unique" || plan[1].Key != "PRIMARY" {
			t.Errorf("%s: got plan %v, want both tables by their keys", collation, plan)
		}
		for name, call := range map[string]struct {
			key  string
			run  func() error
			args []any
		}{
			"UserByID": {"PRIMARY", func() error {
				return second(logged.UserByID(t.Context(), "ada"))
			}, []any{"ada", "ada"}},
			"UserByEmail": {"user_email_unique", func() error {
				return second(logged.UserByEmail(t.Context(), "ada@example.com"))
			}, []any{"ada@example.com"}}, // the adapter compares the bytes
			"RenewSession": {"session_session_token_unique", func() error {
				return logged.RenewSession(t.Context(), "token", expiry)
			}, []any{expiry, "token", "token"}},
		} {
			out.Reset()
			must(t, call.run())
			explained := regexp.MustCompile(`sql="([^"]*)"`).FindStringSubmatch(out.String())[1]
			plan = nil
			must(t, a.DB().Raw("EXPLAIN FORMAT=TRADITIONAL "+explained, call.args...).Scan(&plan).Error)
			if len(plan) != 1 || plan[0].Key != call.key {
				t.Errorf("%s, %s: got plan %v, want the key %s", collation, name, plan, call.key)
			}
		}
	}
}

// In a new schema unique keys compare byte for byte too. Tables that are created beside an older
// table of users get its collation.
func TestCollationOfFreshTables(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(testing.TB) gormadapter.Options{"MariaDB": mariaDB, "MySQL": mySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			freshCollation(t, empty)
		})
	}
}

func freshCollation(t *testing.T, empty func(testing.TB) gormadapter.Options) {
	t.Helper()
	o := empty(t)
	collations := func(a *gormadapter.Adapter) map[string]string {
		var rows []struct{ TableName, TableCollation string }
		must(t, a.DB().Raw("SELECT table_name AS table_name, table_collation AS table_collation FROM "+
			"information_schema.tables WHERE table_schema = DATABASE()").Scan(&rows).Error)
		found := map[string]string{}
		for _, row := range rows {
			found[row.TableName] = row.TableCollation
		}
		return found
	}
	for table, got := range collations(openOn(t, o)) {
		if got != strictest[kindOf(t, o)] {
			t.Errorf("%s: got %s, want one that compares bytes", table, got)
		}
	}

	o = empty(t)
	must(t, connect(t, gormmysql.Open(o.DSN)).Exec("CREATE TABLE user (id varchar(255) PRIMARY KEY) COLLATE "+
		"utf8mb4_unicode_ci").Error)
	if got := collations(openOn(t, o)); got["session"] != "utf8mb4_unicode_ci" || got["account"] != got["session"] {
		t.Errorf("beside a users table: got %v", got)
	}
}

// PostgreSQL's texts contain no NUL and nothing but UTF-8. Other texts are not found, and the
// transaction goes on.
func TestTextsThatNoRowCanHave(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t))
			must(t, a.CreateUser(t.Context(), &cardea.User{ID: "ada", Email: "ada@example.com"}))
			err := a.DB().Transaction(func(tx *gorm.DB) error {
				ctx := gormadapter.WithTx(t.Context(), tx)
				for _, text := range []string{"ada\x00", "ada\xff", "\xed\xa0\x80"} {
					for what, err := range map[string]error{
						"UserByID": second(a.UserByID(ctx, text)), "UserByEmail": second(a.UserByEmail(ctx, text)),
						"UpdateUser": a.UpdateUser(ctx, &cardea.User{ID: text}),
						"Session":    second(a.Session(ctx, text)),
						"UpdateAccount": a.UpdateAccount(ctx,
							&cardea.Account{Provider: "p", ProviderAccountID: text, Scope: "s"}),
						"Consume":      second(a.ConsumeVerificationToken(ctx, text, "token")),
						"RenewSession": a.RenewSession(ctx, text, expiry),
					} {
						if !errors.Is(err, cardea.ErrNotFound) {
							t.Errorf("%s of %q: got %v, want not found", what, text, err)
						}
					}
					must(t, a.DeleteUser(ctx, text))
					must(t, a.UnlinkAccount(ctx, text, "1"))
				}
				return second(a.UserByID(ctx, "ada"))
			})
			must(t, err)
		})
	}
}

// MariaDB and MySQL return an error if a column is compared with a text whose characters are not
// all in its character set. No row has such a text, so it is not found, as on other databases.
func TestTextsOutsideTheCharacterSetAreNotFound(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(testing.TB) gormadapter.Options{"MariaDB": mariaDB, "MySQL": mySQL} {
		for collation, texts := range map[string][]string{
			"utf8mb3_general_ci": {"ann😀", "😀"}, "latin1_swedish_ci": {"ann😀", "李", "ann\ufeff"},
			"ascii_general_ci": {"é", "😀"},
		} {
			t.Run(name+" "+collation, func(t *testing.T) {
				t.Parallel()
				a := collated(t, empty(t), collation)
				ctx := t.Context()
				must(t, a.CreateUser(ctx, &cardea.User{ID: "ann", Email: "ann@example.com"}))
				account := cardea.Account{UserID: "ann", Type: "oidc", Provider: "idp", ProviderAccountID: "ann"}
				must(t, a.LinkAccount(ctx, &account))
				for _, text := range texts {
					lock := func(ctx context.Context) error { return a.LockUser(ctx, text) }
					for what, err := range map[string]error{
						"UserByID":      second(a.UserByID(ctx, text)),
						"UserByEmail":   second(a.UserByEmail(ctx, text+"@example.com")),
						"UserByAccount": second(a.UserByAccount(ctx, "idp", text)),
						"UpdateAccount": a.UpdateAccount(ctx,
							&cardea.Account{Provider: "idp", ProviderAccountID: text, AccessToken: "second"}),
						"LockUser":     a.Transact(ctx, lock),
						"Session":      second(a.Session(ctx, text)),
						"RenewSession": a.RenewSession(ctx, text, expiry),
						"Consume":      second(a.ConsumeVerificationToken(ctx, "ann", text)),
						"identifier":   second(a.ConsumeVerificationToken(ctx, text, "ann")),
					} {
						if !errors.Is(err, cardea.ErrNotFound) {
							t.Errorf("%s of %q: got %v, want not found", what, text, err)
						}
					}
					must(t, a.DeleteSession(ctx, text))
					must(t, a.UnlinkAccount(ctx, "idp", text))
					must(t, a.DeleteUser(ctx, text))
					if list, err := a.Accounts(ctx, text); len(list) != 0 || err != nil {
						t.Errorf("Accounts of %q: got %d and %v", text, len(list), err)
					}
					// The row cannot be stored either. That ends a sign-in for good.
					account.ProviderAccountID = text
					if err := a.LinkAccount(ctx, &account); !errors.Is(err, cardea.ErrRefused) {
						t.Errorf("LinkAccount of %q: got %v, want ErrRefused", text, err)
					}
				}
			})
		}
	}
}
