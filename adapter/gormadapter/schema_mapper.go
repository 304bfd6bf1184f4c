package gormadapter

import (
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// schemaMapper makes tables from GORM's description of the entities, and collects all faults.
type schemaMapper struct {
	db     *gorm.DB
	newID  func() string // of WithID; nil for the default
	faults []error
}

// mapSchema returns the tables of the entities, or what is wrong with them.
func mapSchema(db *gorm.DB, e *entities) (tables, []error) {
	m := schemaMapper{db: db, newID: e.newID}
	m.checkEmbedding(e.list())
	if len(m.faults) > 0 {
		return tables{}, m.faults
	}
	t := tables{
		user:          m.table(e.user, userRoles),
		session:       m.table(e.session, sessionRoles),
		account:       m.table(e.account, accountRoles),
		token:         m.table(e.token, tokenRoles),
		authenticator: m.table(e.authenticator, authenticatorRoles),
	}
	if len(m.faults) > 0 {
		return tables{}, m.faults
	}
	m.checkOwner(t.user)
	m.checkIDs(t.user)
	for _, owned := range []*table{t.session, t.account, t.authenticator} {
		m.checkOwned(owned, t.user)
		m.checkIDs(owned)
	}
	if len(m.faults) > 0 {
		return tables{}, m.faults
	}
	renameConstraints(map[string]*table{
		"user": t.user, "session": t.session, "account": t.account, "verification_token": t.token,
		"authenticator": t.authenticator,
	})
	// GORM writes a user's relations too. It is told to omit those of the other entities.
	t.user.simple = t.user.simple && len(t.user.schema.Relationships.Relations) == 0
	return t, nil
}

// table describes an entity, whose fields are to have the roles.
func (m *schemaMapper) table(e entity, roles []role) *table {
	t := &table{
		entity: e, dialect: dialect(m.db.Dialector.Name()), newID: m.newID,
		roles: map[string]*schema.Field{}, custom: e.named,
	}
	stmt := &gorm.Statement{DB: m.db}
	if err := stmt.Parse(e.new()); err != nil {
		m.fault("describe %T: %w", e.new(), err)
		return t
	}
	t.schema, t.simple = stmt.Schema, !hasHooks(stmt.Schema)
	for _, name := range stmt.Schema.DBNames {
		if field := stmt.Schema.FieldsByDBName[name]; field.Readable {
			t.fields = append(t.fields, field)
			t.direct = append(t.direct, isDirect(field))
		}
	}
	m.assignRoles(t, roles)
	for _, r := range roles {
		if field := t.roles[r.name]; field != nil && r.kind.nullable && !field.NotNull &&
			field.FieldType.Kind() != reflect.Pointer {
			t.blank = append(t.blank, field)
		}
	}
	return t
}

// checkEmbedding refuses entities that embed a default entity as a pointer: GORM asks a new value
// for its table's name, and in a new value the pointer is nil.
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

// hasHooks reports whether the entity has a hook that GORM runs on a write.
func hasHooks(s *schema.Schema) bool {
	return s.BeforeCreate || s.AfterCreate || s.BeforeUpdate || s.AfterUpdate || s.BeforeSave || s.AfterSave ||
		s.BeforeDelete || s.AfterDelete
}

func (m *schemaMapper) fault(format string, args ...any) {
	m.faults = append(m.faults, fmt.Errorf(format, args...))
}
