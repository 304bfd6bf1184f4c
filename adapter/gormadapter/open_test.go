package gormadapter_test

import (
	"bytes"
	"log"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func TestOpenReportsWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, row := range map[string]struct {
		options gormadapter.Options
		want    []string
	}{
		"nothing given": {
			gormadapter.Options{}, []string{
				"Options.Driver is nil", "sqlite.Driver, postgresql.Driver or mysql.Driver", "drivers.ByName",
				"Options.DBName is empty",
			},
		},
		"no driver": {gormadapter.Options{DBName: "x"}, []string{"Options.Driver is nil"}},
		"missing directory": {
			gormadapter.Options{Driver: sqlite.Driver, DBName: filepath.Join(dir, "no", "db.sqlite")},
			[]string{"open sqlite database", "no such file"},
		},
		"a directory": {
			gormadapter.Options{Driver: sqlite.Driver, DBName: dir},
			[]string{"open sqlite database", "unable to open database file"},
		},
	} {
		_, err := gormadapter.Open(row.options)
		if err == nil {
			t.Errorf("%s: got no error", name)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %q", name, want, err)
			}
		}
	}
}

type pointer struct{ *gormadapter.User }

func TestNewReportsWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	for name, row := range map[string]struct {
		db   *gorm.DB
		opts []gormadapter.Option
		want []string
	}{
		"all at once": {nil, []gormadapter.Option{gormadapter.WithUser[member](), gormadapter.WithUser[leaver]()},
			[]string{"db is nil", "WithUser is given twice, for gormadapter_test.member and gormadapter_test.leaver"}},
		"embedded pointer": {
			db, []gormadapter.Option{gormadapter.WithUser[pointer]()}, []string{"embed gormadapter.User itself"},
		},
	} {
		_, err := gormadapter.New(row.db, row.opts...)
		if err == nil {
			t.Errorf("%s: got no error", name)
			continue
		}
		for _, want := range row.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %q", name, want, err)
			}
		}
	}
}

func TestReadOnlyFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "db.sqlite")
	u := &cardea.User{Name: "Ada"}
	if err := openFile(t, file).CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: "file:" + file + "?mode=ro"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if got, err := a.UserByID(t.Context(), u.ID); err != nil || got.Name != "Ada" {
		t.Errorf("got %v and %v, want the user", got, err)
	}
	if err := a.Migrate(t.Context()); err != nil && !strings.Contains(err.Error(), "readonly") {
		t.Errorf("Migrate: %v", err)
	}
	err = a.CreateUser(t.Context(), &cardea.User{})
	if err == nil || !strings.Contains(err.Error(), "attempt to write a readonly database") {
		t.Errorf("CreateUser: got %v", err)
	}
}

func TestCloseIsForOpenOnly(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	a := newOn(t, db)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.CreateUser(t.Context(), &cardea.User{}); err != nil {
		t.Errorf("after Close: %v", err)
	}
	if a.DB() != db {
		t.Error("DB is another one than New got")
	}
	opened, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	if err := opened.Migrate(t.Context()); err == nil {
		t.Error("Migrate after Close: got no error")
	}
}

// next-auth CVE-2022-31186: the log contains no value of a row, at any level.
func TestDebugLogsStatementsWithoutValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a, err := gormadapter.Open(gormadapter.Options{
		Driver: sqlite.Driver, DBName: filepath.Join(t.TempDir(), "db.sqlite"), Debug: true,
		Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	everything(t, a)
	for _, want := range []string{
		"INSERT INTO `user`", "SELECT `session`", "UPDATE `session`", "DELETE FROM `verification_token`", "duration=",
		"level=INFO",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the log", want)
		}
	}
	if strings.Contains(out.String(), "veiled") {
		t.Errorf("a value is in the log:\n%s", &out)
	}
}

// The application's own logger gets the adapter's statements, and none of their values.
func TestApplicationsLoggerSeesNoValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	to := logger.New(log.New(&out, "", 0), logger.Config{LogLevel: logger.Info})
	a, err := gormadapter.New(openDB(t, gorm.Config{Logger: to}))
	if err != nil {
		t.Fatal(err)
	}
	everything(t, a)
	if !strings.Contains(out.String(), "SELECT `session`.`session_token`") {
		t.Error("the statement for a session is not in the log")
	}
	for line := range strings.Lines(out.String()) {
		// the application's own statement
		if strings.Contains(line, "veiled") && !strings.Contains(line, "SELECT `name` FROM") {
			t.Errorf("a value is in the log: %s", line)
		}
	}
}

// everything runs each statement of the adapter with values that contain veiled.
func everything(t *testing.T, a *gormadapter.Adapter) {
	t.Helper()
	ctx, u := t.Context(), &cardea.User{ID: "veiled id", Name: "veiled", Email: "veiled@example.com", Image: "veiled"}
	account := &cardea.Account{
		UserID: u.ID, Type: cardea.TypeOIDC, Provider: "veiled", ProviderAccountID: "veiled", AccessToken: "veiled",
	}
	token := &cardea.VerificationToken{Identifier: "veiled", Token: "veiled", Expires: time.Now()}
	_, err := a.Session(ctx, "veiled before there is a table")
	if err == nil {
		t.Error("got no error without a table")
	}
	for i, err := range []error{
		a.Migrate(ctx), a.CreateUser(ctx, u), a.UpdateUser(ctx, u), a.LinkAccount(ctx, account),
		a.UpdateAccount(ctx, account),
		a.CreateSession(ctx, &cardea.Session{Token: "veiled", UserID: u.ID, Expires: time.Now()}),
		a.RenewSession(ctx, "veiled", time.Now()), a.CreateVerificationToken(ctx, token),
	} {
		if err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	var name string
	for i, err := range []error{
		second(a.UserByEmail(ctx, u.Email)), second(a.UserByAccount(ctx, "veiled", "veiled")),
		second(a.Session(ctx, "veiled")),
		second(a.Accounts(ctx, u.ID)), second(a.ConsumeVerificationToken(ctx, "veiled", "veiled")),
		second(a.DeleteExpiredSessions(ctx, time.Now(), 0)),
		second(a.DeleteExpiredVerificationTokens(ctx, time.Now(), 1)),
		// a statement of the application, for which GORM does not ask the logger about values
		a.DB().Model(&gormadapter.User{}).Select("name").Where("id = ?", u.ID).Scan(&name).Error,
		a.UnlinkAccount(ctx, "veiled", "veiled"), a.DeleteSession(ctx, "veiled"), a.DeleteUser(ctx, u.ID),
	} {
		if err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	// Errors are logged too, and returned.
	if err := a.CreateUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{a.CreateUser(ctx, u), a.LinkAccount(ctx, &cardea.Account{UserID: "veiled nobody"})} {
		if err == nil || strings.Contains(err.Error(), "veiled") {
			t.Errorf("got %v, want an error without values", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
