package gormadapter

import (
	"context"
	"sync/atomic"
)

// DeleteUser removes the user with all accounts, sessions and authenticators. It deletes them by
// statements of its own, because not every database cascades: the foreign keys may be switched off,
// missing, or made without it. If the database can do that in one statement, it is one. Otherwise
// it is a transaction that begins with what belongs to the user.
//
// If the user entity has soft deletion, its row stays, and nothing finds it. Hooks of the user
// entity run. DeleteUser does nothing if there is no such user.
func (a *Adapter) DeleteUser(ctx context.Context, id string) error {
	key, err := a.user.key(id)
	if err != nil {
		return nil // no user has that ID
	}
	done, err := a.userDeleter.deleteAtOnce(ctx, key)
	if err != nil {
		return a.errors.wrap(ctx, "delete user", err)
	}
	if done {
		return nil
	}
	return a.Transact(ctx, func(ctx context.Context) error {
		if err := a.userDeleter.deleteOneByOne(ctx, id, key); err != nil {
			return a.errors.wrap(ctx, "delete user", err)
		}
		return nil
	})
}

// userDeleter deletes users with what belongs to them.
type userDeleter struct {
	db                *database
	tables            tables
	statements        *statements
	hasAuthenticators atomic.Bool // the table of authenticators was seen
}

// deleteAtOnce deletes the user with what belongs to it, in one statement, and reports whether it
// did. If it did not, there are three possible reasons: the database has no such statement; a user
// who is gone may have left rows behind; or MySQL has refused the statement because of a foreign
// key that does not cascade, the adapter's own or one of the application's.
func (d *userDeleter) deleteAtOnce(ctx context.Context, key any) (bool, error) {
	s := d.statements.deleteUserAtOnce.without
	if s != nil && d.seesAuthenticators(ctx) {
		s = d.statements.deleteUserAtOnce.with
	}
	if s == nil {
		return false, nil
	}
	n, err := d.db.exec(ctx, s, key)
	if d.db.errors.isReferenced(err) {
		return false, nil
	}
	return n > 0, err
}

// deleteOneByOne deletes what belongs to the user, and then the user.
func (d *userDeleter) deleteOneByOne(ctx context.Context, id string, key any) error {
	owned := []*statement{d.statements.deleteSessions, d.statements.deleteAccounts}
	if d.seesAuthenticators(ctx) {
		owned = append(owned, d.statements.deleteAuthenticators)
	}
	for _, s := range owned {
		if _, err := d.db.exec(ctx, s, key); err != nil {
			return err
		}
	}
	return d.deleteRow(ctx, id, key)
}

// deleteRow deletes the user's own row. It goes through GORM if GORM has more to do than to delete
// it.
func (d *userDeleter) deleteRow(ctx context.Context, id string, key any) error {
	user := d.tables.user
	if user.plainlyDeleted() {
		_, err := d.db.exec(ctx, d.statements.deleteUser, key)
		return err
	}
	r := user.newRow()
	r.setKey("ID", id)
	return d.db.writer(ctx, user).Where(user.bytewiseEqual("ID", key)).Delete(r.entity).Error
}

// seesAuthenticators reports whether the database has a table of authenticators. The Node adapter's
// has none, and need not be migrated.
func (d *userDeleter) seesAuthenticators(ctx context.Context) bool {
	if d.hasAuthenticators.Load() {
		return true
	}
	there := d.db.session(ctx).Migrator().HasTable(d.tables.authenticator.entity.new())
	if there {
		d.hasAuthenticators.Store(true)
	}
	return there
}
