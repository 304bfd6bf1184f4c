package gormadapter

import (
	"context"
	"sync/atomic"
)

// DeleteUser removes the user with all accounts, sessions and authenticators. It does nothing if
// there is no such user.
//
// It does not rely on foreign keys that cascade, because a database may have them switched off, may
// not have them, or may have them without ON DELETE CASCADE. On PostgreSQL and MySQL it runs one
// statement if it can. Otherwise it runs a transaction that deletes the user last.
//
// Hooks of the user entity run, in the same transaction; hooks of the other entities do not. If the
// user entity has soft deletion, its row stays in the table with name, address and picture, and the
// adapter finds it only as deleted: see [cardea.Callbacks].DeletedUser.
func (a *Adapter) DeleteUser(ctx context.Context, id string) error {
	key, err := a.user.key(id)
	if err != nil {
		return nil // no user has that ID
	}
	done, err := a.userDeleter.deleteInOneStatement(ctx, key)
	if err != nil {
		return a.errors.wrap(ctx, "delete user", err)
	}
	if done {
		return nil
	}
	return a.Transact(ctx, func(ctx context.Context) error {
		if err := a.userDeleter.deleteInSteps(ctx, id, key); err != nil {
			return a.errors.wrap(ctx, "delete user", err)
		}
		return nil
	})
}

// userDeleter deletes a user with the rows that belong to the user.
type userDeleter struct {
	db                      *database
	tables                  tables
	statements              *statements
	foundAuthenticatorTable atomic.Bool // once found, the table is not looked for again
}

// deleteInOneStatement deletes the user and the rows that belong to the user in one statement. It
// returns false if that was not possible or not enough:
//
//   - The adapter has no such statement for the database or for the user entity.
//   - The user does not exist. Rows that belonged to the user may still exist.
//   - MySQL has refused the statement because of a foreign key that does not cascade, of the
//     adapter's tables or of the application's.
func (d *userDeleter) deleteInOneStatement(ctx context.Context, key any) (bool, error) {
	s := d.statements.cascadingDelete.withoutAuthenticators
	if s != nil && d.hasAuthenticatorTable(ctx) {
		s = d.statements.cascadingDelete.withAuthenticators
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

// deleteInSteps deletes the rows that belong to the user, and then the user, in one statement for
// each table.
func (d *userDeleter) deleteInSteps(ctx context.Context, id string, key any) error {
	owned := []*statement{d.statements.deleteSessions, d.statements.deleteAccounts}
	if d.hasAuthenticatorTable(ctx) {
		owned = append(owned, d.statements.deleteAuthenticators)
	}
	for _, s := range owned {
		if _, err := d.db.exec(ctx, s, key); err != nil {
			return err
		}
	}
	return d.deleteRow(ctx, id, key)
}

// deleteRow deletes the row of the user. It does so through GORM if the entity has hooks or soft
// deletion.
func (d *userDeleter) deleteRow(ctx context.Context, id string, key any) error {
	user := d.tables.user
	if user.needsOnlyDelete() {
		_, err := d.db.exec(ctx, d.statements.deleteUser, key)
		return err
	}
	r := user.newRow()
	r.setKey("ID", id)
	return d.db.writer(ctx, user).Where(user.bytewiseEqual("ID", key)).Delete(r.entity).Error
}

// hasAuthenticatorTable reports whether the database has the table of authenticators. MikroORM's
// adapter does not create one, and applications without passkeys need not add it.
func (d *userDeleter) hasAuthenticatorTable(ctx context.Context) bool {
	if d.foundAuthenticatorTable.Load() {
		return true
	}
	there := d.db.session(ctx).Migrator().HasTable(d.tables.authenticator.entity.new())
	if there {
		d.foundAuthenticatorTable.Store(true)
	}
	return there
}
