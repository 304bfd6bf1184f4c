package gormadapter

import (
	"context"
	"sync/atomic"

	"github.com/cardea-auth/cardea"
)

// LockReads is the optional method of [cardea.Adapter]. It works on SQLite, where a transaction
// that writes is alone, and on PostgreSQL with READ COMMITTED, its default: a statement that has
// waited for a lock there reads what was committed meanwhile. With a higher level, only a row that
// was changed shows that, as by LockUser. For an adapter that embeds a, ok is false: it may read
// users in another way.
//
// On PostgreSQL the users and the accounts must also be tables without row-level security. Not
// every view has rows that can be locked, and a row that a policy lets nobody change would not be
// found.
//
// On MySQL and MariaDB, looking for somebody who does not exist would lock a gap of the index, and
// new users would wait for each other.
//
// [cardea.Adapter]: https://pkg.go.dev/github.com/cardea-auth/cardea#Adapter
func (a *Adapter) LockReads(ctx context.Context, of cardea.Adapter) (locking context.Context, ok bool) {
	switch {
	case of != cardea.Adapter(a):
	case a.db.dialect == sqliteDialect:
		return ctx, true
	case a.db.dialect == postgreSQLDialect:
		return context.WithValue(ctx, lockingKey{}, true), a.readLocks.work(ctx, a.db, a.user, a.account)
	}
	return ctx, false
}

// lockingKey is the context key of LockReads.
type lockingKey struct{}

func locksReads(ctx context.Context) bool { return ctx.Value(lockingKey{}) != nil }

// readLocks is what the adapter knows about reads that lock on PostgreSQL.
type readLocks struct{ state atomic.Int32 }

const (
	readLocksUnknown = iota
	readLocksWork
	readLocksFail
)

// ownTxKey is the context key of a transaction that the adapter has begun.
type ownTxKey struct{}

// readLocksSQL asks for the level of the transaction, and whether both tables have rows that can be
// locked.
const readLocksSQL = "SELECT current_setting('transaction_isolation') = 'read committed' AND count(*) = 2 " +
	"FROM pg_class WHERE oid IN (to_regclass(?), to_regclass(?)) AND relkind IN ('r', 'p') AND NOT relrowsecurity"

// work reports whether rows of the tables can be locked with a read, and whether the transaction
// that ctx carries has the level READ COMMITTED; if there is none, whether the next one may have
// it. One of the application may have any level. All that the adapter begins have the same, so the
// server is asked once.
func (l *readLocks) work(ctx context.Context, d *database, users, accounts *table) bool {
	tx := d.transaction(ctx)
	if tx != nil && ctx.Value(ownTxKey{}) != any(tx) {
		return false
	}
	if state := l.state.Load(); state != readLocksUnknown || tx == nil {
		return state != readLocksFail
	}
	var works bool
	names := []any{users.quotedName(d.gorm), accounts.quotedName(d.gorm)}
	if err := d.session(ctx).Raw(readLocksSQL, names...).Scan(&works).Error; err != nil {
		return false // the next statement says why
	}
	state := int32(readLocksFail)
	if works {
		state = readLocksWork
	}
	l.state.Store(state)
	return works
}
