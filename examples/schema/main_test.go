package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

// tool is the built command in an empty folder.
type tool struct{ binary, dir string }

func build(t *testing.T) tool {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "schema.exe")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return tool{binary, dir}
}

// run returns the command's output and its exit status.
func (c tool) run(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(c.binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &out, &errs
	cmd.Env = append(os.Environ(), "DATABASE=")
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// expect fails unless the status is that one and the output holds the text.
func (c tool) expect(t *testing.T, status int, text string, args ...string) string {
	t.Helper()
	stdout, stderr, got := c.run(t, args...)
	if got != status || !strings.Contains(stdout+stderr, text) {
		t.Errorf("%q: got status %d, want %d with %q in\n%s%s", args, got, status, text, stdout, stderr)
	}
	return stdout
}

func (c tool) open(t *testing.T, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: filepath.Join(c.dir, "app.sqlite")}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func TestCommand(t *testing.T) {
	t.Parallel()
	c := build(t)
	c.expect(t, 2, "usage:")
	c.expect(t, 2, "usage:", "help")
	c.expect(t, 2, `dialect "db2"`, "fresh", "-dialect", "db2")
	c.expect(t, 2, "usage:", "check", "this")
	c.expect(t, 2, "small letters", "new", "Add Role")
	c.expect(t, 2, `format "flyway"`, "new", "-format", "flyway", "first")
	for dialect, text := range map[string]string{
		"sqlite": "CREATE TABLE `user`", "postgres": `CREATE TABLE "user"`, "mysql": "CREATE TABLE `user`",
		"mariadb": "CREATE TABLE `user`", "sqlserver": "CREATE TABLE [user]",
	} {
		c.expect(t, 0, text, "fresh", "-dialect", dialect)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "app.sqlite")); err == nil {
		t.Error("fresh opened the database")
	}
	c.expect(t, 1, "table user is missing\n", "check")
	c.expect(t, 0, "CREATE TABLE `invoices`", "diff")
	c.expect(t, 0, filepath.Join("migrations", "00001_first.sql"), "new", "first")
	c.expect(t, 0, filepath.Join("sql", "000001_first.up.sql")+"\n"+filepath.Join("sql", "000001_first.down.sql"),
		"new", "-format", "migrate", "-dir", "sql", "first")
	c.expect(t, 0, filepath.Join("migrations", "00002_again.sql"), "new", "again")
	c.expect(t, 1, "table user is missing\n", "check")
	c.expect(t, 0, "CREATE TABLE `user`", "apply")
	if out := c.expect(t, 0, "", "check"); out != "" {
		t.Errorf("check says %q", out)
	}
	c.expect(t, 0, "nothing to do", "new", "third")
	if out := c.expect(t, 0, "", "apply"); out != "" {
		t.Errorf("the second run did\n%s", out)
	}
}

// The files bring a database that the adapter's own tables are in to the application's, which on
// SQLite takes a rebuild, and back, as the tools run them.
func TestFiles(t *testing.T) {
	t.Parallel()
	for format, files := range map[string][2]string{
		"goose": {"00001_role.sql", "00001_role.sql"}, "migrate": {"000001_role.up.sql", "000001_role.down.sql"},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			c := build(t)
			a := c.open(t)
			if err := a.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			u := &cardea.User{Name: "Ada"}
			if err := a.CreateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if err := a.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: u.ID}); err != nil {
				t.Fatal(err)
			}
			c.expect(t, 0, "role", "new", "-format", format, "role")
			for i, want := range []string{"", "column user.role is missing"} {
				content, err := os.ReadFile(filepath.Join(c.dir, "migrations", files[i]))
				if err != nil {
					t.Fatal(err)
				}
				script := string(content)
				if format == "goose" {
					script = section(t, script, []string{"Up", "Down"}[i])
				}
				c.execute(t, script)
				if out, _, _ := c.run(t, "check"); !strings.Contains(out, want) || want == "" && out != "" {
					t.Errorf("after %s: check says %q", files[i], out)
				}
				if s, err := a.Session(t.Context(), "token"); err != nil || s.User.ID != u.ID {
					t.Errorf("after %s: session: got %v and %v", files[i], s, err)
				}
			}
		})
	}
}

// section is what goose hands to the driver in one call.
func section(t *testing.T, file, name string) string {
	t.Helper()
	_, after, _ := strings.Cut(file, "-- +goose "+name+"\n-- +goose StatementBegin\n")
	statement, _, ok := strings.Cut(after, "-- +goose StatementEnd\n")
	if !ok || !strings.HasPrefix(file, "-- +goose NO TRANSACTION\n") {
		t.Fatalf("no statement %s in\n%s", name, file)
	}
	return statement
}

func (c tool) execute(t *testing.T, script string) {
	t.Helper()
	db, err := sqlite.OpenDB(filepath.Join(c.dir, "app.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), script); err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
}

// Inside of a transaction, where foreign keys cannot be switched off, a rebuild would delete every
// session. It fails instead.
func TestFileInTransaction(t *testing.T) {
	t.Parallel()
	c := build(t)
	a := c.open(t)
	if err := a.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := &cardea.User{Name: "Ada"}
	if err := a.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := a.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: u.ID}); err != nil {
		t.Fatal(err)
	}
	script, _, _ := c.run(t, "diff")
	if !strings.Contains(script, "DROP TABLE `user`") {
		t.Fatalf("no rebuild in\n%s", script)
	}
	for name, inTransaction := range map[string]string{
		"whole": script, "without its own transaction": strings.NewReplacer("BEGIN IMMEDIATE;", "", "COMMIT;",
			"").Replace(script),
	} {
		db, err := sqlite.OpenDB(filepath.Join(c.dir, "app.sqlite"))
		if err != nil {
			t.Fatal(err)
		}
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), inTransaction); err == nil {
			t.Errorf("%s: ran in a transaction", name)
		}
		tx.Rollback()
		db.Close()
		if _, err := a.Session(t.Context(), "token"); err != nil {
			t.Errorf("%s: session: %v", name, err)
		}
	}
}
