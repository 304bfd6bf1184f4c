package gormadapter

import (
	"context"
	"reflect"

	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
)

// checkUserKey checks that the ID of the user is the primary key, because the other tables refer to
// it, and finds out whether it is any text.
func (m *schemaMapper) checkUserKey(user *table) {
	user.hasTextKeys = takesAnyText(user.byName["ID"])
	if s := user.schema; len(s.PrimaryFields) != 1 || s.PrimaryFields[0] != user.byName["ID"] {
		m.fault("%s.%s must be the primary key, and the only one: it is the ID", s.ModelType, user.byName["ID"].Name)
	}
}

// checkBelongsTo checks that the rows of t can belong to users, and finds out whether t has a
// foreign key, and whether the keys are any text.
func (m *schemaMapper) checkBelongsTo(t, user *table) {
	if len(t.schema.QueryClauses) > 0 {
		m.fault("%s has soft deletion, which only the user entity may have: remove its gorm.DeletedAt field",
			t.schema.ModelType)
	}
	t.hasTextKeys = user.hasTextKeys
	foreign := t.byName["UserID"]
	if id := sampleKey(user.byName["ID"]); !holdsKey(t, foreign, id) {
		m.fault("%s.%s is a %s, which does not hold the %s of %s", t.schema.ModelType, foreign.Name, foreign.FieldType,
			user.byName["ID"].FieldType, user.schema.ModelType)
	}
	for _, relation := range t.schema.Relationships.BelongsTo {
		if len(relation.References) != 1 || relation.References[0].ForeignKey != foreign {
			continue
		}
		if owner := relation.FieldSchema; owner.Table != user.schema.Table {
			m.fault("%s belongs to %s, want %s: name the user entity in %[1]s, such as gormadapter.SessionOf[%[3]s]",
				t.schema.ModelType, owner.ModelType, user.schema.ModelType)
		}
		t.hasForeignKey = t.hasForeignKey || m.hasConstraint(relation)
		m.copyColumnType(foreign, user.byName["ID"])
	}
	for _, relation := range user.schema.Relationships.HasMany {
		if relation.FieldSchema == t.schema && len(relation.References) == 1 &&
			relation.References[0].ForeignKey == foreign {
			t.hasForeignKey = t.hasForeignKey || m.hasConstraint(relation)
		}
	}
}

// copyColumnType gives a foreign key the column type of the key that it refers to, if the key's Go
// type chooses the column type for each database (GormDBDataType). GORM itself copies all other
// column types.
func (m *schemaMapper) copyColumnType(foreign, key *schema.Field) {
	chooser, ok := reflect.New(key.IndirectFieldType).Interface().(migrator.GormDataTypeInterface)
	if !ok {
		return
	}
	if chosen := schema.DataType(chooser.GormDBDataType(m.db, key)); chosen != "" && foreign.DataType != chosen {
		foreign.DataType = chosen
	}
}

// hasConstraint reports whether GORM's migrations create a foreign key for the relation.
func (m *schemaMapper) hasConstraint(r *schema.Relationship) bool {
	return !m.db.DisableForeignKeyConstraintWhenMigrating && r.Field.TagSettings["CONSTRAINT"] != "-"
}

// sampleKey returns an example of an ID that the field can hold, or "" if it can hold neither a
// UUID nor a number.
func sampleKey(field *schema.Field) string {
	entity := reflect.New(field.Schema.ModelType)
	for _, sample := range keyKind.samples {
		if err := field.Set(context.Background(), entity, sample); err == nil &&
			textAt(pointerTo(context.Background(), field, entity)) == sample {
			return sample.(string)
		}
	}
	return ""
}

// holdsKey reports whether a field that is set to an ID then has that ID.
func holdsKey(t *table, field *schema.Field, id string) bool {
	entity := reflect.New(t.schema.ModelType)
	return field.Set(context.Background(), entity, id) == nil &&
		textAt(pointerTo(context.Background(), field, entity)) == id
}
