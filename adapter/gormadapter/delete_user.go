package gormadapter

import (
	"context"
	"sync/atomic"
)

// DeleteUser removes the user with all accounts, sessions and authenticators, and the password. It
// does nothing if there is no such user.
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
	db                        *database
	user                      *table
	statements                *statements
	authenticators, passwords optionalTable
	passwordInUser            bool // whose row may stay, if the entity has soft deletion
}

// optionalTable is a table that a database need not have, because only some applications use it.
type optionalTable struct {
	table *table      // nil for a table that nobody uses
	found atomic.Bool // once found, it is not looked for again
}

// exists reports whether the database has the table.
func (o *optionalTable) exists(ctx context.Context, db *database) bool {
	if o.found.Load() || o.table == nil {
		return o.found.Load()
	}
	there := hasTable(ctx, db, o.table)
	if there {
		o.found.Store(true)
	}
	return there
}

// hasTable reports whether statements find the table, or a view of its name. It reports false if
// the database cannot be asked.
func hasTable(ctx context.Context, d *database, t *table) bool {
	db := d.session(ctx)
	query := (&compiler{db: d.gorm, dialect: d.dialect}).catalogue(t)
	if query == nil || d.dialect == sqliteDialect {
		return db.Migrator().HasTable(t.entity.new())
	}
	found, err := query.read(ctx, d, db.Statement.ConnPool)
	return err == nil && found.found[t] != nil
}

// deleteInOneStatement deletes the user and the rows that belong to the user in one statement. It
// returns false if that was not possible or not enough:
//
//   - The adapter has no such statement for the database or for the user entity.
//   - The user does not exist. Rows that belonged to the user may still exist.
//   - MySQL has refused the statement because of a foreign key that does not cascade, of the
//     adapter's tables or of the application's.
func (d *userDeleter) deleteInOneStatement(ctx context.Context, key any) (bool, error) {
	if d.statements.cascadingDelete == nil {
		return false, nil
	}
	s := d.statements.cascadingDelete[ownedTables{
		authenticators: d.authenticators.exists(ctx, d.db), passwords: d.passwords.exists(ctx, d.db),
	}]
	n, err := d.db.exec(ctx, s, key)
	if d.db.errors.isReferenced(err) {
		return false, nil
	}
	return n > 0, err
}

// deleteInSteps deletes the rows that belong to the user, and then the user, in one statement for
// each table. It locks the user first, as a sign-in does: otherwise both would wait for each other,
// with the account locked here and the user there.
func (d *userDeleter) deleteInSteps(ctx context.Context, id string, key any) error {
	owned := []*statement{d.statements.lockUser, d.statements.deleteSessions, d.statements.deleteAccounts}
	if d.authenticators.exists(ctx, d.db) {
		owned = append(owned, d.statements.deleteAuthenticators)
	}
	if d.passwordInUser || d.passwords.exists(ctx, d.db) {
		owned = append(owned, d.statements.deletePassword)
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
	user := d.user
	if user.needsOnlyDelete() {
		_, err := d.db.exec(ctx, d.statements.deleteUser, key)
		return err
	}
	r := user.newRow()
	r.setKey("ID", id)
	return d.db.writer(ctx, user).Where(user.sameKey("ID", key)).Delete(r.entity).Error
}
