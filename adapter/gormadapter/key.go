package gormadapter

import (
	"context"
	"reflect"
	"strings"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/schema"
)

// key is the id of a user as the database compares it, or ErrNotFound for a text that is none:
// databases read numbers and UUIDs from texts generously, and would find another user, or end the
// transaction.
func (a *Adapter) key(id string) (any, error) {
	field := a.user.roles["ID"]
	if id == "" || !a.dialect.storable(id) {
		return nil, cardea.ErrNotFound
	}
	if anyText(field) {
		return id, nil
	}
	row := a.user.fill(a.entities.user.new())
	row.setKey("ID", id)
	if row.err != nil {
		return nil, cardea.ErrNotFound
	}
	return held(row.at("ID")), nil
}

// setKey sets an id, which must be written in the one way that the field would write it. No key is
// 0: that is how GORM says that there is none.
func (r *row) setKey(name, id string) {
	r.set(name, id)
	field := r.roles[name]
	if field == nil || r.err != nil || id != "" && anyText(field) {
		return
	}
	_, zero := field.ValueOf(context.Background(), r.value)
	if zero || textAt(r.at(name)) != id || isUUIDColumn(field) && !isUUID(id) {
		r.err = errNoKey
	}
}

// identify gives a new row its id: the one given, or else a new one, unless the database numbers
// its rows.
func (a *Adapter) identify(r *row, id string) {
	field := r.roles["ID"]
	switch {
	case field == nil:
		return
	case id == "" && a.entities.newID != nil:
		id = a.entities.newID()
	case id == "" && !field.AutoIncrement:
		id = newUUID()
	}
	if id == "" {
		r.set("ID", nil)
		return
	}
	r.setKey("ID", id)
}

// checkIDs makes sure that new rows of t get an id.
func (p *parser) checkIDs(t *table, newID func() string) {
	field := t.roles["ID"]
	if field == nil || field.AutoIncrement && newID == nil {
		return
	}
	r, id := t.fill(reflect.New(t.schema.ModelType).Interface()), newUUID()
	if newID != nil {
		id = newID()
	}
	r.setKey("ID", id)
	switch {
	case r.err != nil && newID == nil:
		p.fault("%s.%s is a %s that the database does not number and a UUID does not fit: make its values with WithID",
			t.schema.ModelType, field.Name, field.FieldType)
	case r.err != nil:
		p.fault("%s.%s is a %s, which what WithID returns does not fit", t.schema.ModelType, field.Name,
			field.FieldType)
	}
}

// anyText reports whether every text is an id.
func anyText(field *schema.Field) bool {
	return field.FieldType.Kind() == reflect.String && !isUUIDColumn(field)
}

func isUUIDColumn(field *schema.Field) bool {
	return field.DataType != schema.String &&
		(strings.EqualFold(string(field.DataType), "uuid") ||
			strings.EqualFold(string(field.DataType), "uniqueidentifier"))
}

// isUUID accepts the one notation in which databases write them.
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
