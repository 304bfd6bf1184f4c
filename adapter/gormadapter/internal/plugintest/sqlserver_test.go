package plugintest

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flag"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/driver/sqlserver"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

var update = flag.Bool("update", false, "write the golden files")

// The statements that are sent to SQL Server are those of a golden file. No SQL Server takes part.
func TestSQLServer(t *testing.T) {
	t.Parallel()
	server := &recorder{}
	pool := sql.OpenDB(server)
	defer pool.Close()
	db, err := gorm.Open(sqlserver.New(sqlserver.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	must(t, err)
	a, err := gormadapter.New(db)
	must(t, err)
	ctx, u := t.Context(), &cardea.User{ID: "ada", Name: "Ada", Email: "ada@example.com"}
	account := &cardea.Account{UserID: "ada", Type: "oidc", Provider: "p", ProviderAccountID: "1", Scope: "s"}
	for _, call := range []struct {
		name string
		run  func() error
	}{
		{"CreateUser", func() error { return a.CreateUser(ctx, u) }},
		{"UserByID", func() error { return second(a.UserByID(ctx, "ada")) }},
		{"UserByEmail", func() error { return second(a.UserByEmail(ctx, "ada@example.com")) }},
		{"UserByAccount", func() error { return second(a.UserByAccount(ctx, "p", "1")) }},
		{"UpdateUser", func() error { return a.UpdateUser(ctx, u) }},
		{"LinkAccount", func() error { return a.LinkAccount(ctx, account) }},
		{"UpdateAccount", func() error { return a.UpdateAccount(ctx, account) }},
		{"UnlinkAccount", func() error { return a.UnlinkAccount(ctx, "p", "1") }},
		{"Accounts", func() error { return second(a.Accounts(ctx, "ada")) }},
		{"CreateSession", func() error {
			return a.CreateSession(ctx, &cardea.Session{Token: "t", UserID: "ada", Expires: expiry})
		}},
		{"Session", func() error { return second(a.Session(ctx, "t")) }},
		{"RenewSession", func() error { return a.RenewSession(ctx, "t", expiry) }},
		{"DeleteSession", func() error { return a.DeleteSession(ctx, "t") }},
		{"DeleteExpiredSessions", func() error { return second(a.DeleteExpiredSessions(ctx, expiry, 10)) }},
		{"CreateVerificationToken", func() error {
			return a.CreateVerificationToken(ctx,
				&cardea.VerificationToken{Token: "t", Identifier: "i", Expires: expiry})
		}},
		{"ConsumeVerificationToken", func() error { return second(a.ConsumeVerificationToken(ctx, "i", "t")) }},
		{"DeleteExpiredVerificationTokens", func() error {
			return second(a.DeleteExpiredVerificationTokens(ctx, expiry, 10))
		}},
		{"DeleteUser, in an inner transaction", func() error {
			return a.Transact(ctx, func(ctx context.Context) error { return a.DeleteUser(ctx, "ada") })
		}},
	} {
		server.writeLine("-- " + call.name)
		if err := call.run(); err != nil && !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("%s: %v", call.name, err)
		}
	}
	const golden = "testdata/sqlserver.sql"
	if *update {
		must(t, os.WriteFile(golden, server.sent.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if got := server.sent.String(); got != string(want) {
		t.Errorf("the statements are not those of %s (go test -run SQLServer -update writes them):\n%s", golden, got)
	}
}

// The statements that are sent to SQL Server are those of another golden file.
func TestManagementOnSQLServer(t *testing.T) {
	t.Parallel()
	server := &recorder{}
	pool := sql.OpenDB(server)
	defer pool.Close()
	db, err := gorm.Open(sqlserver.New(sqlserver.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	must(t, err)
	a, err := gormadapter.New(db)
	must(t, err)
	ctx := t.Context()
	for _, call := range []struct {
		name string
		run  func() error
	}{
		{"LockUser", func() error { return a.LockUser(ctx, "ada") }},
		{"ForgetTokens", func() error { return a.ForgetTokens(ctx, "p", "1") }},
		{"Sessions", func() error { return second(a.Sessions(ctx, "ada")) }},
		{"DeleteSessions", func() error { return second(a.DeleteSessions(ctx, "ada", "")) }},
		{"DeleteSessions, all but one", func() error { return second(a.DeleteSessions(ctx, "ada", "t")) }},
		{"DeleteVerificationTokens", func() error { return second(a.DeleteVerificationTokens(ctx, "i")) }},
	} {
		server.writeLine("-- " + call.name)
		must(t, call.run())
	}
	const golden = "testdata/sqlserver_management.sql"
	if *update {
		must(t, os.WriteFile(golden, server.sent.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if !bytes.Equal(server.sent.Bytes(), want) {
		t.Errorf("the statements are not those of %s (go test -run SQLServer -update writes them):\n%s", golden,
			server.sent.String())
	}
}

// recorder is a database that records its statements and has no rows.
type recorder struct {
	mu   sync.Mutex
	sent bytes.Buffer
}

func (r *recorder) writeLine(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent.WriteString(line + "\n")
}

func (r *recorder) Connect(context.Context) (driver.Conn, error) { return recorded{r}, nil }
func (r *recorder) Driver() driver.Driver                        { return nil }

type recorded struct{ *recorder }

func (c recorded) Prepare(query string) (driver.Stmt, error) {
	return recordedStmt{c.recorder, query}, nil
}
func (c recorded) Close() error              { return nil }
func (c recorded) Begin() (driver.Tx, error) { c.writeLine("BEGIN"); return recordedTx(c), nil }

type recordedTx struct{ *recorder }

func (tx recordedTx) Commit() error   { tx.writeLine("COMMIT"); return nil }
func (tx recordedTx) Rollback() error { tx.writeLine("ROLLBACK"); return nil }

type recordedStmt struct {
	*recorder
	query string
}

func (s recordedStmt) Close() error  { return nil }
func (s recordedStmt) NumInput() int { return -1 }

func (s recordedStmt) Exec([]driver.Value) (driver.Result, error) {
	s.writeLine(s.query)
	return driver.RowsAffected(1), nil
}

func (s recordedStmt) Query([]driver.Value) (driver.Rows, error) {
	s.writeLine(s.query)
	return noRows{}, nil
}

type noRows struct{}

func (noRows) Columns() []string         { return nil }
func (noRows) Close() error              { return nil }
func (noRows) Next([]driver.Value) error { return io.EOF }
