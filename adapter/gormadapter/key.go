package gormadapter

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/schema"
)

var errNoKey = errors.New("the ID does not fit the ID field of the entity")

// key returns an ID as the database compares it, or ErrNotFound if id is not a valid key. Databases
// read numbers and UUIDs from texts generously: they would find another row, or end the
// transaction.
func (t *table) key(id string) (any, error) {
	field := t.roles["ID"]
	if id == "" || !t.dialect.storable(id) {
		return nil, cardea.ErrNotFound
	}
	if takesAnyText(field) {
		return id, nil
	}
	r := t.newRow()
	r.setKey("ID", id)
	if r.err != nil {
		return nil, cardea.ErrNotFound
	}
	return columnValue(r.at("ID")), nil
}

// setKey sets an ID, which must be written exactly as the field would write it. No key is 0: to
// GORM that means that there is no key.
func (r *row) setKey(name, id string) {
	r.set(name, id)
	field := r.roles[name]
	if field == nil || r.err != nil || id != "" && takesAnyText(field) {
		return
	}
	_, zero := field.ValueOf(context.Background(), r.value)
	if zero || textAt(r.at(name)) != id || isUUIDColumn(field) && !isUUID(id) {
		r.err = errNoKey
	}
}

// setNewID sets the ID of a new row to id. If id is empty it makes one, unless the database numbers
// the rows.
func (r *row) setNewID(id string) {
	field := r.roles["ID"]
	switch {
	case field == nil:
		return
	case id == "" && r.newID != nil:
		id = r.newID()
	case id == "" && !field.AutoIncrement:
		id = newUUID()
	}
	if id == "" {
		r.set("ID", nil)
		return
	}
	r.setKey("ID", id)
}

// checkIDs checks that new rows of t can get an ID.
func (m *schemaMapper) checkIDs(t *table) {
	field := t.roles["ID"]
	if field == nil || field.AutoIncrement && t.newID == nil {
		return
	}
	r, id := t.rowOf(reflect.New(t.schema.ModelType).Interface()), newUUID()
	if t.newID != nil {
		id = t.newID()
	}
	r.setKey("ID", id)
	switch {
	case r.err != nil && t.newID == nil:
		m.fault("%s.%s is a %s that the database does not number and a UUID does not fit: make its values with WithID",
			t.schema.ModelType, field.Name, field.FieldType)
	case r.err != nil:
		m.fault("%s.%s is a %s, and what WithID returns does not fit it", t.schema.ModelType, field.Name,
			field.FieldType)
	}
}

// takesAnyText reports whether every text is an ID.
func takesAnyText(field *schema.Field) bool {
	return field.FieldType.Kind() == reflect.String && !isUUIDColumn(field)
}

func isUUIDColumn(field *schema.Field) bool {
	return field.DataType != schema.String &&
		(strings.EqualFold(string(field.DataType), "uuid") ||
			strings.EqualFold(string(field.DataType), "uniqueidentifier"))
}

// isUUID reports whether text is a UUID in the notation in which databases write them.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}
