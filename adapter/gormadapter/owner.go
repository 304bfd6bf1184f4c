package gormadapter

import (
	"context"
	"fmt"
	"reflect"

	"gorm.io/gorm/clause"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
)

// checkOwner checks that the ID of a user is the primary key, to which other rows point.
func (m *schemaMapper) checkOwner(user *table) {
	if s := user.schema; len(s.PrimaryFields) != 1 || s.PrimaryFields[0] != user.roles["ID"] {
		m.fault("%s.%s must be the primary key, and the only one: it is the ID", s.ModelType, user.roles["ID"].Name)
	}
}

// checkOwned checks that the rows of t can belong to the users.
func (m *schemaMapper) checkOwned(t, user *table) {
	if len(t.schema.QueryClauses) > 0 {
		m.fault("%s has soft deletion, which only the user entity may have: remove its gorm.DeletedAt field", t.schema.ModelType)
	}
	foreign := t.roles["UserID"]
	if id := sampleKey(user.roles["ID"]); !holdsKey(t, foreign, id) {
		m.fault("%s.%s is a %s, which does not hold the %s of %s", t.schema.ModelType, foreign.Name, foreign.FieldType,
			user.roles["ID"].FieldType, user.schema.ModelType)
	}
	for _, relation := range t.schema.Relationships.BelongsTo {
		if len(relation.References) != 1 || relation.References[0].ForeignKey != foreign {
			continue
		}
		if owner := relation.FieldSchema; owner.Table != user.schema.Table {
			m.fault("%s belongs to %s, want %s: name the user entity in %[1]s, such as gormadapter.SessionOf[%[3]s]",
				t.schema.ModelType, owner.ModelType, user.schema.ModelType)
		}
		t.related = t.related || m.hasConstraint(relation)
		m.copyColumnType(foreign, user.roles["ID"])
	}
	for _, relation := range user.schema.Relationships.HasMany {
		if relation.FieldSchema == t.schema && len(relation.References) == 1 &&
			relation.References[0].ForeignKey == foreign {
			t.related = t.related || m.hasConstraint(relation)
		}
	}
}

// copyColumnType gives a foreign key the column type that the key's own Go type chooses for each
// database. GORM copies other column types itself.
func (m *schemaMapper) copyColumnType(foreign, key *schema.Field) {
	chooser, ok := reflect.New(key.IndirectFieldType).Interface().(migrator.GormDataTypeInterface)
	if !ok {
		return
	}
	if chosen := schema.DataType(chooser.GormDBDataType(m.db, key)); chosen != "" && foreign.DataType != chosen {
		foreign.DataType = chosen
	}
}

// hasConstraint reports whether a migration creates a foreign key for the relation.
func (m *schemaMapper) hasConstraint(r *schema.Relationship) bool {
	return !m.db.DisableForeignKeyConstraintWhenMigrating && r.Field.TagSettings["CONSTRAINT"] != "-"
}

// sampleKey returns a text that the field takes as an ID, or "".
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

// holdsKey reports whether the field takes an ID and gives it back.
func holdsKey(t *table, field *schema.Field, id string) bool {
	entity := reflect.New(t.schema.ModelType)
	return field.Set(context.Background(), entity, id) == nil &&
		textAt(pointerTo(context.Background(), field, entity)) == id
}

// insert adds a row that belongs to a user. If no foreign key checks that the user exists, insert
// looks for the user first.
func (a *Adapter) insert(ctx context.Context, op string, r *row, userID string) error {
	key, err := a.user.key(userID)
	if err == nil && !r.related {
		err = a.db.exists(ctx, a.statements.userByID, key)
	}
	if err != nil {
		return a.errors.wrap(ctx, op, err)
	}
	r.set("UserID", userID)
	if r.err != nil {
		return fmt.Errorf("%s: %w", op, r.err)
	}
	err = a.db.write(ctx, func(ctx context.Context) error {
		omitted := append(r.omittedColumns(ctx), clause.Associations)
		return a.db.writer(ctx, r.table).Omit(omitted...).Create(r.entity).Error
	})
	if err != nil {
		return a.errors.wrapOwned(ctx, op, err)
	}
	return nil
}
