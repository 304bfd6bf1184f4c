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

// key returns an ID in the form in which the database compares it. It returns ErrNotFound if id is
// not written exactly as the database writes its IDs. For a number or a UUID in another spelling,
// the database would find the row of another ID, or return an error, which ends the transaction on
// PostgreSQL.
func (t *table) key(id string) (any, error) {
	field := t.byName["ID"]
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

// setKey sets an ID. It sets r.err if the field would write the ID in another way, and for 0, which
// GORM treats as a missing ID.
func (r *row) setKey(name, id string) {
	r.set(name, id)
	field := r.byName[name]
	if field == nil || r.err != nil || id != "" && takesAnyText(field) {
		return
	}
	_, zero := field.ValueOf(context.Background(), r.value)
	if zero || textAt(r.at(name)) != id || isUUIDColumn(field) && !isUUID(id) {
		r.err = errNoKey
	}
}

// setNewID sets the ID of a new row to id. If id is empty, it makes one, or leaves the field empty
// if the database numbers the rows.
func (r *row) setNewID(id string) {
	field := r.byName["ID"]
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

// checkIDs checks that new rows of t can get an ID. It tries one that WithID's function or newUUID
// returns.
func (m *schemaMapper) checkIDs(t *table) {
	field := t.byName["ID"]
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

// takesAnyText reports whether the field can hold any text as an ID.
func takesAnyText(field *schema.Field) bool {
	return field.FieldType.Kind() == reflect.String && !isUUIDColumn(field)
}

// isUUIDColumn reports whether the database checks that the values of the column are UUIDs.
func isUUIDColumn(field *schema.Field) bool {
	return field.DataType != schema.String &&
		(strings.EqualFold(string(field.DataType), "uuid") ||
			strings.EqualFold(string(field.DataType), "uniqueidentifier"))
}
