//go:build unix

package gormadapter_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// The benchmarks compare the adapter with the same statements, prepared, on bare database/sql with
// the same driver and the same pool.

// compare runs both alone, for their time and allocations, and then in turn, so that a change of
// the machine's speed affects both. cpu-ratio is the adapter's processor time divided by that of
// the bare statements.
func compare(b *testing.B, bare, cardea func(i int)) {
	b.Helper()
	compareNamed(b, "bare", bare, "cardea", cardea)
}

func compareNamed(b *testing.B, oneName string, one func(i int), twoName string, two func(i int)) {
	b.Helper()
	n := 0 // a new number for each run, for unique columns
	alone := func(op func(i int)) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				op(n)
				n++
			}
		}
	}
	b.Run(oneName, alone(one))
	b.Run(twoName, alone(two))
	b.Run("both", func(b *testing.B) {
		const round = 50
		ops, spent := []func(i int){one, two}, [2]time.Duration{}
		for b.Loop() {
			first := rand.N(2) // a fixed order falls in step with SQLite's checkpoints
			for _, who := range []int{first, 1 - first} {
				begin := processorTime()
				for range round {
					ops[who](n)
					n++
				}
				spent[who] += processorTime() - begin
			}
		}
		b.ReportMetric(float64(spent[1])/float64(spent[0]), "cpu-ratio")
		b.ReportMetric(float64(spent[0])/float64(b.N*round), oneName+"-cpu-ns/op")
		b.ReportMetric(float64(spent[1])/float64(b.N*round), twoName+"-cpu-ns/op")
		b.ReportMetric(0, "ns/op") // it would be of a whole round, which means nothing
	})
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// onEach runs a benchmark on each database that has a server.
func onEach(b *testing.B, run func(b *testing.B, e engine)) {
	for _, e := range []engine{{"SQLite", sqliteFile}, {"PostgreSQL", postgreSQL}, {"MariaDB", mariaDB}} {
		b.Run(e.name, func(b *testing.B) { run(b, e) })
	}
}

// bareStatement is prepared on the adapter's pool: by database/sql, or on PostgreSQL by pgx, which
// is faster.
type bareStatement struct {
	*sql.Stmt
	pool  *sql.DB
	query string
}

func bare(b *testing.B, a *gormadapter.Adapter, query string) bareStatement {
	b.Helper()
	pool, err := a.DB().DB()
	if err != nil {
		b.Fatal(err)
	}
	if a.DB().Name() == "postgres" {
		for n := 1; strings.Contains(query, "?"); n++ {
			query = strings.Replace(query, "?", fmt.Sprint("$", n), 1)
		}
		return bareStatement{nil, pool, strings.ReplaceAll(query, "`", `"`)}
	}
	stmt, err := pool.PrepareContext(b.Context(), query)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stmt.Close() })
	return bareStatement{stmt, pool, query}
}

func (s bareStatement) rows(ctx context.Context, args ...any) (*sql.Rows, error) {
	if s.Stmt == nil {
		return s.pool.QueryContext(ctx, s.query, args...)
	}
	return s.QueryContext(ctx, args...)
}

func (s bareStatement) row(ctx context.Context, args ...any) *sql.Row {
	if s.Stmt == nil {
		return s.pool.QueryRowContext(ctx, s.query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}

func (s bareStatement) exec(ctx context.Context, args ...any) (sql.Result, error) {
	if s.Stmt == nil {
		return s.pool.ExecContext(ctx, s.query, args...)
	}
	return s.ExecContext(ctx, args...)
}

func (s bareStatement) execIn(ctx context.Context, tx *sql.Tx, args ...any) (sql.Result, error) {
	if s.Stmt == nil {
		return tx.ExecContext(ctx, s.query, args...)
	}
	return tx.StmtContext(ctx, s.Stmt).ExecContext(ctx, args...)
}

// filled returns an adapter with so many sessions and a tenth as many users. The tokens are token1
// to tokenN.
func filled(b *testing.B, e engine, sessions int) *gormadapter.Adapter {
	b.Helper()
	a := openOn(b, e.empty(b))
	fill(b, a, "INSERT INTO `user` (id, name, email, email_verified, image) SELECT concat('user', i), concat('User "+
		"', i), concat('user', i, '@example.com'), "+
		"@past, concat('https://example.com/', i, '.png') FROM n", sessions/10)
	fill(b, a, fmt.Sprintf("INSERT INTO session (id, user_id, expires, session_token, "+
		"created_at, auth_time, seen_at, methods, level, ip, user_agent) "+
		"SELECT concat('session', i), concat('user', (1 + i %% %d)), @future, concat('token', i), "+
		"@past, @past, @past, 'fed', 1, '203.0.113.0/24', "+
		"'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' FROM n", sessions/10), sessions)
	return a
}

// fill runs an INSERT ... SELECT from the numbers 1 to rows, n(i), and then updates the statistics,
// which a server does by itself after a while.
func fill(b *testing.B, a *gormadapter.Adapter, insert string, rows int) {
	b.Helper()
	numbers, past, future := "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT "+
		"i FROM n)", "1700000000000", "1900000000000"
	switch a.DB().Name() {
	case "postgres":
		numbers, insert = "generate_series(1, %d)", strings.ReplaceAll(insert, "`", `"`)
		numbers = "(SELECT i FROM " + numbers + " AS i)"
	case "mysql":
		numbers = "(SELECT seq AS i FROM seq_1_to_%d)"
	}
	if a.DB().Name() != "sqlite" {
		past, future = "'2023-11-14 22:13:20'", "'2030-03-17 17:46:40'"
	}
	if a.DB().Name() == "postgres" {
		past, future = past+"::timestamptz", future+"::timestamptz"
	}
	statement := strings.NewReplacer("FROM n", "FROM "+fmt.Sprintf(numbers, rows)+" AS n", "@past", past, "@future",
		future).Replace(insert)
	db := a.DB().Session(&gorm.Session{Logger: logger.Discard})
	if err := db.Exec(statement).Error; err != nil {
		b.Fatal(err)
	}
	if a.DB().Name() == "postgres" {
		if err := db.Exec("ANALYZE").Error; err != nil {
			b.Fatal(err)
		}
	}
}

var expiry = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

const findSession = "SELECT s.session_token, s.user_id, s.expires, u.id, u.name, u.email, u.email_verified, u.image " +
	"FROM session s JOIN `user` u ON u.id = s.user_id WHERE s.session_token = ?"

func BenchmarkSession(b *testing.B) {
	onEach(b, func(b *testing.B, e engine) { compareSessions(b, filled(b, e, 1000), 1000) })
}

func compareSessions(b *testing.B, a *gormadapter.Adapter, sessions int) {
	b.Helper()
	stmt := bare(b, a, findSession)
	compare(b, func(i int) {
		var s gormadapter.Session
		var u gormadapter.User
		rows, err := stmt.rows(b.Context(), fmt.Sprint("token", 1+i*7919%sessions))
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Close()
		if !rows.Next() {
			b.Fatal("no session")
		}
		if err := rows.Scan(&s.SessionToken, &s.UserID, &s.Expires, &u.ID, &u.Name, &u.Email, &u.EmailVerified,
			&u.Image); err != nil {
			b.Fatal(err)
		}
	}, func(i int) { findsSession(b, a, i*7919%sessions) })
}

func findsSession(b *testing.B, a *gormadapter.Adapter, i int) {
	b.Helper()
	if _, err := a.Session(b.Context(), fmt.Sprint("token", 1+i)); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSessionOfMany is BenchmarkSession with 1,000,000 sessions of 100,000 users.
func BenchmarkSessionOfMany(b *testing.B) {
	if testing.Short() {
		b.Skip("filling the table takes seconds")
	}
	onEach(b, compareGrowth)
}

func compareGrowth(b *testing.B, e engine) {
	const few, many = 1000, 1_000_000
	large := filled(b, e, many)
	compareSessions(b, large, many)

	// How the cost grows with the table: look up the same session again and again, those of so many
	// visitors, or another one each time.
	small := filled(b, e, few)
	for _, visitors := range []int{1, 100, few, many} {
		b.Run(fmt.Sprintf("growth, visitors %d", visitors), func(b *testing.B) {
			compareNamed(b,
				"1000-sessions", func(i int) { findsSession(b, small, i%min(visitors, few)) },
				"1000000-sessions", func(i int) { findsSession(b, large, i%visitors*7919%many) })
		})
	}
}

func BenchmarkRenewSession(b *testing.B) { onEach(b, compareRenewSession) }

func compareRenewSession(b *testing.B, e engine) {
	a := filled(b, e, 1000)
	stmt := bare(b, a, "UPDATE session SET expires = ? WHERE session_token = ?")
	compare(b, func(i int) {
		result, err := stmt.exec(b.Context(), expiry.Add(time.Duration(i)*time.Millisecond),
			fmt.Sprint("token", 1+i%1000))
		if err != nil {
			b.Fatal(err)
		}
		if n, err := result.RowsAffected(); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}, func(i int) {
		if err := a.RenewSession(b.Context(), fmt.Sprint("token", 1+i%1000),
			expiry.Add(time.Duration(i)*time.Millisecond)); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkDeleteSession(b *testing.B) { onEach(b, compareDeleteSession) }

func compareDeleteSession(b *testing.B, e engine) {
	const sessions = 400_000
	a := filled(b, e, sessions)
	stmt := bare(b, a, "DELETE FROM session WHERE session_token = ?")
	compare(b, func(i int) {
		if _, err := stmt.exec(b.Context(), fmt.Sprint("token", 1+i%sessions)); err != nil {
			b.Fatal(err)
		}
	}, func(i int) {
		if err := a.DeleteSession(b.Context(), fmt.Sprint("token", 1+i%sessions)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkConsumeVerificationToken consumes tokens that were created before.
func BenchmarkConsumeVerificationToken(b *testing.B) { onEach(b, compareConsumeVerificationToken) }

func compareConsumeVerificationToken(b *testing.B, e engine) {
	const tokens = 400_000
	a := openOn(b, e.empty(b))
	fill(b, a, "INSERT INTO verification_token (token, expires, identifier) SELECT concat('token', i), @future, "+
		"'ada@example.com' FROM n", tokens)
	stmt := bare(b, a, "DELETE FROM verification_token WHERE token = ? AND identifier = ? RETURNING expires")
	compare(b, func(i int) {
		rows, err := stmt.rows(b.Context(), fmt.Sprint("token", 1+i), "ada@example.com")
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Close()
		var t gormadapter.VerificationToken
		// Read to the end: SQLite checkpoints in the step that finishes a statement, and QueryRow
		// stops before it.
		for rows.Next() {
			if err := rows.Scan(&t.Expires); err != nil {
				b.Fatal(err)
			}
		}
		if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
			b.Fatal(err)
		}
	}, func(i int) {
		if _, err := a.ConsumeVerificationToken(b.Context(), "ada@example.com", fmt.Sprint("token", 1+i)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkCreate adds a user with an account and a session in one transaction, as a first sign-in
// does.
func BenchmarkCreate(b *testing.B) { onEach(b, compareCreate) }

func compareCreate(b *testing.B, e engine) {
	a := openOn(b, e.empty(b))
	create := newBareCreator(b, a)
	compare(b, func(i int) { create(fmt.Sprint("name", i)) }, func(i int) {
		if err := signUp(b, a, fmt.Sprint("name", i)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkDeleteUser deletes users with one account and ten sessions each.
func BenchmarkDeleteUser(b *testing.B) { onEach(b, compareDeleteUser) }

func compareDeleteUser(b *testing.B, e engine) {
	const users = 40_000
	a := filled(b, e, users*10)
	fill(b, a, "INSERT INTO account (id, user_id, type, provider, provider_account_id) SELECT concat('account', i), "+
		"concat('user', i), 'oauth', 'github', i FROM n", users)
	stmt := bare(b, a, "DELETE FROM `user` WHERE id = ?") // the database cascades
	compare(b, func(i int) {
		if _, err := stmt.exec(b.Context(), fmt.Sprint("user", 1+i%users)); err != nil {
			b.Fatal(err)
		}
	}, func(i int) {
		if err := a.DeleteUser(b.Context(), fmt.Sprint("user", 1+i%users)); err != nil {
			b.Fatal(err)
		}
	})
}

func signUp(b *testing.B, a *gormadapter.Adapter, name string) error {
	u := &cardea.User{
		Name: name, Email: name + "@example.com", EmailVerified: expiry, Image: "https://example.com/a.png",
	}
	return a.Transact(b.Context(), func(ctx context.Context) error {
		if err := a.CreateUser(ctx, u); err != nil {
			return err
		}
		account := &cardea.Account{
			UserID: u.ID, Type: cardea.TypeOAuth, Provider: "github", ProviderAccountID: name, AccessToken: "access",
			Scope: "user",
		}
		if err := a.LinkAccount(ctx, account); err != nil {
			return err
		}
		return a.CreateSession(ctx, &cardea.Session{Token: name, UserID: u.ID, Expires: expiry})
	})
}

// newBareCreator returns a function that does on bare database/sql what signUp does.
func newBareCreator(b *testing.B, a *gormadapter.Adapter) func(name string) {
	b.Helper()
	pool, err := a.DB().DB()
	if err != nil {
		b.Fatal(err)
	}
	user := bare(b, a, "INSERT INTO `user` (id, name, email, email_verified, image) VALUES (?, ?, ?, ?, ?)")
	account := bare(b, a, "INSERT INTO account (id, user_id, type, provider, provider_account_id, refresh_token, "+
		"access_token, expires_at, token_type, "+
		"scope, id_token, session_state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	session := bare(b, a, "INSERT INTO session (id, user_id, expires, session_token) VALUES (?, ?, ?, ?)")
	return func(name string) {
		ctx, id := b.Context(), gormadapter.NewUUID()
		tx, err := pool.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer tx.Rollback()
		for _, step := range []struct {
			stmt bareStatement
			args []any
		}{
			{user, []any{id, name, name + "@example.com", expiry, "https://example.com/a.png"}},
			{account, []any{
				gormadapter.NewUUID(), id, "oauth", "github", name, nil, "access", nil, nil, "user", nil, nil,
			}},
			{session, []any{gormadapter.NewUUID(), id, expiry, name}},
		} {
			if _, err := step.stmt.execIn(ctx, tx, step.args...); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}
