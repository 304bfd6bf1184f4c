//go:build unix

package gormadapter_test

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// The benchmarks compare the adapter with the same statements, prepared, on bare database/sql with the same driver and the same pool.

// compare runs both alone, for their time and allocations, and then in turn, so that a change of the machine's speed meets both: cpu-ratio
// is the adapter's processor time to the bare one's.
func compare(b *testing.B, bare, cardea func(i int)) {
	b.Helper()
	compareNamed(b, "bare", bare, "cardea", cardea)
}

func compareNamed(b *testing.B, oneName string, one func(i int), twoName string, two func(i int)) {
	b.Helper()
	n := 0 // never the same twice, for what must be unique
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
		b.ReportMetric(0, "ns/op") // of a whole round: nothing that anybody wants to know
	})
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// bare is a prepared statement on the adapter's pool.
func bare(b *testing.B, a *gormadapter.Adapter, query string) *sql.Stmt {
	b.Helper()
	pool, err := a.DB().DB()
	if err != nil {
		b.Fatal(err)
	}
	stmt, err := pool.PrepareContext(b.Context(), query)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stmt.Close() })
	return stmt
}

// filled returns an adapter with that many sessions and a tenth of the users; tokens are token1 to tokenN.
func filled(b *testing.B, sessions int) *gormadapter.Adapter {
	b.Helper()
	a := open(b)
	fill(b, a, "INSERT INTO user (id, name, email, email_verified, image) SELECT 'user' || i, 'User ' || i, 'user' || i || '@example.com', "+
		"1700000000000, 'https://example.com/' || i || '.png' FROM n", sessions/10)
	fill(b, a, fmt.Sprintf("INSERT INTO session (id, user_id, expires, session_token) SELECT 'session' || i, 'user' || (1 + i %% %d), "+
		"1900000000000, 'token' || i FROM n", sessions/10), sessions)
	return a
}

// fill runs an INSERT ... SELECT from the numbers 1 to rows, n(i).
func fill(b *testing.B, a *gormadapter.Adapter, insert string, rows int) {
	b.Helper()
	db := a.DB().Session(&gorm.Session{Logger: logger.Discard})
	if err := db.Exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "+insert, rows).Error; err != nil {
		b.Fatal(err)
	}
}

var expiry = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

const findSession = "SELECT s.session_token, s.user_id, s.expires, u.id, u.name, u.email, u.email_verified, u.image " +
	"FROM session s JOIN user u ON u.id = s.user_id WHERE s.session_token = ?"

func BenchmarkSession(b *testing.B) { compareSessions(b, filled(b, 1000), 1000) }

func compareSessions(b *testing.B, a *gormadapter.Adapter, sessions int) {
	b.Helper()
	stmt := bare(b, a, findSession)
	compare(b, func(i int) {
		var s gormadapter.Session
		var u gormadapter.User
		err := stmt.QueryRowContext(b.Context(), fmt.Sprint("token", 1+i*7919%sessions)).
			Scan(&s.SessionToken, &s.UserID, &s.Expires, &u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image)
		if err != nil {
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
	const few, many = 1000, 1_000_000
	large := filled(b, many)
	compareSessions(b, large, many)

	// How the cost grows with the table: one lookup after another of the same session, of those of so many visitors, or each time of somebody else.
	small := filled(b, few)
	for _, visitors := range []int{1, 100, few, many} {
		b.Run(fmt.Sprintf("growth, visitors %d", visitors), func(b *testing.B) {
			compareNamed(b,
				"1000-sessions", func(i int) { findsSession(b, small, i%min(visitors, few)) },
				"1000000-sessions", func(i int) { findsSession(b, large, i%visitors*7919%many) })
		})
	}
}

func BenchmarkRenewSession(b *testing.B) {
	a := filled(b, 1000)
	stmt := bare(b, a, "UPDATE session SET expires = ? WHERE session_token = ?")
	compare(b, func(i int) {
		result, err := stmt.ExecContext(b.Context(), expiry.Add(time.Duration(i)*time.Millisecond), fmt.Sprint("token", 1+i%1000))
		if err != nil {
			b.Fatal(err)
		}
		if n, err := result.RowsAffected(); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}, func(i int) {
		if err := a.RenewSession(b.Context(), fmt.Sprint("token", 1+i%1000), expiry.Add(time.Duration(i)*time.Millisecond)); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkDeleteSession(b *testing.B) {
	const sessions = 400_000
	a := filled(b, sessions)
	stmt := bare(b, a, "DELETE FROM session WHERE session_token = ?")
	compare(b, func(i int) {
		if _, err := stmt.ExecContext(b.Context(), fmt.Sprint("token", 1+i%sessions)); err != nil {
			b.Fatal(err)
		}
	}, func(i int) {
		if err := a.DeleteSession(b.Context(), fmt.Sprint("token", 1+i%sessions)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkConsumeVerificationToken consumes tokens that were put there before.
func BenchmarkConsumeVerificationToken(b *testing.B) {
	const tokens = 400_000
	a := open(b)
	fill(b, a, "INSERT INTO verification_token (token, expires, identifier) SELECT 'token' || i, 1900000000000, 'ada@example.com' FROM n", tokens)
	stmt := bare(b, a, "DELETE FROM verification_token WHERE token = ? AND identifier = ? RETURNING expires")
	compare(b, func(i int) {
		rows, err := stmt.QueryContext(b.Context(), fmt.Sprint("token", 1+i), "ada@example.com")
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Close()
		var t gormadapter.VerificationToken
		for rows.Next() { // to the end: SQLite checkpoints in the step that finishes a statement, not where QueryRow breaks it off
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

// BenchmarkCreate adds a user with account and session in one transaction, as a first sign-in does.
func BenchmarkCreate(b *testing.B) {
	a := open(b)
	create := newBareCreator(b, a)
	compare(b, func(i int) { create(fmt.Sprint("name", i)) }, func(i int) {
		if err := signUp(b, a, fmt.Sprint("name", i)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkDeleteUser deletes users with one account and ten sessions each.
func BenchmarkDeleteUser(b *testing.B) {
	const users = 40_000
	a := filled(b, users*10)
	fill(b, a, "INSERT INTO account (id, user_id, type, provider, provider_account_id) SELECT 'account' || i, 'user' || i, 'oauth', 'github', i FROM n", users)
	stmt := bare(b, a, "DELETE FROM user WHERE id = ?") // the database cascades
	compare(b, func(i int) {
		if _, err := stmt.ExecContext(b.Context(), fmt.Sprint("user", 1+i%users)); err != nil {
			b.Fatal(err)
		}
	}, func(i int) {
		if err := a.DeleteUser(b.Context(), fmt.Sprint("user", 1+i%users)); err != nil {
			b.Fatal(err)
		}
	})
}

func signUp(b *testing.B, a *gormadapter.Adapter, name string) error {
	u := &cardea.User{Name: name, Email: name + "@example.com", EmailVerified: expiry, Image: "https://example.com/a.png"}
	return a.Transact(b.Context(), func(ctx context.Context) error {
		if err := a.CreateUser(ctx, u); err != nil {
			return err
		}
		account := &cardea.Account{UserID: u.ID, Type: cardea.OAuth2, Provider: "github", ProviderAccountID: name, AccessToken: "access", Scope: "user"}
		if err := a.LinkAccount(ctx, account); err != nil {
			return err
		}
		return a.CreateSession(ctx, &cardea.Session{Token: name, UserID: u.ID, Expires: expiry})
	})
}

// newBareCreator returns what signUp does on bare database/sql.
func newBareCreator(b *testing.B, a *gormadapter.Adapter) func(name string) {
	b.Helper()
	pool, err := a.DB().DB()
	if err != nil {
		b.Fatal(err)
	}
	user := bare(b, a, "INSERT INTO user (id, name, email, email_verified, image) VALUES (?, ?, ?, ?, ?)")
	account := bare(b, a, "INSERT INTO account (id, user_id, type, provider, provider_account_id, refresh_token, access_token, expires_at, token_type, "+
		"scope, id_token, session_state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	session := bare(b, a, "INSERT INTO session (id, user_id, expires, session_token) VALUES (?, ?, ?, ?)")
	return func(name string) {
		ctx, id := b.Context(), uuid()
		tx, err := pool.BeginTx(ctx, nil)
		if err != nil {
			b.Fatal(err)
		}
		defer tx.Rollback()
		for _, step := range []struct {
			stmt *sql.Stmt
			args []any
		}{
			{user, []any{id, name, name + "@example.com", expiry, "https://example.com/a.png"}},
			{account, []any{uuid(), id, "oauth", "github", name, nil, "access", nil, nil, "user", nil, nil}},
			{session, []any{uuid(), id, expiry, name}},
		} {
			if _, err := tx.StmtContext(ctx, step.stmt).ExecContext(ctx, step.args...); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}

// uuid is as random and as long as the adapter's.
func uuid() string {
	var b [16]byte
	crand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
