package gormadapter_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	sqldriver "github.com/go-sql-driver/mysql"
)

// A user of the database without rights gets an error that names what to grant. After these GRANTs
// everything works.
func TestMissingRightsOnServers(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			store := openOn(t, o)
			admin := connect(t, dialectorOf(t, o))
			visitor, grants := withoutRights(t, o, store)
			ask := func() error {
				a, err := gormadapter.Open(visitor)
				if err != nil {
					return err
				}
				return errors.Join(a.CreateUser(t.Context(), &cardea.User{Email: "ann@example.com"}), a.Close())
			}
			migrate := func() error {
				a, err := gormadapter.Open(visitor, gormadapter.WithUser[unsized]())
				if err != nil {
					return err
				}
				return errors.Join(a.Migrate(t.Context()), a.Close())
			}
			expect := func(do func() error, want string) {
				t.Helper()
				err := do()
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ann@") {
					t.Errorf("got %v, want an error that says %s", err, want)
				}
			}
			grant := func(statements ...string) {
				for _, grant := range statements {
					must(t, admin.Exec(grant).Error)
				}
			}
			if e.name == "PostgreSQL" {
				expect(ask, "lacks USAGE on its schema")
			} else {
				expect(ask, "GRANT SELECT, INSERT, UPDATE, DELETE") // which is an error of Open
			}
			grant(grants[0])
			expect(ask, "GRANT SELECT, INSERT, UPDATE, DELETE")
			grant(grants[1])
			must(t, ask())
			expect(migrate, "for Adapter.Migrate")
			grant(grants[2:]...)
			must(t, migrate())
		})
	}
}

// withoutRights returns options of a user of the database without rights, and the GRANTs of the
// hint: the first two to read and write rows, the others to migrate.
func withoutRights(t *testing.T, o gormadapter.Options, store *gormadapter.Adapter) (
	gormadapter.Options, []string,
) {
	t.Helper()
	if kindOf(t, o) == "postgresql" {
		u, err := url.Parse(o.DSN)
		must(t, err)
		name := strings.TrimPrefix(u.Path, "/") // of the database, so that no other test has it
		must(t, store.DB().Exec("CREATE ROLE "+name+" LOGIN").Error)
		must(t, store.DB().Exec("REVOKE ALL ON SCHEMA public FROM PUBLIC").Error)
		t.Cleanup(func() {
			must(t, store.DB().Exec("REASSIGN OWNED BY "+name+" TO CURRENT_USER").Error)
			must(t, store.DB().Exec("DROP OWNED BY "+name).Error)
			must(t, store.DB().Exec("DROP ROLE "+name).Error)
		})
		u.User = url.User(name)
		o.DSN = u.String()
		return o, []string{
			"GRANT USAGE ON SCHEMA public TO " + name,
			"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + name,
			"GRANT CREATE ON SCHEMA public TO " + name,
			`ALTER TABLE "user" OWNER TO ` + name,
		}
	}
	config, err := sqldriver.ParseDSN(o.DSN)
	must(t, err)
	name := config.DBName[:30]
	must(t, store.DB().Exec("CREATE USER "+name).Error)
	t.Cleanup(func() { must(t, store.DB().Exec("DROP USER "+name).Error) })
	on := " ON " + config.DBName + ".* TO " + name
	config.User = name
	o.DSN = config.FormatDSN()
	return o, []string{
		"GRANT SELECT" + on, "GRANT SELECT, INSERT, UPDATE, DELETE" + on,
		"GRANT CREATE, ALTER" + on, "GRANT INDEX, REFERENCES" + on,
	}
}

// A SQLite file that the program cannot write.
func TestMissingRightsOnSQLite(t *testing.T) {
	t.Parallel()
	o := sqliteFile(t)
	openOn(t, o)
	o.DBName += "&mode=ro"
	a, err := gormadapter.Open(o)
	if err == nil {
		err = errors.Join(a.CreateUser(t.Context(), &cardea.User{Email: "ann@example.com"}), a.Close())
	}
	if err == nil || !strings.Contains(err.Error(), "let its user write the file and its folder") {
		t.Errorf("got %v", err)
	}
}

// Rows that a new unique index does not allow are found by the query in the error.
func TestDoublesOfNewIndex(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t))
			type seated struct {
				gormadapter.User
				Row  int    `gorm:"not null;default:1;uniqueIndex:one_seat"`
				Seat string `gorm:"size:20;not null;default:veiled;uniqueIndex:one_seat"`
			}
			for _, id := range []string{"1", "2"} {
				must(t, a.CreateUser(t.Context(), &cardea.User{ID: id}))
			}
			other, err := gormadapter.New(a.DB(), gormadapter.WithUser[seated]())
			must(t, err)
			err = other.Migrate(t.Context())
			if err == nil {
				t.Fatal("the index was created")
			}
			_, query, ok := strings.Cut(err.Error(), "which this finds: ")
			if !ok || strings.Contains(err.Error(), "veiled") {
				t.Fatalf("got %v", err)
			}
			// The columns are gone with the transaction, except on MySQL and MariaDB.
			for _, column := range []string{"row int DEFAULT 1", "seat varchar(20) DEFAULT 'veiled'"} {
				name, _, _ := strings.Cut(column, " ")
				if !a.DB().Migrator().HasColumn(&gormadapter.User{}, name) {
					must(t, a.DB().Exec("ALTER TABLE "+a.DB().Statement.Quote("user")+" ADD COLUMN "+column).Error)
				}
			}
			var doubles []map[string]any
			must(t, a.DB().Raw(query).Scan(&doubles).Error)
			if len(doubles) != 1 {
				t.Errorf("%s finds %v, want one pair", query, doubles)
			}
		})
	}
}
