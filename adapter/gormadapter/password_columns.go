package gormadapter

import (
	"context"
	"reflect"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// passwordColumns is the [password.Store] in the row of the user. It reads and deletes with the
// statements of its own. The time of a hash that another program has written may be the zero time.
//
// [password.Store]: https://pkg.go.dev/github.com/cardea-auth/cardea/password#Store
type passwordColumns struct{ passwordTable }

// SetPasswordHash gives the user a password, by one statement. It returns ErrNotFound if there is
// no such user.
func (p passwordColumns) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	const op = "set password"
	a := p.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return a.errors.wrap(ctx, op, err)
	}
	r := a.tables.password.newRow()
	r.set("Hash", hash)
	if err := a.layouts.fit(ctx, op, r); err != nil {
		return err
	}
	n, err := a.db.exec(ctx, a.statements.setPassword, hash, utcMillis(changed), key)
	if err == nil && n == 0 { // MySQL does not count rows that an update leaves unchanged
		err = a.db.exists(ctx, a.statements.userByID.statement, key)
	}
	return p.wrap(ctx, op, err)
}

// ReplacePasswordHash writes another hash of the same password if the stored one is old, in one
// statement. Otherwise it returns ErrConflict.
func (p passwordColumns) ReplacePasswordHash(ctx context.Context, userID, old, hash string) error {
	if old == "" { // the column may have it, for a user without a password
		return p.wrap(ctx, "replace password", cardea.ErrConflict)
	}
	return p.passwordTable.ReplacePasswordHash(ctx, userID, old, hash)
}

// passwordColumns compiles the statements for passwords in the row of the user.
func (c *compiler) passwordColumns(s *statements, t tables) {
	owned := func(n param) clause.Where { return where(t.password.sameKey("UserID", n)) }
	hash, changed := t.password.column("Hash"), t.password.column("ChangedAt")
	set := func(column clause.Column, value any) clause.Assignment {
		return clause.Assignment{Column: clause.Column{Name: column.Name}, Value: value}
	}
	update := func(w clause.Where, values ...clause.Assignment) *statement {
		clauses := []clause.Interface{clause.Update{}, clause.Set(values), w}
		return c.compile(t.password.schema, append(clauses, t.password.schema.UpdateClauses...)...)
	}
	none := clause.Expr{SQL: "NULL"}
	noHash := none
	if t.password.byName["Hash"].NotNull {
		noHash = clause.Expr{SQL: "''"}
	}
	has := clause.Expr{SQL: "? <> ''", Vars: []any{hash}}
	s.password = c.selectRows(t.password, where(t.password.sameKey("UserID", param(0)), has))
	s.setPassword = update(owned(2), set(hash, param(0)), set(changed, param(1)))
	s.replacePassword = update(where(t.password.sameKey("UserID", param(1)), c.sameText(hash, 2)), set(hash, param(0)))
	// Also of a user who is deleted softly, so no condition of the entity applies.
	s.deletePassword = c.compile(t.password.schema, clause.Update{},
		clause.Set{set(hash, noHash), set(changed, none)}, owned(0))
}

// passwordFields are the fields of the user entity that PasswordIn names.
type passwordFields struct {
	user          any // a pointer to a user entity
	hash, changed string
}

// passwordHashSize is how many characters a column for a hash has at least.
const passwordHashSize = 255

var passwordInUserSpecs = []fieldSpec{{"Hash", nullTextKind}, {"ChangedAt", nullTimeKind}}

// passwordsInUser returns the user table as one of passwords, and takes the hash out of what is
// read with a user.
func (m *schemaMapper) passwordsInUser(user *table, named *passwordFields) *table {
	if user.schema == nil { // what is wrong with it is known already
		return user
	}
	t := *user
	t.byName = map[string]*schema.Field{"UserID": user.byName["ID"]}
	t.fields, t.scansDirectly, t.optional, t.zeroIsNull = nil, nil, nil, nil
	if want, got := reflect.TypeOf(named.user).Elem(), user.schema.ModelType; want != got {
		m.fault("PasswordIn is given for %s, and the user entity is %s", want, got)
		return &t
	}
	for i, name := range []string{named.hash, named.changed} {
		spec := passwordInUserSpecs[i]
		field := user.schema.FieldsByName[name]
		if field == nil || field.DBName == "" {
			m.fault("PasswordIn: %s has no column of a field %q", user.schema.ModelType, name)
			continue
		}
		t.byName[spec.name] = field
		m.checkType(&t, spec, field)
		m.checkPasswordField(user, field)
	}
	hash, changed := t.byName["Hash"], t.byName["ChangedAt"]
	if hash == nil || changed == nil || user.byName["ID"] == nil {
		return &t
	}
	if hash.Tag.Get("json") != "-" {
		m.fault("PasswordIn: %s.%s must have the tag `json:\"-\"`: it is the hash", user.schema.ModelType, hash.Name)
	}
	if hash.Size > 0 && hash.Size < passwordHashSize {
		m.fault("PasswordIn: %s.%s holds %d characters, want %d: it is the hash",
			user.schema.ModelType, hash.Name, hash.Size, passwordHashSize)
	}
	if changed.NotNull {
		m.fault("PasswordIn: %s.%s must be able to be NULL: it is the time", user.schema.ModelType, changed.Name)
	}
	for _, field := range []*schema.Field{user.byName["ID"], hash, changed} {
		t.fields = append(t.fields, field)
		t.scansDirectly = append(t.scansDirectly, canScanDirectly(field))
	}
	user.hide(hash)
	return &t
}

// checkPasswordField checks what both fields need. Saving a user whom the adapter has read must not
// write them: the hash is not read, and the time may be an old one.
func (m *schemaMapper) checkPasswordField(user *table, field *schema.Field) {
	if field.Serializer != nil {
		m.fault("PasswordIn: %s.%s must not have a serializer", user.schema.ModelType, field.Name)
	}
	if field.Updatable {
		m.fault("PasswordIn: %s.%s must have the tag `gorm:\"<-:create\"`, so that saving a user does not change it",
			user.schema.ModelType, field.Name)
	}
	for name, other := range user.byName {
		if other == field {
			m.fault("PasswordIn: %s.%s is the %s", user.schema.ModelType, field.Name, name)
		}
	}
}

// hide takes a field out of what statements select.
func (t *table) hide(hidden *schema.Field) {
	fields := t.fields
	t.fields, t.scansDirectly = nil, nil
	for _, field := range fields {
		if field != hidden {
			t.fields = append(t.fields, field)
			t.scansDirectly = append(t.scansDirectly, canScanDirectly(field))
		}
	}
}
