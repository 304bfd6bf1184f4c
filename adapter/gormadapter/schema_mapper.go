package gormadapter

import (
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// schemaMapper makes tables from GORM's description of the entities. It collects all faults.
type schemaMapper struct {
	db     *gorm.DB
	newID  func() string // the function given to WithID, or nil
	faults []error
}

// mapSchema returns the tables of the entities, or everything that is wrong with the entities.
func mapSchema(db *gorm.DB, e *entities) (tables, []error) {
	m := schemaMapper{db: db, newID: e.newID}
	m.checkEmbedding(e.list())
	if e.passwordIn != nil && e.password.replaced {
		m.fault("PasswordIn is given beside WithPassword: the passwords are in one table")
	}
	if len(m.faults) > 0 {
		return tables{}, m.faults
	}
	t := tables{
		user:          m.table(e.user, userSpecs),
		session:       m.table(e.session, slices.Concat(sessionSpecs, signInSpecs)),
		account:       m.table(e.account, accountSpecs),
		token:         m.table(e.token, tokenSpecs),
		authenticator: m.table(e.authenticator, authenticatorSpecs),
		limit:         m.table(e.limit, limitSpecs),
		factor:        m.table(e.factor, factorSpecs),
		recoveryCode:  m.table(e.recoveryCode, recoveryCodeSpecs),
	}
	if e.passwordIn == nil {
		t.password = m.table(e.password, passwordSpecs)
	} else {
		t.password, t.passwordInUser = m.passwordsInUser(t.user, e.passwordIn), true
	}
	if len(m.faults) > 0 {
		return tables{}, m.faults
	}
	m.checkUserKey(t.user)
	m.checkIDs(t.user)
	owned := []*table{t.session, t.account, t.authenticator}
	if !t.passwordInUser {
		owned = append(owned, t.password)
	}
	for _, owned := range owned {
		m.checkBelongsTo(owned, t.user)
		m.checkIDs(owned)
	}
	for _, owned := range []*table{t.factor, t.recoveryCode} {
		m.checkBelongsTo(owned, t.user)
	}
	if len(m.faults) > 0 {
		return tables{}, m.faults
	}
	named := map[string]*table{
		"user": t.user, "session": t.session, "account": t.account, "verification_token": t.token,
		"authenticator": t.authenticator, "throttle": t.limit,
		"factor": t.factor, "recovery_code": t.recoveryCode,
	}
	if !t.passwordInUser {
		named["user_password"] = t.password
	}
	renameConstraints(named)
	for _, table := range named {
		for _, index := range table.schema.ParseIndexes() {
			table.indexes = append(table.indexes, index.Name)
		}
	}
	// GORM saves the relations of a user. For the other entities the adapter tells it not to.
	t.user.singleStatement = t.user.singleStatement && len(t.user.schema.Relationships.Relations) == 0
	return t, nil
}

// table returns the table of an entity that must have the fields of specs.
func (m *schemaMapper) table(e entity, specs []fieldSpec) *table {
	t := &table{
		entity: e, dialect: dialect(m.db.Dialector.Name()), newID: m.newID,
		byName: map[string]*schema.Field{}, replaced: e.replaced,
	}
	stmt := &gorm.Statement{DB: m.db}
	if err := stmt.Parse(e.new()); err != nil {
		m.fault("describe %T: %w", e.new(), err)
		return t
	}
	t.schema, t.singleStatement = stmt.Schema, !hasHooks(stmt.Schema)
	for _, name := range stmt.Schema.DBNames {
		if field := stmt.Schema.FieldsByDBName[name]; field.Readable {
			t.fields = append(t.fields, field)
			t.scansDirectly = append(t.scansDirectly, canScanDirectly(field))
		}
	}
	m.findFields(t, specs)
	for _, spec := range specs {
		field := t.byName[spec.name]
		if field == nil || !spec.kind.nullable {
			continue
		}
		t.optional = append(t.optional, field)
		if !field.NotNull && field.FieldType.Kind() != reflect.Pointer {
			t.zeroIsNull = append(t.zeroIsNull, field)
		}
	}
	return t
}

// checkEmbedding refuses entities that embed a pointer to a default entity. GORM calls TableName on
// a new value of the entity, in which that pointer would be nil.
func (m *schemaMapper) checkEmbedding(entities []any) {
	for _, entity := range entities {
		t := reflect.TypeOf(entity).Elem()
		for i := 0; t.Kind() == reflect.Struct && i < t.NumField(); i++ {
			f := t.Field(i)
			if f.Anonymous && f.Type.Kind() == reflect.Pointer &&
				f.Type.Implements(reflect.TypeFor[schema.TablerWithNamer]()) {
				m.fault("%s embeds *%s: embed %[2]s itself", t, f.Type.Elem())
			}
		}
	}
}

// hasHooks reports whether the entity has a hook that GORM calls when it writes.
func hasHooks(s *schema.Schema) bool {
	return s.BeforeCreate || s.AfterCreate || s.BeforeUpdate || s.AfterUpdate || s.BeforeSave || s.AfterSave ||
		s.BeforeDelete || s.AfterDelete
}

func (m *schemaMapper) fault(format string, args ...any) {
	m.faults = append(m.faults, fmt.Errorf(format, args...))
}
