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

// tables has the adapter's tables.
type tables struct {
	user, session, account, token, authenticator, limit *table
	factor, recoveryCode                                *table

	password       *table // the user table with other fields, if the passwords are in the user's row
	passwordInUser bool
}

// inOrder returns the tables in an order in which they can be created.
func (t tables) inOrder() []*table {
	all := []*table{t.user, t.session, t.account, t.token, t.authenticator, t.limit, t.factor, t.recoveryCode}
	if !t.passwordInUser {
		all = append(all, t.password)
	}
	return all
}

// isOptional reports whether applications can do without the table: MikroORM's adapter does not
// create it.
func (t tables) isOptional(other *table) bool {
	return slices.Contains([]*table{t.authenticator, t.limit, t.factor, t.recoveryCode, t.password}, other)
}

// table is one entity as GORM describes it, and what the adapter found out about it.
type table struct {
	entity  entity
	dialect dialect
	newID   func() string // the function given to WithID, or nil

	schema        *schema.Schema
	byName        map[string]*schema.Field // by the name in the default entity
	fields        []*schema.Field          // in the order in which statements select their columns
	scansDirectly []bool                   // for each of fields: database/sql can scan into it without GORM
	zeroIsNull    []*schema.Field          // fields without nil, of columns that may be NULL
	optional      []*schema.Field          // fields of the default entity that may have no value
	absent        []string                 // columns that the entity has and the database lacks
	indexes       []string                 // their names; GORM writes to the schema when it is asked for them

	replaced        bool // an option has set the type, so the application sees the rows
	singleStatement bool // GORM writes a row by one statement: there are no hooks and no relations
	hasForeignKey   bool // a foreign key refers to the user
	hasTextKeys     bool // the ID of the user is any text
}

// needsOnlyDelete reports whether one DELETE statement deletes a row: the entity has no hooks, no
// relations and no soft deletion.
func (t *table) needsOnlyDelete() bool { return t.singleStatement && len(t.schema.DeleteClauses) == 0 }

// withDeleted returns the conditions of the entity without those of soft deletion, so that a query
// also finds deleted rows. It reports false if the entity has no soft deletion.
//
// A condition belongs to soft deletion if the same field changes how GORM deletes. Others stay,
// such as that of a tenant.
func (t *table) withDeleted() (kept []clause.Interface, ok bool) {
	for _, field := range t.schema.Fields {
		value := reflect.New(field.IndirectFieldType).Interface()
		query, conditional := value.(schema.QueryClausesInterface)
		if !conditional {
			continue
		}
		if _, softDelete := value.(schema.DeleteClausesInterface); softDelete {
			ok = true
			continue
		}
		kept = append(kept, query.QueryClauses(field)...)
	}
	return kept, ok
}

// storesZeroAsNull reports whether the zero value of the field means NULL, because its Go type has
// no nil.
func (t *table) storesZeroAsNull(field *schema.Field) bool {
	return slices.Contains(t.zeroIsNull, field)
}

// column returns the column of a field, which is given by its name in the default entity.
func (t *table) column(name string) clause.Column {
	return clause.Column{Table: t.schema.Table, Name: t.byName[name].DBName}
}

// sameText is [dialect.sameText] for the column of a field, which is given by its name in the
// default entity.
func (t *table) sameText(name string, value any) clause.Expression {
	return t.dialect.sameText(t.column(name), value)
}

// sameKey is the condition that a key of users, or a column that refers to it, is equal to value.
// It compares the bytes unless the column has numbers or UUIDs, which have several spellings.
func (t *table) sameKey(name string, value any) clause.Expression {
	if t.hasTextKeys {
		return t.sameText(name, value)
	}
	return t.dialect.bytewiseEqual(t.column(name), value)
}

// newRow returns a row with a new entity.
func (t *table) newRow() *row { return t.rowOf(t.entity.new()) }

// rowOf returns a row with an entity, which must be a pointer to the table's type.
func (t *table) rowOf(entity any) *row {
	return &row{table: t, entity: entity, value: reflect.ValueOf(entity)}
}

// rowFor returns a row with the caller's entity, or with a new one if entity is nil. It returns an
// error if the entity has another type or is a nil pointer.
func (t *table) rowFor(entity any) (*row, error) {
	if entity == nil {
		return t.newRow(), nil
	}
	want := reflect.PointerTo(t.schema.ModelType)
	if reflect.TypeOf(entity) != want || reflect.ValueOf(entity).IsNil() {
		return nil, fmt.Errorf(".Entity is a %T, want a %s", entity, want)
	}
	return t.rowOf(entity), nil
}

// canScanDirectly reports whether database/sql can scan a column into the field without GORM. It
// cannot if the field has a serializer, nor if the column may be NULL and the field's type has no
// nil.
func canScanDirectly(field *schema.Field) bool {
	if field.Serializer != nil {
		return false
	}
	_, scans := reflect.New(field.FieldType).Interface().(sql.Scanner)
	return scans || field.FieldType.Kind() == reflect.Pointer || field.NotNull || field.PrimaryKey
}

// pointerTo returns a pointer to the field of an entity. The pointer's type is the field's, so
// callers can use a type switch.
func pointerTo(ctx context.Context, field *schema.Field, entity reflect.Value) any {
	return field.ReflectValueOf(ctx, entity).Addr().Interface()
}
