package main

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
)

// tool is the built command, with the folder it runs in and the value of DATABASE.
type tool struct{ binary, dir, database string }

func build(t *testing.T, database string) tool {
	t.Helper()
	c := tool{filepath.Join(t.TempDir(), "cardea-schema.exe"), t.TempDir(), database}
	if out, err := exec.Command("go", "build", "-o", c.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return c
}

// expect runs the command, and fails the test unless the exit status is status and the output
// contains text.
func (c tool) expect(t *testing.T, status int, text string, args ...string) (stdout string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(c.binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &out, &errs
	cmd.Env = append(os.Environ(), "DATABASE="+c.database)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != status || !strings.Contains(out.String()+errs.String(), text) {
		t.Errorf("%q: got status %d, want %d with %q in\n%s%s", args, got, status, text, &out, &errs)
	}
	return out.String()
}

// Each format of migration files creates the tables of the default entities and drops them again.
// apply creates them too.
func TestEachDatabase(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "db.sqlite") },
		"PostgreSQL": newPostgres,
		"MariaDB":    func(t *testing.T) string { return newMySQL(t, "mariadb", "CARDEA_TEST_MARIADB") },
		"MySQL":      func(t *testing.T) string { return newMySQL(t, "mysql", "CARDEA_TEST_MYSQL") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := build(t, address(t))
			c.expect(t, 1, "table user is missing\n", "check")
			c.expect(t, 0, "CREATE TABLE", "diff")
			for _, script := range [][2]string{c.newGoose(t), c.newMigrate(t)} {
				c.execute(t, script[0])
				if differences := c.expect(t, 0, "", "check"); differences != "" {
					t.Errorf("check printed %q, want nothing", differences)
				}
				c.execute(t, script[1])
				c.expect(t, 1, "table user is missing\n", "check")
			}
			c.expect(t, 0, "CREATE TABLE", "apply")
			if script := c.expect(t, 0, "", "apply"); script != "" {
				t.Errorf("the second apply ran\n%s", script)
			}
			c.expect(t, 0, "nothing to do", "new", "more")
		})
	}
}

// newGoose returns the up and the down script of a new goose migration.
func (c tool) newGoose(t *testing.T) [2]string {
	t.Helper()
	c.expect(t, 0, filepath.Join("migrations", "00001_users.sql"), "new", "users")
	file := c.read(t, "migrations/00001_users.sql")
	up, down, ok := strings.Cut(file, "-- +goose Down\n")
	if !ok {
		t.Fatalf("there is no down section in\n%s", file)
	}
	return [2]string{up, down}
}

// newMigrate returns the up and the down script of a new golang-migrate migration.
func (c tool) newMigrate(t *testing.T) [2]string {
	t.Helper()
	c.expect(t, 0, filepath.Join("db", "000001_users.up.sql"),
		"new", "-format", "migrate", "-dir", "db", "users")
	return [2]string{c.read(t, "db/000001_users.up.sql"), c.read(t, "db/000001_users.down.sql")}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	c := build(t, "")
	c.expect(t, 2, "usage:")
	c.expect(t, 2, "unknown command \"migrate\"\nusage:\n  help", "migrate")
	for _, word := range []string{"help", "-h", "--help"} {
		if out := c.expect(t, 0, "usage:", word); !strings.Contains(out, "list how the database differs") {
			t.Errorf("%s printed\n%s", word, out)
		}
	}
	c.expect(t, 0, `CREATE TABLE "user"`, "fresh", "-dialect", "postgres")
	c.expect(t, 2, "DATABASE is empty", "check")
	c.database = "oracle://u:hunter2@h/d"
	if out := c.expect(t, 2, `there is no driver for "oracle"`, "check"); strings.Contains(out, "hunter2") {
		t.Error("the password is in the output")
	}
}

func (c tool) read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// execute runs the statements of a script on one connection.
func (c tool) execute(t *testing.T, script string) {
	t.Helper()
	a, err := database(c.database).open()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	err = a.DB().Connection(func(db *gorm.DB) error {
		for statement := range strings.SplitSeq(script, ";\n") {
			if strings.HasPrefix(statement, "-- +goose Statement") || strings.TrimSpace(statement) == "" {
				continue
			}
			if err := db.Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
}

// newPostgres returns the URL of a new database.
func newPostgres(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(serverAddress(t, "CARDEA_TEST_POSTGRES"))
	if err != nil {
		t.Fatal("CARDEA_TEST_POSTGRES is not a URL")
	}
	u.Path = "/" + createDatabase(t, "pgx", u.String())
	return u.String()
}

// newMySQL returns the URL of a new database on the server whose DSN is in the variable.
func newMySQL(t *testing.T, scheme, variable string) string {
	t.Helper()
	config, err := driver.ParseDSN(serverAddress(t, variable))
	if err != nil {
		t.Fatalf("%s is not a DSN", variable)
	}
	u := url.URL{Scheme: scheme, User: url.UserPassword(config.User, config.Passwd), Host: config.Addr}
	u.Path = "/" + createDatabase(t, "mysql", config.FormatDSN())
	return u.String()
}

func serverAddress(t *testing.T, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skip(variable + " names no server")
	}
	return address
}

func createDatabase(t *testing.T, driver, server string) (name string) {
	t.Helper()
	db, err := sql.Open(driver, server)
	if err != nil {
		t.Fatal(err)
	}
	name = "cardea_" + strings.ToLower(rand.Text())
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP DATABASE " + name); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return name
}
