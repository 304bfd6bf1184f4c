package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"
)

// row is an entity with its table.
type row struct {
	*table
	entity any
	value  reflect.Value // of entity
	err    error         // for the first value that a field did not take
}

// set writes a value to the field of a role, if there is one. nil, and a pointer that is nil, means
// no value.
func (r *row) set(role string, v any) {
	field := r.roles[role]
	if field == nil || assign(r.at(role), v) {
		return
	}
	if err := field.Set(context.Background(), r.value, v); err != nil { // err contains the value
		r.err = cmp.Or(r.err, fmt.Errorf("field %s does not take the value", field.Name))
	}
}

// assign does what GORM does with the types of the default entities, faster. It reports false for
// other types.
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
func (r *row) at(role string) any { return pointerTo(context.Background(), r.roles[role], r.value) }

// text returns the text in the field of a role.
func (r *row) text(role string) string { return textAt(r.at(role)) }

// values returns the values of the roles' fields by column, for an update.
func (r *row) values(ctx context.Context, roles ...string) map[string]any {
	columns := map[string]any{}
	for _, name := range roles {
		field := r.roles[name]
		value, zero := field.ValueOf(ctx, r.value)
		if zero && r.canBeBlank(field) {
			value = nil
		}
		columns[field.DBName] = value
	}
	return columns
}

// omittedColumns returns the columns that an insert leaves out, because they are to be NULL and the
// Go type of the field has no nil.
func (r *row) omittedColumns(ctx context.Context) (names []string) {
	for _, field := range r.blank {
		if _, zero := field.ValueOf(ctx, r.value); zero {
			names = append(names, field.DBName)
		}
	}
	return names
}

// customEntity returns the entity for the application: nil if no Option named its type.
func (r *row) customEntity() any {
	if !r.custom {
		return nil
	}
	return r.entity
}

// take copies scanned values into the entity. If direct is set, database/sql has scanned some fields
// straight into the entity, and take leaves those out. An error omits the value.
func (r *row) take(ctx context.Context, scanned []any, direct bool) error {
	for i, field := range r.fields {
		if direct && r.direct[i] {
			continue
		}
		if err := field.Set(ctx, r.value, scanned[i]); err != nil {
			text := fmt.Sprintf("column %s does not fit %s.%s", field.DBName, r.schema.ModelType, field.Name)
			return &valueFreeError{text: text}
		}
	}
	return nil
}
