package gormadapter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// These tests are about rows that a database holds back: rows that soft deletion hides, and rows
// that it does not take because of a key, a check, a trigger or a type. A sign-in then has a
// defined outcome at the first try: never 503, and one line in the log.

// quitter is deleted softly and has a number as ID, so that burnt IDs show.
type quitter struct {
	gormadapter.User
	ID        int64 `json:"id"`
	DeletedAt gorm.DeletedAt
}

// archived is deleted softly by a flag of the application's own.
type archived struct {
	gormadapter.User
	Gone flag `gorm:"not null;default:0"`
}

// flag is a soft deletion like those of plugins: 1 for a deleted row.
type flag int64

func (flag) QueryClauses(f *schema.Field) []clause.Interface {
	return []clause.Interface{clause.Where{Exprs: []clause.Expression{clause.Eq{
		Column: clause.Column{Table: clause.CurrentTable, Name: f.DBName}, Value: 0,
	}}}}
}

func (flag) DeleteClauses(f *schema.Field) []clause.Interface {
	return []clause.Interface{flagClause{f}}
}

type flagClause struct{ field *schema.Field }

func (flagClause) Name() string               { return "" }
func (flagClause) Build(clause.Builder)       {}
func (flagClause) MergeClause(*clause.Clause) {}
func (c flagClause) ModifyStatement(stmt *gorm.Statement) {
	if stmt.SQL.Len() > 0 || stmt.Unscoped {
		return
	}
	stmt.AddClause(clause.Set{{Column: clause.Column{Name: c.field.DBName}, Value: 1}})
	stmt.AddClauseIfNotExists(clause.Update{})
	stmt.Build("UPDATE", "SET", "WHERE")
}

// heldSite is a site with mail and a provider that may link by address.
type heldSite struct {
	*site
	store *gormadapter.Adapter
	mails *cardeatest.Mailbox
}

func newHeldSite[U any](t *testing.T, store *gormadapter.Adapter, change func(*cardea.Config)) heldSite {
	t.Helper()
	mails := new(cardeatest.Mailbox)
	s := newSite[U](t, store, func(c *cardea.Config) {
		c.Providers[0].(*oauth.Provider).LinkByVerifiedEmail = true
		limit := ratelimit.Rate{Count: 1_000_000, Within: time.Hour}
		c.Providers = append(c.Providers, email.New(email.Options{
			From: "no-reply@example.com", Sender: mails, AddressLimit: limit, ClientLimit: limit,
		}))
		if change != nil {
			change(c)
		}
	}, nil)
	return heldSite{s, store, mails}
}

// ways are the ways to sign in as ann@example.com. Each returns the browser, and the last answer's
// status and URL.
var ways = map[string]func(t *testing.T, s heldSite) (b *cardeatest.Browser, status int, end string){
	"at the provider": func(t *testing.T, s heldSite) (*cardeatest.Browser, int, string) {
		s.issuer.Next(visitor("ann"))
		b := cardeatest.NewBrowser(t, s.URL)
		res := enter(b, "ann")
		return b, res.StatusCode, res.Request.URL.String()
	},
	"by mail": func(t *testing.T, s heldSite) (*cardeatest.Browser, int, string) {
		b := cardeatest.NewBrowser(t, s.URL)
		there := s.URL + "/api/auth/csrf"
		b.Post("/signin/email", url.Values{"email": {"ann@example.com"}, "callbackUrl": {there}})
		link, err := url.Parse(s.mails.Last(t, "ann@example.com").Link)
		must(t, err)
		res := b.Post("/callback/email", link.Query())
		return b, res.StatusCode, res.Request.URL.String()
	},
}

// isDenied checks that a sign-in ended with AccessDenied, and with one line in the log that says
// why.
func (s heldSite) isDenied(t *testing.T, b *cardeatest.Browser, status int, end, why string) {
	t.Helper()
	lines := s.failures()
	if status >= 500 || !strings.Contains(end, "error=AccessDenied") || b.Session() != nil {
		t.Errorf("got %d at %s, want AccessDenied; log:\n%s", status, end, strings.Join(lines, "\n"))
	}
	if len(lines) != 1 || !strings.Contains(lines[0], why) || strings.Contains(lines[0], "ann@") {
		t.Errorf("got the lines\n%s\nwant one with %q, and without the address", strings.Join(lines, "\n"), why)
	}
}

// failures returns the lines of the log about failures since the last call.
func (s heldSite) failures() (lines []string) {
	for line := range strings.Lines(s.log.take()) {
		if strings.Contains(line, "request failed") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// A person whose user is deleted softly is refused, whichever key the deleted row still has, and
// nothing is tried that would burn IDs or write rows.
func TestSoftlyDeletedUserIsRefused(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for how, deleted := range map[string]func(t *testing.T, s heldSite, id string){
			"by the application": func(t *testing.T, s heldSite, id string) {
				must(t, s.store.DB().Delete(&quitter{}, "id = ?", id).Error)
			},
			"by DeleteUser": func(t *testing.T, s heldSite, id string) {
				must(t, s.store.DeleteUser(t.Context(), id))
			},
			"with a partial key": func(t *testing.T, s heldSite, id string) {
				if s.store.DB().Name() == "mysql" { // which has none
					must(t, s.store.DB().Migrator().DropIndex(&quitter{}, "user_email_unique"))
				} else {
					must(t, s.store.DB().Exec("DROP INDEX user_email_unique").Error)
					must(t, s.store.DB().Exec(`CREATE UNIQUE INDEX one_address ON "user" (email) WHERE deleted_at IS NULL`).Error)
				}
				must(t, s.store.DeleteUser(t.Context(), id))
			},
		} {
			for way, signIn := range ways {
				t.Run(e.name+", deleted "+how+", "+way, func(t *testing.T) {
					t.Parallel()
					s := newHeldSite[quitter](t, openOn(t, e.empty(t), gormadapter.WithUser[quitter]()), nil)
					signIn(t, s)
					u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
					must(t, err)
					deleted(t, s, u.ID)
					s.log.take()
					for range 2 {
						b, status, end := signIn(t, s)
						s.isDenied(t, b, status, end, "Callbacks.DeletedUser")
					}
					bob := &cardea.User{Email: "bob@example.com"}
					must(t, s.store.CreateUser(t.Context(), bob))
					if got, want := bob.ID, "2"; got != want {
						t.Errorf("the next ID is %s, want %s", got, want)
					}
					if n := count(t, s.store, "user"); n != 2 {
						t.Errorf("got %d rows of users, want 2", n)
					}
				})
			}
		}
	}
}

// EndSessions ends the sessions and mails of a user who was deleted softly before: the application
// may restore the row, and nothing of before must work then.
func TestSessionsOfSoftlyDeletedUserEnd(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newHeldSite[quitter](t, openOn(t, e.empty(t), gormadapter.WithUser[quitter]()), nil)
			b, _, _ := ways["at the provider"](t, s)
			if b.Session() == nil {
				t.Fatal("nobody is signed in")
			}
			auth := s.auth(t)
			u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
			must(t, err)
			other := cardeatest.NewBrowser(t, s.URL)
			other.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
			link, err := url.Parse(s.mails.Last(t, "ann@example.com").Link)
			must(t, err)
			must(t, s.store.DB().Delete(&quitter{}, "id = ?", u.ID).Error)
			if n, err := auth.EndSessions(t.Context(), u.ID, nil); n != 1 || err != nil {
				t.Errorf("ended %d sessions, error %v", n, err)
			}
			must(t, s.store.DB().Unscoped().Model(&quitter{}).Where("id = ?", u.ID).Update("deleted_at", nil).Error)
			if b.Session() != nil {
				t.Error("the session lives again")
			}
			if other.Post("/callback/email", link.Query()); other.Session() != nil {
				t.Error("the link works again")
			}
			for _, id := range []string{"999", "", "x", "1\x00"} {
				if n, err := auth.EndSessions(t.Context(), id, nil); n != 0 || err != nil {
					t.Errorf("%q: ended %d sessions, error %v", id, n, err)
				}
			}
		})
	}
}

// auth returns the handler of the site.
func (s heldSite) auth(t *testing.T) *cardea.Auth {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/auth/session", nil)
	h, _ := s.Config.Handler.(*http.ServeMux).Handler(r)
	return h.(*cardea.Auth)
}

// The application lets people come back, as the same user or as a new one.
func TestApplicationDecidesAboutDeletedUsers(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for way, signIn := range ways {
			for _, row := range []struct {
				what     string
				decide   func(db *gorm.DB, u *quitter) error
				wantID   string
				wantRows int
			}{
				{"the same user", func(db *gorm.DB, u *quitter) error {
					return db.Unscoped().Model(u).Update("deleted_at", nil).Error
				}, "1", 1},
				{"a new user, the row deleted", func(db *gorm.DB, u *quitter) error {
					if err := withoutAccounts(db, u); err != nil {
						return err
					}
					return db.Unscoped().Delete(u).Error
				}, "", 1},
				{"a new user, the row kept", func(db *gorm.DB, u *quitter) error {
					if err := withoutAccounts(db, u); err != nil {
						return err
					}
					return db.Unscoped().Model(u).Update("email", nil).Error
				}, "2", 2},
			} {
				t.Run(fmt.Sprintf("%s, %s, %s", e.name, way, row.what), func(t *testing.T) {
					t.Parallel()
					store := openOn(t, e.empty(t), gormadapter.WithUser[quitter]())
					asked := 0
					s := newHeldSite[quitter](t, store, func(c *cardea.Config) {
						c.Callbacks.DeletedUser = func(ctx context.Context, in *cardea.SignIn) error {
							asked++
							return row.decide(store.DB().WithContext(ctx), in.User.Entity.(*quitter))
						}
					})
					signIn(t, s)
					must(t, store.DB().Delete(&quitter{}, "id = 1").Error)
					b, _, end := signIn(t, s)
					if b.Session() == nil || asked != 1 {
						t.Fatalf("ended at %s after %d questions; log:\n%s", end, asked, s.log.take())
					}
					u, err := store.UserByEmail(t.Context(), "ann@example.com")
					must(t, err)
					if row.wantID != "" && u.ID != row.wantID {
						t.Errorf("signed in as user %s, want %s", u.ID, row.wantID)
					}
					if n := count(t, store, "user"); n != row.wantRows {
						t.Errorf("got %d rows of users, want %d", n, row.wantRows)
					}
				})
			}
		}
	}
}

func withoutAccounts(db *gorm.DB, u *quitter) error {
	return db.Where("user_id = ?", u.ID).Delete(&gormadapter.AccountOf[quitter]{}).Error
}

// A soft deletion of another kind than gorm.DeletedAt is recognized too.
func TestSoftDeletionOfTheApplicationsOwn(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := newHeldSite[archived](t, openOn(t, e.empty(t), gormadapter.WithUser[archived]()), nil)
			for _, signIn := range ways {
				signIn(t, s)
				u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
				must(t, err)
				must(t, s.store.DeleteUser(t.Context(), u.ID))
				s.log.take()
				b, status, end := signIn(t, s)
				s.isDenied(t, b, status, end, "Callbacks.DeletedUser")
				must(t, s.store.DB().Unscoped().Where("1 = 1").Delete(&archived{}).Error)
			}
		})
	}
}

// A user whose address is stored in another case is found if the database allows only one of the
// two spellings.
func TestAddressInAnotherCase(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for name, statements := range foldingKeys(e.name) {
			for way, signIn := range ways {
				t.Run(e.name+", "+name+", "+way, func(t *testing.T) {
					t.Parallel()
					store := openOn(t, e.empty(t))
					for _, sql := range statements {
						must(t, store.DB().Exec(sql).Error)
					}
					must(t, store.CreateUser(t.Context(),
						&cardea.User{ID: "ann", Email: "Ann@Example.com", EmailVerified: time.Now()}))
					must(t, store.CreateUser(t.Context(),
						&cardea.User{ID: "kim", Email: "Kim@Example.com", EmailVerified: time.Now()}))
					s := newHeldSite[gormadapter.User](t, openExistingOf(t, store), nil)
					b, _, end := signIn(t, s)
					if b.Session() == nil {
						t.Fatalf("ended at %s; log:\n%s", end, s.log.take())
					}
					if n := count(t, store, "user"); n != 2 {
						t.Errorf("got %d users, want the two", n)
					}
					if u, err := s.store.UserByEmail(t.Context(), "kim@example.com"); err != nil || u.ID != "kim" {
						t.Errorf("got %+v and %v, want Kim", u, err)
					}
					// The Kelvin sign is a k for a collation or a function, and another address.
					u, err := s.store.UserByEmail(t.Context(), "\u212Aim@example.com")
					notFound(t, fmt.Sprintf("user %+v", u), err)
				})
			}
		}
	}
}

// openExistingOf returns another adapter on the connection, which knows nothing about the tables
// yet.
func openExistingOf(t *testing.T, store *gormadapter.Adapter) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.New(store.DB())
	must(t, err)
	return a
}

// foldingKeys are statements after which a database takes two spellings of an address for one.
func foldingKeys(engine string) map[string][]string {
	switch engine {
	case "SQLite":
		return map[string][]string{
			"lower": {"CREATE UNIQUE INDEX one_spelling ON user (lower(email))"},
			"upper": {"CREATE UNIQUE INDEX one_spelling ON user (upper(email))"},
		}
	case "PostgreSQL":
		return map[string][]string{
			"lower":     {`CREATE UNIQUE INDEX one_spelling ON "user" (lower(email))`},
			"upper":     {`CREATE UNIQUE INDEX one_spelling ON "user" (upper(email))`},
			"generated": {`ALTER TABLE "user" ADD COLUMN folded text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE`},
			"collation": {
				"CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
				`ALTER TABLE "user" ALTER COLUMN email TYPE varchar(255) COLLATE caseless`,
			},
		}
	case "MySQL":
		return map[string][]string{
			"lower":     {"CREATE UNIQUE INDEX one_spelling ON user ((lower(email)))"},
			"generated": {"ALTER TABLE user ADD COLUMN folded varchar(255) AS (lower(email)) STORED UNIQUE"},
			"collation": {"ALTER TABLE user MODIFY email varchar(255) COLLATE utf8mb4_0900_ai_ci"},
		}
	}
	return map[string][]string{
		"generated": {"ALTER TABLE user ADD COLUMN folded varchar(255) AS (lower(email)) STORED UNIQUE"},
		"collation": {"ALTER TABLE user MODIFY email varchar(255) COLLATE utf8mb4_general_ci"},
	}
}

// If a collation takes the account IDs or addresses of two people for the same, nobody is signed in
// as the other.
func TestCollationThatTakesTwoPeopleForOne(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			store := openOn(t, e.empty(t))
			for _, sql := range map[string][]string{
				"SQLite": {
					"DROP INDEX account_provider_provider_account_id_unique",
					"ALTER TABLE account DROP COLUMN provider_account_id",
					"ALTER TABLE account ADD COLUMN provider_account_id text COLLATE NOCASE",
					"CREATE UNIQUE INDEX one_account ON account (provider, provider_account_id)",
				},
				"PostgreSQL": {
					"CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
					"ALTER TABLE account ALTER COLUMN provider_account_id TYPE varchar(255) COLLATE caseless",
				},
				"MariaDB": {"ALTER TABLE account MODIFY provider_account_id varchar(255) COLLATE utf8mb4_general_ci"},
				"MySQL":   {"ALTER TABLE account MODIFY provider_account_id varchar(255) COLLATE utf8mb4_0900_ai_ci"},
			}[e.name] {
				must(t, store.DB().Exec(sql).Error)
			}
			s := newHeldSite[gormadapter.User](t, openExistingOf(t, store), nil)
			for _, id := range []string{"AbC", "abc"} {
				p := visitor("ann")
				p.Subject, p.Email = id, ""
				s.issuer.Next(p)
				b := cardeatest.NewBrowser(t, s.URL)
				res := enter(b, id)
				if id == "abc" {
					s.isDenied(t, b, res.StatusCode, res.Request.URL.String(), "conflict with a row that exists")
				} else if b.Session() == nil {
					t.Fatalf("AbC did not get in; log:\n%s", s.log.take())
				}
				s.log.take()
			}
		})
	}
}

// Whatever the database refuses for good is AccessDenied with one line in the log, on every table
// that a sign-in writes.
func TestRefusedRows(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for name, statements := range refusingTables(e.name) {
			for way, signIn := range ways {
				if strings.HasPrefix(name, "account") && way == "by mail" ||
					strings.HasPrefix(name, "verification_token") && way != "by mail" {
					continue // the table is not written
				}
				t.Run(e.name+", "+name+", "+way, func(t *testing.T) {
					t.Parallel()
					store := openOn(t, e.empty(t))
					s := newHeldSite[gormadapter.User](t, openExistingOf(t, store), nil)
					for _, sql := range statements {
						must(t, silently(store, sql))
					}
					if strings.HasPrefix(name, "verification_token") {
						b := cardeatest.NewBrowser(t, s.URL)
						res := b.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
						s.isDenied(t, b, res.StatusCode, res.Request.URL.String(), "refuses the row")
						return
					}
					b, status, end := signIn(t, s)
					s.isDenied(t, b, status, end, "refuses the row")
					if got := countRows(t, store); got != (rows{}) {
						t.Errorf("got %+v, want no rows", got)
					}
				})
			}
		}
	}
}

// refusingTables are statements after which a database takes no rows of a table.
func refusingTables(engine string) map[string][]string {
	all := map[string][]string{}
	for _, table := range []string{"user", "account", "session", "verification_token"} {
		quoted, column := table, map[string]string{
			"user": "email", "account": "provider", "session": "session_token", "verification_token": "token",
		}[table]
		if engine == "PostgreSQL" {
			quoted = `"` + table + `"`
		}
		switch engine {
		case "SQLite":
			all[table+", a check"] = []string{"ALTER TABLE " + table + " ADD COLUMN plan text CHECK (plan IS NOT NULL)"}
			all[table+", a trigger that fails"] = []string{
				fmt.Sprintf("CREATE TRIGGER need BEFORE INSERT ON %s BEGIN SELECT RAISE(FAIL, 'no'); END", quoted),
			}
			all[table+", a trigger"] = []string{
				fmt.Sprintf("CREATE TRIGGER refuse BEFORE INSERT ON %s BEGIN SELECT RAISE(ABORT, 'no'); END", quoted),
			}
		case "PostgreSQL":
			all[table+", a check"] = []string{
				fmt.Sprintf("ALTER TABLE %s ADD CHECK (%s = '') NOT VALID", quoted, column),
			}
			all[table+", a column without a default"] = []string{
				fmt.Sprintf("ALTER TABLE %s ADD COLUMN plan text NOT NULL", quoted),
			}
			for what, state := range map[string]string{
				"a trigger": "", "a trigger with a state of its own": " USING ERRCODE = 'ZZ001'",
			} {
				all[table+", "+what] = []string{
					"CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'" + state +
						"; END $$ LANGUAGE plpgsql",
					"CREATE TRIGGER refuse BEFORE INSERT ON " + quoted + " FOR EACH ROW EXECUTE FUNCTION refuse()",
				}
			}
			all[table+", a foreign key"] = []string{
				"CREATE TABLE allowed (id varchar(255) PRIMARY KEY)",
				fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES allowed (id) NOT VALID", quoted, column),
			}
		default:
			all[table+", a check"] = []string{fmt.Sprintf("ALTER TABLE %s ADD CHECK (%s = '')", quoted, column)}
			all[table+", a column without a default"] = []string{
				fmt.Sprintf("ALTER TABLE %s ADD COLUMN plan int NOT NULL", quoted),
			}
			for what, state := range map[string]string{
				"a trigger": "45000", "a trigger with a state of its own": "45123",
			} {
				all[table+", "+what] = []string{fmt.Sprintf("CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW "+
					"SIGNAL SQLSTATE '%s' SET MESSAGE_TEXT = 'no'", quoted, state)}
			}
		}
	}
	return all
}
