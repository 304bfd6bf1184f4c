package gormadapter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/ratelimit"
	"gorm.io/gorm/clause"
)

// limitCounter is the [ratelimit.Store] in table throttle. Its state for a key is the time at
// which all events will have been paid for, in microseconds since 1970.
type limitCounter struct {
	db         *database
	table      *table
	statements *statements
}

// TakeLimit counts one event of the key if the limit allows it. Otherwise it returns how long it
// takes until the limit allows one. On SQLite the time is the caller's, on a server the server's.
//
// It runs outside of the transaction that ctx carries, on a connection of its own. SQLite has one
// writer at a time, so there, in a transaction, the error is [errors.ErrUnsupported]; and so it is
// if the table is missing.
func (l limitCounter) TakeLimit(
	ctx context.Context, key string, limit ratelimit.Rate, now time.Time,
) (ok bool, retry time.Duration, err error) {
	interval := (limit.Within / time.Duration(limit.Count)).Microseconds()
	if interval == 0 {
		return true, 0, nil
	}
	ctx, err = l.alone(ctx)
	if err != nil {
		return false, 0, err
	}
	key, burst := columnKey(key), interval*int64(limit.Count)
	ok, err = l.take(ctx, key, interval, burst, now.UnixMicro())
	if err == nil && !ok {
		retry, err = l.wait(ctx, key, interval, burst, now.UnixMicro())
	}
	return ok, retry, l.wrap(ctx, "count for a limit", err)
}

// take counts one event in one statement, and reports whether that was allowed. If the database has
// no upsert with a condition, and the key has no row yet, it takes a second statement. If another
// caller inserts the row first, that one fails, and the first statement is run again.
//
// MySQL could do it in one: ON DUPLICATE KEY UPDATE tat = IF(allowed, next, tat +
// LAST_INSERT_ID(1) - 1). But a statement keeps the time at which it began. If it waits for another
// one that inserts the row with a later time, the row seems to be ahead, and so the last event that
// the limit allows is refused. The first statement that is run again has a new time.
func (l limitCounter) take(ctx context.Context, key string, interval, burst, now int64) (bool, error) {
	n, err := l.db.execAlone(ctx, l.statements.takeLimit, key, interval, burst, now)
	if n > 0 || err != nil || l.statements.insertLimit == nil {
		return n > 0, err
	}
	n, err = l.db.execAlone(ctx, l.statements.insertLimit, key, interval, now)
	if err == nil || !l.db.errors.isDuplicate(err) {
		return n > 0, err
	}
	n, err = l.db.execAlone(ctx, l.statements.takeLimit, key, interval, burst, now)
	return n > 0, err
}

// wait returns how long it takes until the key has an event again. It reads after take has refused
// one, so the answer may be a little late, but is never 0.
func (l limitCounter) wait(ctx context.Context, key string, interval, burst, now int64) (time.Duration, error) {
	rows, err := l.db.query(ctx, l.statements.limit, key, now)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	ahead := int64(0) // how far the time of the row is ahead of now
	if rows.Next() {
		err = rows.Scan(&ahead)
	}
	wait := time.Duration(ahead+interval-burst) * time.Microsecond
	return max(wait, time.Millisecond), errors.Join(err, rows.Err())
}

// GiveLimit takes back one event of the key. It does nothing if the key has no row.
func (l limitCounter) GiveLimit(ctx context.Context, key string, limit ratelimit.Rate) error {
	ctx, err := l.alone(ctx)
	if err != nil {
		return err
	}
	interval := (limit.Within / time.Duration(limit.Count)).Microseconds()
	_, err = l.db.execAlone(ctx, l.statements.giveLimit, columnKey(key), interval)
	return l.wrap(ctx, "take back an event of a limit", err)
}

// ResetLimit removes the row of the key.
func (l limitCounter) ResetLimit(ctx context.Context, key string) error {
	ctx, err := l.alone(ctx)
	if err != nil {
		return err
	}
	_, err = l.db.execAlone(ctx, l.statements.resetLimit, columnKey(key))
	return l.wrap(ctx, "reset a limit", err)
}

// DeleteExpiredLimits removes at most limit rows whose events no longer counted at the given time,
// and returns how many it removed. It removes none if limit is 0 or less.
func (l limitCounter) DeleteExpiredLimits(ctx context.Context, before time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	ctx, err := l.alone(ctx)
	if err != nil {
		return 0, err
	}
	n, err := l.db.execAlone(ctx, l.statements.deleteExpiredLimits, before.UnixMicro(), limit)
	return int(n), l.wrap(ctx, "delete expired limits", err)
}

// alone returns a context without the transaction that ctx carries.
func (l limitCounter) alone(ctx context.Context) (context.Context, error) {
	tx := l.db.transaction(ctx)
	if tx != nil && (l.db.dialect == sqliteDialect || l.db.tx != nil) {
		return ctx, fmt.Errorf("gormadapter: limits cannot be counted in a transaction: %w", errors.ErrUnsupported)
	}
	if tx != nil {
		ctx = context.WithValue(ctx, txKey{l.db.pool}, nil)
	}
	return ctx, nil
}

func (l limitCounter) wrap(ctx context.Context, op string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && l.db.errors.isSchemaMissing(err):
		return fmt.Errorf("%s: the database has no table %s as Migrate creates it; %s: %w", op, l.table.schema.Table,
			migrateCure, errors.ErrUnsupported)
	}
	return l.db.errors.wrap(ctx, op, err)
}

// columnKey returns a key that every collation compares byte for byte: 64 hexadecimal digits in
// lower case. Those that the handler makes are such already.
func columnKey(key string) string {
	if len(key) == 64 && strings.Trim(key, "0123456789abcdef") == "" {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// limits compiles the statements of limitCounter, which are the generic cell rate algorithm. The
// arguments are the key, the interval that pays for one event, the burst that pays for all events
// of the limit, and the time, which only SQLite uses. A server has a clock that all processes
// share.
//
// A time that no events can have led to, because the clock went back or the limit was another, does
// not count.
func (c *compiler) limits(s *statements, t tables) {
	const interval, burst = param(1), param(2)
	name, paid := clause.Column{Name: t.limit.byName["Key"].DBName}, clause.Column{Name: t.limit.byName["TAT"].DBName}
	from, stored := tableClause(t.limit), t.limit.column("TAT")
	begin := func(now any) clause.Expr {
		return clause.Expr{
			SQL:  "CASE WHEN ? < ? OR ? > ? + 2 * ? THEN ? ELSE ? END",
			Vars: []any{stored, now, stored, now, c.number(burst), now, stored},
		}
	}
	now := c.now(3)
	next := clause.Expr{SQL: "? + ?", Vars: []any{begin(now), c.number(interval)}}
	allowed := clause.Expr{SQL: "? + ? - ? <= ?", Vars: []any{begin(now), c.number(interval), now, c.number(burst)}}
	byKey := clause.Eq{Column: name, Value: param(0)}
	if c.dialect == postgreSQLDialect || c.dialect == sqliteDialect {
		s.takeLimit = c.raw(t.limit,
			"INSERT INTO ? (?, ?) VALUES (?, ? + ?) ON CONFLICT (?) DO UPDATE SET ? = ? WHERE ?", from,
			name, paid, param(0), now, c.number(interval), name, paid, next, allowed)
	} else {
		s.takeLimit = c.raw(t.limit, "UPDATE ? SET ? = ? WHERE ? AND ?", from, paid, next, byKey, allowed)
		s.insertLimit = c.raw(t.limit, "INSERT INTO ? (?, ?) VALUES (?, ? + ?)", from, name, paid, param(0), c.now(2),
			c.number(interval))
	}
	s.limit = c.raw(t.limit, "SELECT ? - ? FROM ? WHERE ?", paid, c.now(1), from, byKey)
	s.giveLimit = c.raw(t.limit, "UPDATE ? SET ? = ? - ? WHERE ?", from, paid, paid, c.number(param(1)), byKey)
	s.resetLimit = c.deleteRows(t.limit, where(clause.Eq{Column: t.limit.column("Key"), Value: param(0)}))
	s.deleteExpiredLimits = c.deleteExpired(t.limit, t.limit.column("Key"), stored)
}

// now is the time in microseconds: the server's, or for SQLite argument n.
func (c *compiler) now(n param) any {
	switch c.dialect {
	case postgreSQLDialect:
		return clause.Expr{SQL: "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint)"}
	case mySQLDialect:
		return clause.Expr{SQL: "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"}
	case sqlServerDialect:
		return clause.Expr{SQL: "DATEDIFF_BIG(MICROSECOND, '1970-01-01', SYSUTCDATETIME())"}
	}
	return n
}

// number is an argument of the type bigint, which PostgreSQL cannot always tell.
func (c *compiler) number(n param) any {
	if c.dialect == postgreSQLDialect {
		return clause.Expr{SQL: "CAST(? AS bigint)", Vars: []any{n}}
	}
	return n
}

// raw compiles SQL in which each question mark is a table, a column, an expression or a param.
func (c *compiler) raw(t *table, sql string, vars ...any) *statement {
	stmt := c.statementOn(t.schema)
	clause.Expr{SQL: sql, Vars: vars}.Build(stmt)
	return c.compiled(stmt)
}
