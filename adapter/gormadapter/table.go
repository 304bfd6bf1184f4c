package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// table is an entity as GORM describes it, with the fields in the order in which statements select
// their columns.
type table struct {
	schema  *schema.Schema
	roles   map[string]*schema.Field // by the name of the field in the default entity
	fields  []*schema.Field
	direct  []bool          // whether the field at that place can be scanned into without GORM's help
	blank   []*schema.Field // those whose type has no nil where the column has NULL
	own     bool            // the application named the type: it gets to see the rows
	simple  bool            // without hooks, so that to write it is one statement
	related bool            // a foreign key points to the user
}

// parser collects what is wrong with the entities while it describes them.
type parser struct {
	db     *gorm.DB
	faults []error
}

func (p *parser) table(e entity, roles []role) *table {
	t := &table{roles: map[string]*schema.Field{}, own: e.named}
	stmt := &gorm.Statement{DB: p.db}
	if err := stmt.Parse(e.new()); err != nil {
		p.fault("describe %T: %w", e.new(), err)
		return t
	}
	t.schema, t.simple = stmt.Schema, simple(stmt.Schema)
	for _, name := range stmt.Schema.DBNames {
		if field := stmt.Schema.FieldsByDBName[name]; field.Readable {
			t.fields = append(t.fields, field)
			t.direct = append(t.direct, direct(field))
		}
	}
	p.cast(t, roles)
	for _, r := range roles {
		if field := t.roles[r.name]; field != nil && r.kind.nullable && !field.NotNull &&
			field.FieldType.Kind() != reflect.Pointer {
			t.blank = append(t.blank, field)
		}
	}
	return t
}

// checkEmbedding refuses default entities that are embedded as pointers: GORM asks a new value for
// its table's name, and there they are nil.
func (p *parser) checkEmbedding(entities []any) {
	for _, entity := range entities {
		t := reflect.TypeOf(entity).Elem()
		for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
			f := t.Field(i)
			if f.Anonymous && f.Type.Kind() == reflect.Pointer &&
				f.Type.Implements(reflect.TypeFor[schema.TablerWithNamer]()) {
				p.fault("%s embeds *%s: embed %[2]s itself", t, f.Type.Elem())
			}
		}
	}
}

func simple(s *schema.Schema) bool {
	return !(s.BeforeCreate || s.AfterCreate || s.BeforeUpdate || s.AfterUpdate || s.BeforeSave || s.AfterSave ||
		s.BeforeDelete || s.AfterDelete)
}

// plainlyDeleted reports whether to delete a row is no more than that: no hook, no soft deletion.
func (t *table) plainlyDeleted() bool { return t.simple && len(t.schema.DeleteClauses) == 0 }

// direct reports whether database/sql itself can fill the field. It cannot undo a serializer, nor
// put a NULL into a plain value.
func direct(field *schema.Field) bool {
	if field.Serializer != nil {
		return false
	}
	_, scans := reflect.New(field.FieldType).Interface().(sql.Scanner)
	return scans || field.FieldType.Kind() == reflect.Pointer || field.NotNull || field.PrimaryKey
}

// row is an entity with its table. The first value that a field does not take stays in err.
type row struct {
	*table
	entity any
	value  reflect.Value
	err    error
}

// fill returns the entity to be filled or read.
func (t *table) fill(entity any) *row {
	return &row{table: t, entity: entity, value: reflect.ValueOf(entity)}
}

var errNoKey = errors.New("the id is not one that the entity can have")

// set writes a value to the field of a role, if there is one. nil, and a pointer that is nil, is no
// value.
func (r *row) set(role string, v any) {
	field := r.roles[role]
	if field == nil || assign(r.at(role), v) {
		return
	}
	if err := field.Set(context.Background(), r.value, v); err != nil { // err holds the value
		r.err = cmp.Or(r.err, fmt.Errorf("field %s does not take the value", field.Name))
	}
}

// assign is what GORM does with the types of the default entities, in one step.
func assign(field, v any) bool {
	switch p := field.(type) {
	case *string:
		if s, ok := v.(string); ok {
			*p = s
			return true
		}
	case **string:
		if s, ok := v.(*string); ok {
			*p = s
			return true
		}
	case **time.Time:
		if t, ok := v.(*time.Time); ok {
			*p = t
			return true
		}
	}
	return false
}

// at returns a pointer to the field of a role.
func (r *row) at(role string) any { return at(context.Background(), r.roles[role], r.value) }

func (r *row) text(role string) string { return textAt(r.at(role)) }

// columns are the values of the roles' fields for an update.
func (r *row) values(ctx context.Context, roles ...string) map[string]any {
	columns := map[string]any{}
	for _, name := range roles {
		field := r.roles[name]
		value, zero := field.ValueOf(ctx, r.value)
		if zero && r.isBlank(field) {
			value = nil
		}
		columns[field.DBName] = value
	}
	return columns
}

// blanks are the names of the columns that an insert leaves out, because they are to be NULL and
// the field cannot say so.
func (r *row) blanks(ctx context.Context) (names []string) {
	for _, field := range r.blank {
		if _, zero := field.ValueOf(ctx, r.value); zero {
			names = append(names, field.DBName)
		}
	}
	return names
}

func (t *table) isBlank(field *schema.Field) bool { return slices.Contains(t.blank, field) }

// at returns a pointer to the field of an entity.
func at(ctx context.Context, field *schema.Field, entity reflect.Value) any {
	return field.ReflectValueOf(ctx, entity).Addr().Interface()
}

// scan fills more from the first columns of the current row, and entities from those that follow.
// What database/sql cannot convert, GORM may.
func scan(ctx context.Context, rows *sql.Rows, more []any, entities ...*row) error {
	if err := scanEach(ctx, rows, more, entities, true); err == nil {
		return nil
	}
	return scanEach(ctx, rows, more, entities, false)
}

func scanEach(ctx context.Context, rows *sql.Rows, more []any, entities []*row, direct bool) error {
	n := len(more)
	for _, r := range entities {
		n += len(r.fields)
	}
	dest := append(make([]any, 0, n), more...)
	for _, r := range entities {
		for i, field := range r.fields {
			if direct && r.direct[i] {
				dest = append(dest, at(ctx, field, r.value))
				continue
			}
			value := field.NewValuePool.Get()
			defer field.NewValuePool.Put(value)
			dest = append(dest, value)
		}
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	dest = dest[len(more):]
	for _, r := range entities {
		if err := r.take(ctx, dest, direct); err != nil {
			return err
		}
		dest = dest[len(r.fields):]
	}
	return nil
}

// take puts what was scanned beside the entity into it.
func (r *row) take(ctx context.Context, scanned []any, direct bool) error {
	for i, field := range r.fields {
		if direct && r.direct[i] {
			continue
		}
		if err := field.Set(ctx, r.value, scanned[i]); err != nil {
			return fmt.Errorf("column %s does not fit %s.%s", field.DBName, r.schema.ModelType, field.Name)
		}
	}
	return nil
}
