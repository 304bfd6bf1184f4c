package gormadapter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// guarded is a user whose table refuses some values.
type guarded struct {
	gormadapter.User
	Role   string `gorm:"size:20;not null;default:A;check:known_role,role <> 'veiled'" json:"-"`
	Points int64  `gorm:"not null;default:0" json:"-"`
}

// refusal is a call that the database or the driver refuses.
type refusal struct {
	what string
	call func(ctx context.Context, a *gormadapter.Adapter) error
}

// refusals have veiled in their values. The last two change the table.
func refusals() []refusal {
	create := func(u cardea.User) func(context.Context, *gormadapter.Adapter) error {
		return func(ctx context.Context, a *gormadapter.Adapter) error { return a.CreateUser(ctx, &u) }
	}
	return []refusal{
		{"taken e-mail address", create(cardea.User{Email: "veiled@example.com"})},
		{"taken ID", create(cardea.User{ID: "veiled"})},
		{"check", create(cardea.User{Entity: &guarded{Role: "veiled"}})},
		{"trigger", create(cardea.User{Name: "trigger", Email: "veiled2@example.com"})},
		{"too long", create(cardea.User{Entity: &guarded{Role: "veiled" + strings.Repeat("x", 20)}})},
		{"foreign key", func(ctx context.Context, a *gormadapter.Adapter) error {
			return a.CreateSession(ctx, &cardea.Session{Token: "veiled", UserID: "veiled nobody", Expires: expiry})
		}},
		{"key that is there twice", func(ctx context.Context, a *gormadapter.Adapter) error {
			must := silently(a, "ALTER TABLE user ADD COLUMN plan varchar(20) DEFAULT 'veiled'",
				"INSERT INTO user (id, name) VALUES ('veiled3', 'x')")
			type planned struct {
				gormadapter.User
				Plan string `gorm:"size:20;uniqueIndex:one_plan"`
			}
			other, err := gormadapter.New(a.DB(), gormadapter.WithUser[planned]())
			if must != nil || err != nil {
				return errors.Join(must, err)
			}
			return other.Migrate(ctx)
		}},
		{"not a number", func(ctx context.Context, a *gormadapter.Adapter) error {
			if err := silently(a, "ALTER TABLE user DROP COLUMN points",
				"ALTER TABLE user ADD COLUMN points varchar(20) DEFAULT 'veiled'"); err != nil {
				return err
			}
			return second(a.UserByID(ctx, "veiled"))
		}},
	}
}

// silently runs statements of the test itself, whose literals may be in no log.
func silently(a *gormadapter.Adapter, statements ...string) error {
	db := a.DB().Session(&gorm.Session{Logger: logger.Discard})
	for _, sql := range statements {
		if db.Name() == "postgres" {
			sql = strings.NewReplacer("TABLE user", `TABLE "user"`, "INTO user", `INTO "user"`).Replace(sql)
		}
		if err := db.Exec(sql).Error; err != nil {
			return err
		}
	}
	return nil
}

// triggers refuse a row with a text that contains a value of it.
var triggers = map[string][]string{
	"sqlite": {"CREATE TRIGGER refuse BEFORE INSERT ON user WHEN NEW.name = 'trigger' BEGIN " +
		"SELECT RAISE(ABORT, 'refused ' || NEW.email); END"},
	"postgres": {`CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN
			IF NEW.name = 'trigger' THEN
				RAISE EXCEPTION 'refused %', NEW.email USING DETAIL = NEW.email, HINT = NEW.email;
			END IF;
			RETURN NEW;
		END $$ LANGUAGE plpgsql`,
		`CREATE TRIGGER refuse BEFORE INSERT ON "user" FOR EACH ROW EXECUTE FUNCTION refuse()`},
	"mysql": {"CREATE TRIGGER refuse BEFORE INSERT ON user FOR EACH ROW BEGIN " +
		"DECLARE reason VARCHAR(100) DEFAULT NEW.email; " +
		"IF NEW.name = 'trigger' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = reason; END IF; END"},
}

// Whoever makes the text of an error, the database, a trigger, the driver or database/sql, no value
// of a row is in a log or in an error of the adapter (next-auth CVE-2022-31186, CWE-532). The text
// names the code and what the entities call the column or constraint.
func TestErrorsContainNoValues(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for name, open := range map[string]func(testing.TB, gormadapter.Options, io.Writer) *gormadapter.Adapter{
			"Open": openLogged, "New": newLogged,
		} {
			t.Run(e.name+" by "+name, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				a := open(t, e.empty(t), &out)
				must(t, a.CreateUser(t.Context(), &cardea.User{ID: "veiled", Email: "veiled@example.com"}))
				must(t, silently(a, triggers[a.DB().Name()]...))
				for _, r := range refusals() {
					r.check(t, a, &out)
				}
			})
		}
	}
}

func (r refusal) check(t *testing.T, a *gormadapter.Adapter, out *bytes.Buffer) {
	t.Helper()
	out.Reset()
	err := r.call(t.Context(), a)
	if err == nil && (r.what != "too long" || a.DB().Name() != "sqlite") { // SQLite has no lengths
		t.Errorf("%s: got no error", r.what)
	}
	if err != nil && strings.Contains(err.Error(), "veiled") {
		t.Errorf("%s: a value is in the error: %v", r.what, err)
	}
	if strings.Contains(out.String(), "veiled") {
		t.Errorf("%s: a value is in the log: %s", r.what, out)
	}
	for name, want := range map[string]string{
		"check": "about known_role", "not a number": "points", "key that is there twice": "one_plan",
	} {
		if r.what == name && err != nil && !strings.Contains(strings.ReplaceAll(err.Error(), "user, ", ""), want) {
			t.Errorf("%s: no %q in %v", r.what, want, err)
		}
	}
}

// The log of a statement has the code of its error. errors.As finds the original.
func TestErrorsHaveCodes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"SQLite": "SQLite error 2067 constraint failed", "PostgreSQL": "SQLSTATE 23505",
		"MariaDB": "MySQL error 1062", "MySQL": "MySQL error 1062",
	} {
		for _, e := range databases() {
			if e.name != name {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				a := openLogged(t, e.empty(t), &out)
				must(t, a.CreateUser(t.Context(), &cardea.User{Email: "ada@example.com"}))
				if err := a.CreateUser(t.Context(), &cardea.User{Email: "ada@example.com"}); err == nil {
					t.Fatal("got no error")
				}
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in %s", want, &out)
				}
			})
		}
	}
	a := openLogged(t, sqliteFile(t), io.Discard)
	must(t, silently(a, triggers["sqlite"]...))
	var coded interface{ Code() int }
	if err := a.CreateUser(t.Context(), &cardea.User{Name: "trigger"}); !errors.As(err, &coded) ||
		coded.Code() != 1811 {
		t.Errorf("got %v, want SQLite's error 1811", err)
	}
}

// Before the tables exist, errors say what to do.
func TestErrorsWithoutTables(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openExisting(t, e.empty(t))
			err := a.CreateUser(t.Context(), &cardea.User{Email: "veiled@example.com"})
			const want = "about user: a table or column is missing; call Adapter.Migrate"
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "veiled") {
				t.Errorf("got %v, want an error that says to migrate", err)
			}
		})
	}
}

// The text of a hook of the application is left out too. errors.Is finds its error.
func TestErrorsOfHooksContainNoValues(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[refusing]())
	err := a.CreateUser(t.Context(), &cardea.User{Email: "veiled@example.com"})
	if !errors.Is(err, errHook) || strings.Contains(err.Error(), "veiled") {
		t.Errorf("got %v, want the hook's error without its text", err)
	}
}

var errHook = errors.New("refused by a hook")

type refusing struct{ gormadapter.User }

func (h *refusing) BeforeCreate(*gorm.DB) error { return fmt.Errorf("%w: %s", errHook, *h.Email) }

// The same holds for Config.Logger, which gets the adapter's errors as the cause of a failed
// sign-in.
func TestLogOfSignInContainsNoValuesOfErrors(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openLogged(t, e.empty(t), io.Discard)
			must(t, silently(a, triggers[a.DB().Name()]...))
			s := newSite[guarded](t, a, nil, nil)
			s.issuer.Next(cardeatest.Person{
				Subject: "1", Name: "trigger", Email: "veiled@example.com", EmailVerified: true,
			})
			b := cardeatest.NewBrowser(t, s.URL)
			enter(b, "1").Body.Close()
			if got := s.log.take(); !strings.Contains(got, "create user: ") || strings.Contains(got, "veiled") {
				t.Errorf("got the log %s, want the cause without values", got)
			}
		})
	}
}

func openLogged(t testing.TB, o gormadapter.Options, out io.Writer) *gormadapter.Adapter {
	t.Helper()
	o.Debug, o.Logger = true, slog.New(slog.NewTextHandler(out, nil))
	return openOn(t, o, gormadapter.WithUser[guarded]())
}

func newLogged(t testing.TB, o gormadapter.Options, out io.Writer) *gormadapter.Adapter {
	t.Helper()
	to := logger.New(log.New(out, "", 0), logger.Config{LogLevel: logger.Info})
	db, err := gorm.Open(dialectorOf(t, o), &gorm.Config{Logger: to})
	must(t, err)
	pool, err := db.DB()
	must(t, err)
	t.Cleanup(func() { pool.Close() })
	a, err := gormadapter.New(db, gormadapter.WithUser[guarded]())
	must(t, err)
	must(t, a.Migrate(t.Context()))
	return a
}
