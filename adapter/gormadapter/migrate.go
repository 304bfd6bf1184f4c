package gormadapter

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Migrate creates what the entities need and the database does not have: tables, columns and
// indexes. It never changes, rebuilds or drops anything, so rows are safe and a second run does
// nothing; a column that is there in another shape stays as it is. Several processes may run it at
// the same time. What it does not do (other types, defaults and checks, plans to look at, numbered
// SQL files) does the module gormschema, beside this package.
func (a *Adapter) Migrate(ctx context.Context) error {
	var err error
	for range 3 { // another process may have been faster between the look and the statement
		if err = a.migrate(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (a *Adapter) migrate(ctx context.Context) error {
	// each of these statements commits there, and the savepoint would be gone
	if a.dialect == mySQLDialect && a.joined(ctx) != nil {
		return a.migrateEntities(ctx)
	}
	return a.Transact(ctx, a.migrateEntities)
}

func (a *Adapter) migrateEntities(ctx context.Context) error {
	tx, err := a.collated(a.gorm(ctx))
	if err != nil {
		return fmt.Errorf("find the collation of the tables: %w", err)
	}
	for _, t := range a.tables() {
		m := migration{tx.Migrator(), reflect.New(t.schema.ModelType).Interface(), t.schema}
		if err := m.run(); err != nil {
			return fmt.Errorf("migrate table %s: %w", t.schema.Table, err)
		}
	}
	return nil
}

// migration brings one table up to its entity.
type migration struct {
	gorm.Migrator
	entity any
	schema *schema.Schema
}

func (m migration) run() error {
	if !m.HasTable(m.entity) {
		return m.CreateTable(m.entity)
	}
	if err := m.addColumns(); err != nil {
		return err
	}
	for _, index := range m.schema.ParseIndexes() {
		if m.HasIndex(m.entity, index.Name) {
			continue
		}
		if err := m.CreateIndex(m.entity, index.Name); err != nil {
			return fmt.Errorf("create index %s: %w", index.Name, err)
		}
	}
	return nil
}

func (m migration) addColumns() error {
	columns, err := m.ColumnTypes(m.entity)
	if err != nil {
		return err
	}
	for _, name := range m.schema.DBNames {
		field := m.schema.FieldsByDBName[name]
		there := slices.ContainsFunc(columns, func(c gorm.ColumnType) bool { return strings.EqualFold(c.Name(), name) })
		if there || field.IgnoreMigration {
			continue
		}
		if err := m.AddColumn(m.entity, name); err != nil {
			return fmt.Errorf("add column %s: %w", name, err)
		}
		if err := m.addConstraints(field); err != nil {
			return err
		}
	}
	return nil
}

// addConstraints adds those of a new column that came without.
func (m migration) addConstraints(field *schema.Field) error {
	for _, name := range constraints(m.schema, field) {
		if m.HasConstraint(m.entity, name) {
			continue
		}
		if err := m.CreateConstraint(m.entity, name); err != nil {
			return fmt.Errorf("create constraint %s: %w", name, err)
		}
	}
	return nil
}

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
