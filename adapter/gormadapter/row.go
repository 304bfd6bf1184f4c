package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// row is an entity with the table that it belongs to. Setters record the first error in err, so
// that callers check it once.
type row struct {
	*table
	entity any
	value  reflect.Value // of entity
	err    error         // the first error of a setter
}

// set writes a value to a field, which is given by its name in the default entity. A nil value, or
// a nil pointer, means no value. set does nothing if the entity has no such field.
func (r *row) set(name string, v any) {
	field := r.byName[name]
	if field == nil || assign(r.at(name), v) {
		return
	}
	if err := field.Set(context.Background(), r.value, v); err != nil { // not wrapped: err contains the value
		r.err = cmp.Or(r.err, fmt.Errorf("field %s does not take the value", field.Name))
	}
}

// assign sets a field of one of the default entities' types without GORM, because that is faster.
// It reports false for any other type.
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

// at returns a pointer to a field, which is given by its name in the default entity and must exist.
func (r *row) at(name string) any { return pointerTo(context.Background(), r.byName[name], r.value) }

// text returns the text in a field, or "" for a missing value.
func (r *row) text(name string) string { return textAt(r.at(name)) }

// values returns the values of fields for an update, by the name of the column. Missing values are
// nil.
func (r *row) values(ctx context.Context, names ...string) map[string]any {
	columns := map[string]any{}
	for _, name := range names {
		field := r.byName[name]
		value, zero := field.ValueOf(ctx, r.value)
		if zero && r.storesZeroAsNull(field) {
			value = nil
		}
		columns[field.DBName] = value
	}
	return columns
}

// omittedColumns returns the columns that an insert leaves out: the database lacks them, or they
// become NULL and the Go type of their field has no nil.
func (r *row) omittedColumns(ctx context.Context) []string {
	names := slices.Clone(r.absent)
	for _, field := range r.zeroIsNull {
		if _, zero := field.ValueOf(ctx, r.value); zero {
			names = append(names, field.DBName)
		}
	}
	return names
}

// replacedEntity returns the entity if an option has set its type, and nil if it is the default
// one, which the application does not need.
func (r *row) replacedEntity() any {
	if !r.replaced {
		return nil
	}
	return r.entity
}

// setScanned sets the fields of the entity to scanned values, one for each of r.fields. If direct
// is true, it skips the fields that database/sql has filled already. Its error does not contain the
// value.
func (r *row) setScanned(ctx context.Context, scanned []any, direct bool) error {
	for i, field := range r.fields {
		if direct && r.scansDirectly[i] {
			continue
		}
		if err := field.Set(ctx, r.value, scanned[i]); err != nil {
			text := fmt.Sprintf("column %s does not fit %s.%s", field.DBName, r.schema.ModelType, field.Name)
			return &valueFreeError{text: text}
		}
	}
	return nil
}
