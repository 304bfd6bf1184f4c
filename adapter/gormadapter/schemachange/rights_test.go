package schemachange_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	driver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// A user of the database without rights gets an error that names what to grant. After these GRANTs
// everything works.
func TestMissingRightsOnServers(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]func(testing.TB) visitor{
		"PostgreSQL": visitorOfPostgres,
		"MariaDB":    func(t testing.TB) visitor { return visitorOfServer(t, "CARDEA_TEST_MARIADB", newMariaDB(t)) },
		"MySQL":      func(t testing.TB) visitor { return visitorOfServer(t, "CARDEA_TEST_MYSQL", newMySQL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := with(t)
			expect := func(call string, err error) {
				t.Helper()
				if err == nil || !strings.Contains(err.Error(), v.hint) {
					t.Errorf("%s: got %v, want an error that says %s", call, err, v.hint)
				}
			}
			apply := func(a *gormadapter.Adapter) error {
				_, err := schemachange.Apply(t.Context(), a)
				return err
			}
			a := newAdapter(t, v.db)
			expect("Apply on an empty database", apply(a))
			mustExec(t, v.admin, v.grants...)
			mustApply(t, a)

			mustExec(t, v.admin, v.revoke...)
			changed := newAdapter(t, v.db, gormadapter.WithUser[userV2]())
			expect("Apply on a table of somebody else", apply(changed))
			mustExec(t, v.admin, v.giveBack...)
			mustApply(t, changed)

			// userV2 has a check, which a temporary table compares.
			mustExec(t, v.admin, v.noTemporary)
			_, err := schemachange.Diff(t.Context(), changed)
			expect("Diff without temporary tables", err)
		})
	}
}

// visitor is a user of the database without rights.
type visitor struct {
	db, admin *gorm.DB
	hint      string
	grants    []string // of the hint
	revoke    []string // takes the right to change the tables
	giveBack  []string

	noTemporary string // takes the right to make temporary tables
}

func visitorOfPostgres(t testing.TB) visitor {
	d := newPostgres(t)
	admin := d.open(t, gorm.Config{})
	name := queryValue[string](t, admin, "SELECT current_database()") // so that no other test has it
	mustExec(t, admin, "CREATE ROLE "+name+" LOGIN", "REVOKE ALL ON SCHEMA public FROM PUBLIC")
	t.Cleanup(func() {
		mustExec(t, admin, "REASSIGN OWNED BY "+name+" TO CURRENT_USER", "DROP OWNED BY "+name, "DROP ROLE "+name)
	})
	config, err := pgx.ParseConfig(os.Getenv("CARDEA_TEST_POSTGRES"))
	if err != nil {
		t.Fatal("the DSN cannot be read")
	}
	config.Database, config.User = name, name
	return visitor{
		db: openGORM(t, postgres.New(postgres.Config{Conn: stdlib.OpenDB(*config)}), gorm.Config{}), admin: admin,
		hint:     "GRANT USAGE, CREATE ON SCHEMA and make it the owner of the tables",
		grants:   []string{"GRANT USAGE, CREATE ON SCHEMA public TO " + name},
		revoke:   []string{`ALTER TABLE "user" OWNER TO CURRENT_USER`},
		giveBack: []string{`ALTER TABLE "user" OWNER TO ` + name},

		noTemporary: "REVOKE TEMPORARY ON DATABASE " + name + " FROM PUBLIC",
	}
}

func visitorOfServer(t testing.TB, variable string, d database) visitor {
	admin := d.open(t, gorm.Config{})
	database := queryValue[string](t, admin, "SELECT DATABASE()")
	name := "u" + database[len(database)-25:]
	mustExec(t, admin, "CREATE USER "+name, "GRANT SELECT ON "+database+".* TO "+name)
	t.Cleanup(func() { mustExec(t, admin, "DROP USER "+name) })
	config, err := driver.ParseDSN(strings.Fields(os.Getenv(variable))[0])
	if err != nil {
		t.Fatal("the DSN cannot be read")
	}
	config.DBName, config.User, config.Passwd = database, name, ""
	config.ParseTime, config.ClientFoundRows = true, true
	rights := "CREATE, ALTER, INDEX, REFERENCES, DROP, CREATE TEMPORARY TABLES"
	return visitor{
		db: openGORM(t, mysql.Open(config.FormatDSN()), gorm.Config{}), admin: admin,
		hint:     "GRANT SELECT, " + rights + " ON the database",
		grants:   []string{"GRANT SELECT, " + rights + " ON " + database + ".* TO " + name},
		revoke:   []string{"REVOKE ALTER ON " + database + ".* FROM " + name},
		giveBack: []string{"GRANT ALTER ON " + database + ".* TO " + name},

		noTemporary: "REVOKE CREATE TEMPORARY TABLES ON " + database + ".* FROM " + name,
	}
}

// A SQLite file that the program cannot write.
func TestMissingRightsOnSQLite(t *testing.T) {
	t.Parallel()
	file := "file:" + filepath.Join(t.TempDir(), "db.sqlite")
	mustApply(t, newAdapter(t, openGORM(t, sqlite.Open(file), gorm.Config{})))
	db := openGORM(t, sqlite.Open(file+"?mode=ro"), gorm.Config{})
	_, err := schemachange.Apply(t.Context(), newAdapter(t, db, gormadapter.WithUser[userV2]()))
	if err == nil || !strings.Contains(err.Error(), "let its user write the file and its folder") {
		t.Errorf("got %v", err)
	}
}
