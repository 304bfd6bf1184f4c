package gormadapter

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Migrate creates the tables, columns and indexes that the entities need and the database does not
// have. It never changes, rebuilds or drops anything, so no rows are lost and a second run does
// nothing. A column that exists with another type stays as it is. If it is too narrow for what its
// entity holds, Migrate logs a warning with the statement that widens it.
//
// If nothing is missing, Migrate finds that out with one query, two on MySQL and MariaDB, and waits
// for nobody.
//
// Several processes may run Migrate at the same time: one of them changes the tables, the others
// wait. At several nodes of a Galera cluster all of them work, and each continues where another one
// was faster. Migrate runs in a transaction, or in the one that ctx carries. On MySQL and MariaDB,
// however, each of its statements commits, and so ends a transaction that ctx carries. If Migrate
// fails there, the tables that it has created stay.
//
// Module schemachange, beside this package, does what Migrate does not: it also changes types,
// defaults and checks, shows a plan before it runs, and writes numbered SQL files.
func (a *Adapter) Migrate(ctx context.Context) error {
	if a.layouts.refresh(ctx).migrated {
		a.sessions.forget()
		return nil
	}
	deadline := time.Now().Add(maxMigrateTime)
	for try := 1; ; try++ {
		err := migrateTables(ctx, a.db, a.tables)
		a.sessions.forget() // the table may have more columns now
		if err == nil {
			a.layouts.refresh(ctx) // which warns of columns that are too narrow
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		// A statement fails if another process has created the table or column meanwhile.
		if !a.errors.isSchemaChanged(err) && try >= maxMigrateTries || time.Now().After(deadline) {
			return err
		}
		if !pause(ctx, 100*time.Millisecond) {
			return err
		}
	}
}

const (
	maxMigrateTries = 3
	maxMigrateTime  = 20 * time.Second // for errors that only say that another process was faster
)

func migrateTables(ctx context.Context, db *database, t tables) error {
	migrate := func(ctx context.Context) error {
		unlock, err := lockMigration(ctx, db)
		if err != nil {
			return fmt.Errorf("wait for another migration: %w", db.errors.withoutValues(err))
		}
		defer unlock()
		return migrateEach(db, db.session(ctx), t)
	}
	// On MySQL each of these statements commits, after which the savepoint does not exist any more.
	if db.dialect == mySQLDialect && db.transaction(ctx) != nil {
		return migrate(ctx)
	}
	return db.transact(ctx, migrate)
}

// The locks are those of module schemachange: the number is the bytes of "cardea", and the name has
// a hash of the database's name.
const (
	postgreSQLMigrationLock = "SELECT pg_advisory_xact_lock(109270182159713)"
	mySQLMigrationLock      = "CONCAT('cardea.schema.', LEFT(SHA2(DATABASE(), 256), 32))"
)

// lockMigration waits while another process migrates the database. On PostgreSQL the lock ends with
// the transaction. On MySQL it belongs to one server. SQLite has one writer anyway.
func lockMigration(ctx context.Context, db *database) (unlock func(), err error) {
	switch db.dialect {
	case postgreSQLDialect:
		return func() {}, db.session(ctx).Exec(postgreSQLMigrationLock).Error
	case mySQLDialect:
		// Without the lock Migrate works too. Some clusters refuse it.
		_ = db.session(ctx).Exec("DO GET_LOCK(" + mySQLMigrationLock + ", 60)").Error
		return func() {
			db.session(context.WithoutCancel(ctx)).Exec("DO RELEASE_LOCK(" + mySQLMigrationLock + ")")
		}, nil
	}
	return func() {}, nil
}

func migrateEach(d *database, db *gorm.DB, tables tables) error {
	tx, err := withCollation(db, tables.user)
	if err != nil {
		return fmt.Errorf("find the collation of the tables: %w", d.withoutRows(err))
	}
	for _, t := range tables.inOrder() {
		m := tableMigration{tx.Migrator(), d, tx, t, reflect.New(t.schema.ModelType).Interface(), t.schema}
		if err := m.run(); err != nil {
			return fmt.Errorf("migrate table %s: %w", t.schema.Table, err)
		}
	}
	return nil
}

// withoutRows returns an error of a migration without values of rows, such as those of a key that
// is there twice. SQLite's errors in migrations contain none, and say what to do.
func (d *database) withoutRows(err error) error {
	if d.dialect == sqliteDialect {
		return err
	}
	return d.errors.withoutServerText(err)
}

// tableMigration adds to one table what its entity needs.
type tableMigration struct {
	gorm.Migrator
	db     *database
	tx     *gorm.DB
	table  *table
	entity any
	schema *schema.Schema
}

func (m tableMigration) run() error {
	found, err := m.find()
	if err != nil {
		return m.db.withoutRows(err)
	}
	if found == nil || !found.isOwn {
		return m.db.withoutRows(m.CreateTable(m.entity))
	}
	if err := m.addColumns(found); err != nil {
		return err
	}
	for _, index := range m.schema.ParseIndexes() {
		if found.indexes[index.Name] {
			continue
		}
		if err := m.CreateIndex(m.entity, index.Name); err != nil {
			return fmt.Errorf("create index %s: %w%s", index.Name, m.db.withoutRows(err), m.doubles(index, err))
		}
	}
	return nil
}

// doubles says how to find the rows because of which a unique index was not created.
func (m tableMigration) doubles(index *schema.Index, err error) string {
	if !m.db.errors.isDuplicate(err) {
		return ""
	}
	var parts []string
	for _, field := range index.Fields {
		switch {
		case field.Expression != "":
			parts = append(parts, field.Expression)
		case field.Field != nil:
			parts = append(parts, m.tx.Statement.Quote(field.DBName))
		}
	}
	where := ""
	if index.Where != "" {
		where = " WHERE " + index.Where
	}
	list := strings.Join(parts, ", ")
	return fmt.Sprintf("; rows of the table have the same values, which this finds: SELECT %s, count(*) FROM %s%s "+
		"GROUP BY %[1]s HAVING count(*) > 1", list, m.table.quotedName(m.tx), where)
}

// find returns the table as the database has it, or nil. On servers it does not use GORM's
// migrator: that of MySQL looks for tables of another database in this one, and ColumnTypes of
// PostgreSQL takes ten times as long as the rest of Migrate, while other processes wait.
func (m tableMigration) find() (*foundTable, error) {
	if m.db.dialect == postgreSQLDialect || m.db.dialect == mySQLDialect {
		c := compiler{db: m.db.gorm, dialect: m.db.dialect}
		found, err := c.catalogue(m.table).read(m.tx.Statement.Context, m.db, m.tx.Statement.ConnPool)
		if err != nil {
			return nil, err
		}
		return found.found[m.table], nil
	}
	if !m.HasTable(m.entity) {
		return nil, nil
	}
	found := &foundTable{isOwn: true, columns: map[string]column{}, indexes: map[string]bool{}}
	columns, err := m.ColumnTypes(m.entity)
	for _, c := range columns {
		found.columns[c.Name()] = column{}
	}
	for _, index := range m.schema.ParseIndexes() {
		found.indexes[index.Name] = m.HasIndex(m.entity, index.Name)
	}
	return found, err
}

func (m tableMigration) addColumns(found *foundTable) error {
	for _, name := range m.schema.DBNames {
		field := m.schema.FieldsByDBName[name]
		if found.hasColumn(name) || field.IgnoreMigration {
			continue
		}
		if err := m.AddColumn(m.entity, name); err != nil {
			return fmt.Errorf("add column %s: %w", name, m.db.withoutRows(err))
		}
		if err := m.addConstraints(field); err != nil {
			return err
		}
	}
	return nil
}

// addConstraints adds the constraints of a new column that AddColumn has not created.
func (m tableMigration) addConstraints(field *schema.Field) error {
	for _, name := range constraints(m.schema, field) {
		if m.HasConstraint(m.entity, name) {
			continue
		}
		if err := m.CreateConstraint(m.entity, name); err != nil {
			return fmt.Errorf("create constraint %s: %w", name, m.db.withoutRows(err))
		}
	}
	return nil
}

// constraints returns the sorted names of the constraints on a field.
func constraints(s *schema.Schema, field *schema.Field) (names []string) {
	for name, check := range s.ParseCheckConstraints() {
		if check.Field == field {
			names = append(names, name)
		}
	}
	for name, unique := range s.ParseUniqueConstraints() {
		if unique.Field == field {
			names = append(names, name)
		}
	}
	for _, rel := range s.Relationships.Relations {
		if c := rel.ParseConstraint(); c != nil && c.Schema == s && slices.Contains(c.ForeignKeys, field) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}
