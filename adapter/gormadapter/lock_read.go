package gormadapter

import (
	"context"
	"sync/atomic"
)

// LockReads is the optional method of [cardea.Adapter]. It works on SQLite, where a transaction
// that writes is alone, and on PostgreSQL with READ COMMITTED, its default: a statement that has
// waited for a lock there reads what was committed meanwhile. With a higher level, only a row that
// was changed shows that, as by LockUser.
//
// On MySQL and MariaDB, looking for somebody who does not exist would lock a gap of the index, and
// new users would wait for each other.
//
// [cardea.Adapter]: https://pkg.go.dev/github.com/cardea-auth/cardea#Adapter
func (a *Adapter) LockReads(ctx context.Context) (locking context.Context, ok bool) {
	switch a.db.dialect {
	case sqliteDialect:
		return ctx, true
	case postgreSQLDialect:
		return context.WithValue(ctx, lockingKey{}, true), a.db.isolation.readsCommitted(ctx, a.db)
	}
	return ctx, false
}

// lockingKey is the context key of LockReads.
type lockingKey struct{}

func locksReads(ctx context.Context) bool { return ctx.Value(lockingKey{}) != nil }

// isolation is what the adapter knows about the transactions that it begins on PostgreSQL.
type isolation struct{ state atomic.Int32 }

const (
	isolationUnknown = iota
	isolationReadCommitted
	isolationHigher
)

// ownTxKey is the context key of a transaction that the adapter has begun.
type ownTxKey struct{}

// readsCommitted reports whether the transaction that ctx carries has the level READ COMMITTED or,
// if there is none, whether the next one may have it. One of the application may have any level.
// All that the adapter begins have the same, which it asks the server for once.
func (i *isolation) readsCommitted(ctx context.Context, d *database) bool {
	tx := d.transaction(ctx)
	if tx != nil && ctx.Value(ownTxKey{}) != any(tx) {
		return false
	}
	if state := i.state.Load(); state != isolationUnknown || tx == nil {
		return state != isolationHigher
	}
	var level string
	if err := d.session(ctx).Raw("SHOW transaction_isolation").Scan(&level).Error; err != nil {
		return false // the next statement says why
	}
	state := int32(isolationHigher)
	if level == "read committed" {
		state = isolationReadCommitted
	}
	i.state.Store(state)
	return state == isolationReadCommitted
}
