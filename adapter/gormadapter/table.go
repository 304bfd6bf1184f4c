package gormadapter

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// tables are those of the adapter.
type tables struct{ user, session, account, token, authenticator *table }

// inOrder returns the tables in an order in which they can be created.
func (t tables) inOrder() []*table {
	return []*table{t.user, t.session, t.account, t.token, t.authenticator}
}

// table is an entity as GORM describes it.
type table struct {
	entity  entity
	dialect dialect
	newID   func() string // of WithID; nil for the default

	schema *schema.Schema
	roles  map[string]*schema.Field // by the name of the field in the default entity
	fields []*schema.Field          // in the order in which statements select their columns
	direct []bool                   // by index of fields: database/sql can scan into it without GORM
	blank  []*schema.Field          // those whose Go type has no nil, though the column may be NULL

	custom  bool // an Option named the entity, so the application sees its rows
	simple  bool // no hooks, so that a write is one statement
	related bool // a foreign key points to the user
}

// plainlyDeleted reports whether a DELETE is all that deleting a row takes: no hook, no soft
// deletion.
func (t *table) plainlyDeleted() bool { return t.simple && len(t.schema.DeleteClauses) == 0 }

// canBeBlank reports whether the field has no nil, though its column may be NULL.
func (t *table) canBeBlank(field *schema.Field) bool { return slices.Contains(t.blank, field) }

// column returns the column of the field with a role.
func (t *table) column(role string) clause.Column {
	return clause.Column{Table: t.schema.Table, Name: t.roles[role].DBName}
}

// columns returns the columns of the entity's fields.
func (t *table) columns() (columns []clause.Column) {
	for _, field := range t.fields {
		columns = append(columns, clause.Column{Table: t.schema.Table, Name: field.DBName})
	}
	return columns
}

// bytewiseEqual is the condition that the column of a role has a value, for a statement of GORM's.
func (t *table) bytewiseEqual(role string, value any) clause.Expression {
	return t.dialect.bytewiseEqual(t.column(role), value)
}

// newRow returns a row with a new entity.
func (t *table) newRow() *row { return t.rowOf(t.entity.new()) }

// rowOf returns a row with an entity, which must be a pointer to the table's type.
func (t *table) rowOf(entity any) *row {
	return &row{table: t, entity: entity, value: reflect.ValueOf(entity)}
}

// rowFor returns the row in which something is to be stored: the caller's own entity, or a new one
// if own is nil. It returns an error if own is of another type.
func (t *table) rowFor(own any) (*row, error) {
	if own == nil {
		return t.newRow(), nil
	}
	if want := reflect.PointerTo(t.schema.ModelType); reflect.TypeOf(own) != want || reflect.ValueOf(own).IsNil() {
		return nil, fmt.Errorf(".Entity is a %T, want a %s", own, want)
	}
	return t.rowOf(own), nil
}

// isDirect reports whether database/sql itself can fill the field. It cannot undo a serializer, nor
// put a NULL into a plain value.
func isDirect(field *schema.Field) bool {
	if field.Serializer != nil {
		return false
	}
	_, scans := reflect.New(field.FieldType).Interface().(sql.Scanner)
	return scans || field.FieldType.Kind() == reflect.Pointer || field.NotNull || field.PrimaryKey
}

// pointerTo returns a pointer to the field of an entity.
func pointerTo(ctx context.Context, field *schema.Field, entity reflect.Value) any {
	return field.ReflectValueOf(ctx, entity).Addr().Interface()
}
