package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// DropTable drops the tables of values, which are entities or names, if they exist. It deletes and
// changes no rows of other tables. SQLite would delete rows whose foreign key ON DELETE CASCADE
// refers to a dropped table, so DropTable switches foreign keys off meanwhile, on the one
// connection that it uses.
//
// In a transaction SQLite cannot switch them off. There DropTable returns an error, and drops
// nothing, if rows of a table that stays would be deleted or changed.
func (m Migrator) DropTable(values ...any) error {
	if m.DB.DryRun {
		return m.Migrator.DropTable(values...)
	}
	switch m.DB.Statement.ConnPool.(type) {
	case gorm.TxCommitter, *sql.Conn:
		return m.dropTables(values)
	}
	return m.DB.Connection(func(tx *gorm.DB) error {
		one := m
		one.DB = tx.Session(&gorm.Session{})
		return one.dropTables(values)
	})
}

// dropTables is DropTable on one connection.
func (m Migrator) dropTables(values []any) (err error) {
	on, err := m.foreignKeys()
	if err != nil || !on {
		return errors.Join(err, m.Migrator.DropTable(values...))
	}
	defer func() { err = errors.Join(err, m.switchForeignKeysOn()) }()
	if err := m.DB.Exec("PRAGMA foreign_keys = OFF").Error; err != nil {
		return err
	}
	if on, err = m.foreignKeys(); err != nil {
		return err
	}
	if on { // in a transaction the statement has no effect
		if err := m.checkReferences(values); err != nil {
			return err
		}
	}
	return m.Migrator.DropTable(values...)
}

// foreignKeys reports whether foreign keys are on.
func (m Migrator) foreignKeys() (on bool, err error) {
	return on, m.DB.Raw("PRAGMA foreign_keys").Row().Scan(&on)
}

// switchForeignKeysOn also works after the context has ended. If it fails, the connection is closed
// and not used again.
func (m Migrator) switchForeignKeysOn() error {
	ctx := context.WithoutCancel(m.DB.Statement.Context)
	err := m.DB.WithContext(ctx).Exec("PRAGMA foreign_keys = ON").Error
	if conn, ok := m.DB.Statement.ConnPool.(*sql.Conn); ok && err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// reference is a foreign key whose rows change when rows of the parent are deleted.
type reference struct {
	Child  string `gorm:"column:child"`
	Field  string `gorm:"column:field"`
	Parent string `gorm:"column:parent"`
	Action string `gorm:"column:action"`
}

// checkReferences returns an error if dropping the tables would delete or change rows of others.
func (m Migrator) checkReferences(values []any) error {
	dropped, err := m.tableNames(values)
	if err != nil {
		return err
	}
	references, err := m.references()
	if err != nil {
		return err
	}
	isDropped := func(table string) bool {
		return slices.ContainsFunc(dropped, func(name string) bool { return strings.EqualFold(name, table) })
	}
	for _, r := range references {
		if !isDropped(r.Parent) || isDropped(r.Child) {
			continue
		}
		if has, err := m.hasRows(r); err != nil || has {
			return errors.Join(err, fmt.Errorf("sqlite: drop table %s: its foreign key ON DELETE %s would change rows "+
				"of table %s: drop it outside a transaction, or drop %[3]s too", r.Parent, r.Action, r.Child))
		}
	}
	return nil
}

func (m Migrator) tableNames(values []any) (names []string, err error) {
	for _, value := range values {
		err = errors.Join(err, m.RunWithValue(value, func(stmt *gorm.Statement) error {
			names = append(names, strings.TrimPrefix(stmt.Table, "main."))
			return nil
		}))
	}
	return names, err
}

// references returns the references between all tables.
func (m Migrator) references() (list []reference, err error) {
	return list, m.DB.Raw("SELECT t.name AS child, f.`from` AS field, f.`table` AS parent, f.on_delete AS action " +
		"FROM sqlite_master AS t JOIN pragma_foreign_key_list(t.name) AS f " +
		"WHERE t.type = 'table' AND f.on_delete NOT IN ('NO ACTION', 'RESTRICT')").Scan(&list).Error
}

func (m Migrator) hasRows(r reference) (has bool, err error) {
	return has, m.DB.Raw("SELECT EXISTS (SELECT 1 FROM ? WHERE ? IS NOT NULL)",
		clause.Table{Name: r.Child}, clause.Column{Name: r.Field}).Row().Scan(&has)
}
