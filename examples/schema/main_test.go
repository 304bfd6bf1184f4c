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

// tool is the built command and the empty folder it runs in.
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

// expect runs the command, and fails the test unless the exit status is status and the output
// contains text.
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
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: filepath.Join(c.dir, "app.sqlite")},
		opts...)
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
	c.expect(t, 0, "usage:", "help")
	c.expect(t, 2, `dialect "db2"`, "fresh", "-dialect", "db2")
	c.expect(t, 2, "usage:", "check", "this")
	c.expect(t, 2, "lower-case letters", "new", "Add Role")
	c.expect(t, 2, `format "flyway"`, "new", "-format", "flyway", "first")
	for dialect, text := range map[string]string{
		"sqlite":    "CREATE TABLE `user`",
		"postgres":  `CREATE TABLE "user"`,
		"mysql":     "CREATE TABLE `user`",
		"mariadb":   "CREATE TABLE `user`",
		"sqlserver": "CREATE TABLE [user]",
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
	c.expect(t, 0, filepath.Join("migrations", "00002_second.sql"), "new", "second")
	c.expect(t, 1, "table user is missing\n", "check")
	c.expect(t, 0, "CREATE TABLE `user`", "apply")
	if differences := c.expect(t, 0, "", "check"); differences != "" {
		t.Errorf("check printed %q, want nothing", differences)
	}
	c.expect(t, 0, "nothing to do", "new", "third")
	if script := c.expect(t, 0, "", "apply"); script != "" {
		t.Errorf("the second apply ran\n%s", script)
	}
}

// openWithSession creates the tables without the application's column, and in them a user with the
// session "token". It returns the ID of the user.
func (c tool) openWithSession(t *testing.T) (a *gormadapter.Adapter, userID string) {
	t.Helper()
	a = c.open(t)
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
	return a, u.ID
}

// Each format of migration files adds the application's column and takes it away, as goose or
// golang-migrate runs them. On SQLite that takes a rebuild of the table, which must keep the
// session.
func TestMigrationFiles(t *testing.T) {
	t.Parallel()
	for format, files := range map[string][2]string{
		"goose":   {"00001_role.sql", "00001_role.sql"},
		"migrate": {"000001_role.up.sql", "000001_role.down.sql"},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			c := build(t)
			a, userID := c.openWithSession(t)
			c.expect(t, 0, "role", "new", "-format", format, "role")
			up, down := c.read(t, files[0]), c.read(t, files[1])
			if format == "goose" {
				up, down = gooseStatement(t, up, "Up"), gooseStatement(t, down, "Down")
			}
			c.execute(t, up)
			if differences := c.expect(t, 0, "", "check"); differences != "" {
				t.Errorf("after the way up: check printed %q, want nothing", differences)
			}
			expectSession(t, a, userID, "after the way up")
			c.execute(t, down)
			c.expect(t, 1, "column user.role is missing", "check")
			expectSession(t, a, userID, "after the way down")
		})
	}
}

func expectSession(t *testing.T, a *gormadapter.Adapter, userID, when string) {
	t.Helper()
	if s, err := a.Session(t.Context(), "token"); err != nil || s.User.ID != userID {
		t.Errorf("%s: session: got %v and %v", when, s, err)
	}
}

func (c tool) read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, "migrations", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// gooseStatement returns what goose gives to the driver in one call. The section is Up or Down.
func gooseStatement(t *testing.T, file, section string) string {
	t.Helper()
	_, after, _ := strings.Cut(file, "-- +goose "+section+"\n-- +goose StatementBegin\n")
	statement, _, ok := strings.Cut(after, "-- +goose StatementEnd\n")
	if !ok || !strings.HasPrefix(file, "-- +goose NO TRANSACTION\n") {
		t.Fatalf("section %s without a transaction and with one statement is not in\n%s", section, file)
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

// Inside a transaction foreign keys cannot be switched off, so a rebuild would delete every
// session. The script must fail instead.
func TestScriptInTransaction(t *testing.T) {
	t.Parallel()
	c := build(t)
	a, userID := c.openWithSession(t)
	script, _, _ := c.run(t, "diff")
	if !strings.Contains(script, "DROP TABLE `user`") {
		t.Fatalf("no table is rebuilt in\n%s", script)
	}
	withoutBegin := strings.NewReplacer("BEGIN IMMEDIATE;", "", "COMMIT;", "").Replace(script)
	for name, script := range map[string]string{
		"with its own transaction": script, "without its own transaction": withoutBegin,
	} {
		if err := c.executeInTransaction(t, script); err == nil {
			t.Errorf("%s: the script ran in a transaction", name)
		}
		expectSession(t, a, userID, name)
	}
}

// executeInTransaction runs a script in a transaction, rolls it back, and returns the script's
// error.
func (c tool) executeInTransaction(t *testing.T, script string) error {
	t.Helper()
	db, err := sqlite.OpenDB(filepath.Join(c.dir, "app.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	_, err = tx.ExecContext(t.Context(), script)
	return err
}
