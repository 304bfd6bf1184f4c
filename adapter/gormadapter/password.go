package gormadapter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// passwordStore is the [password.Store] of an adapter.
//
// [password.Store]: https://pkg.go.dev/github.com/cardea-auth/cardea/password#Store
type passwordStore interface {
	PasswordHash(ctx context.Context, userID string) (hash string, changed time.Time, err error)
	SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error
	ReplacePasswordHash(ctx context.Context, userID, old, hash string) error
	DeletePassword(ctx context.Context, userID string) error
}

// passwordTable is the [password.Store] in table user_password.
//
// [password.Store]: https://pkg.go.dev/github.com/cardea-auth/cardea/password#Store
type passwordTable struct{ adapter *Adapter }

// PasswordHash returns the hash of the user's password and when the user got it, or ErrNotFound if
// the user has none.
func (p passwordTable) PasswordHash(ctx context.Context, userID string) (hash string, changed time.Time, err error) {
	a := p.adapter
	r := a.tables.password.newRow()
	key, err := a.user.key(userID)
	if err == nil {
		err = a.db.read(ctx, a.statements.password, []any{key}, nil, r)
	}
	if err != nil {
		return "", time.Time{}, a.errors.wrap(ctx, "find password", err)
	}
	return r.text("Hash"), timeAt(r.at("ChangedAt")), nil
}

// SetPasswordHash gives the user a password, in the place of another one if there is one, in a
// transaction that locks the user. It inserts through GORM, and replaces by a statement. It returns
// ErrNotFound if there is no such user.
func (p passwordTable) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	const op = "set password"
	a := p.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return a.errors.wrap(ctx, op, err)
	}
	r := a.tables.password.newRow()
	r.set("Hash", hash)
	r.set("ChangedAt", changed)
	if err := a.layouts.fit(ctx, op, r); err != nil {
		return err
	}
	return a.Transact(ctx, func(ctx context.Context) error {
		if err := a.LockUser(ctx, userID); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		// An UPDATE that finds no row would lock the gap on MySQL and MariaDB. Then two users who
		// get their first passwords at once would end in a deadlock.
		err := a.db.exists(ctx, a.statements.password, key)
		if errors.Is(err, cardea.ErrNotFound) {
			// In a transaction of its own, because on PostgreSQL an error ends the transaction.
			err = a.Transact(ctx, func(ctx context.Context) error { return a.insert(ctx, op, r, userID) })
			if !errors.Is(err, cardea.ErrConflict) {
				return err
			}
			err = nil // the application's transaction has read before another one had written
		}
		if err == nil {
			_, err = a.db.exec(ctx, a.statements.setPassword, hash, utcMillis(changed), key)
		}
		return p.wrap(ctx, op, err)
	})
}

// ReplacePasswordHash writes another hash of the same password if the stored one is old, in one
// statement. Otherwise it returns ErrConflict. If the column cannot hold the hash, it returns
// ErrRefused, with the statement that widens it, and the transaction goes on.
func (p passwordTable) ReplacePasswordHash(ctx context.Context, userID, old, hash string) error {
	a := p.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return a.errors.wrap(ctx, "replace password", cardea.ErrConflict) // no user has that ID
	}
	r := a.tables.password.newRow()
	r.set("Hash", hash)
	if err := a.layouts.fit(ctx, "replace password", r); err != nil {
		return err
	}
	n, err := a.db.exec(ctx, a.statements.replacePassword, hash, key, old)
	if err == nil && n == 0 && hash != old {
		err = cardea.ErrConflict
	}
	return p.wrap(ctx, "replace password", err)
}

// DeletePassword removes the password of the user. It runs no hooks. It does nothing if there is
// none.
func (p passwordTable) DeletePassword(ctx context.Context, userID string) error {
	a := p.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return nil // no user has that ID
	}
	_, err = a.db.exec(ctx, a.statements.deletePassword, key)
	return p.wrap(ctx, "delete password", err)
}

func (p passwordTable) wrap(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	return p.adapter.errors.wrap(ctx, op, err)
}

func (c *compiler) passwords(s *statements, t tables) {
	owned := func(n param) clause.Expression { return t.password.sameKey("UserID", n) }
	hash, changed := t.password.column("Hash"), t.password.column("ChangedAt")
	set := func(column clause.Column, n param) clause.Assignment {
		return clause.Assignment{Column: clause.Column{Name: column.Name}, Value: n}
	}
	s.password = c.selectRows(t.password, where(owned(0)))
	s.setPassword = c.compile(t.password.schema, clause.Update{}, clause.Set{set(hash, 0), set(changed, 1)},
		where(owned(2)))
	s.replacePassword = c.update(t.password, hash, where(owned(1), c.sameText(hash, 2)))
	s.deletePassword = c.deleteRows(t.password, where(owned(0)))
}
