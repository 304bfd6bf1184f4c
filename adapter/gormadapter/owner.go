package gormadapter

import (
	"context"
	"fmt"
	"reflect"

	"gorm.io/gorm/clause"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
)

// checkOwner makes sure that the id of a user is what other rows point to.
func (p *parser) checkOwner(user *table) {
	if s := user.schema; len(s.PrimaryFields) != 1 || s.PrimaryFields[0] != user.roles["ID"] {
		p.fault("%s.%s must be the primary key, and the only one: it is the ID", s.ModelType, user.roles["ID"].Name)
	}
}

// checkOwned makes sure that the rows of t can belong to the users.
func (p *parser) checkOwned(t, user *table) {
	if len(t.schema.QueryClauses) > 0 {
		p.fault("%s has soft deletion, which only users may have: what is gone must not come back", t.schema.ModelType)
	}
	foreign := t.roles["UserID"]
	if id := keyLike(user.roles["ID"]); !holdsKey(t, foreign, id) {
		p.fault("%s.%s is a %s, which does not hold the %s of %s", t.schema.ModelType, foreign.Name, foreign.FieldType,
			user.roles["ID"].FieldType, user.schema.ModelType)
	}
	for _, relation := range t.schema.Relationships.BelongsTo {
		if len(relation.References) != 1 || relation.References[0].ForeignKey != foreign {
			continue
		}
		if owner := relation.FieldSchema; owner.Table != user.schema.Table {
			p.fault("%s belongs to %s, want %s: name it where %[1]s says whose it is, such as "+
				"gormadapter.SessionOf[%[3]s]", t.schema.ModelType, owner.ModelType, user.schema.ModelType)
		}
		t.related = t.related || p.constrains(relation)
		p.copyColumnType(foreign, user.roles["ID"])
	}
	for _, relation := range user.schema.Relationships.HasMany {
		if relation.FieldSchema == t.schema && len(relation.References) == 1 &&
			relation.References[0].ForeignKey == foreign {
			t.related = t.related || p.constrains(relation)
		}
	}
}

// copyColumnType gives a foreign key the column type that the key's own type chooses for each
// database. The others were copied by GORM.
func (p *parser) copyColumnType(foreign, key *schema.Field) {
	chooser, ok := reflect.New(key.IndirectFieldType).Interface().(migrator.GormDataTypeInterface)
	if !ok {
		return
	}
	if chosen := schema.DataType(chooser.GormDBDataType(p.db, key)); chosen != "" && foreign.DataType != chosen {
		foreign.DataType = chosen
	}
}

// constrains reports whether a migration makes a foreign key of the relation.
func (p *parser) constrains(r *schema.Relationship) bool {
	return !p.db.DisableForeignKeyConstraintWhenMigrating && r.Field.TagSettings["CONSTRAINT"] != "-"
}

// keyLike is a text that the field takes as an id.
func keyLike(field *schema.Field) string {
	entity := reflect.New(field.Schema.ModelType)
	for _, sample := range keyKind.samples {
		if err := field.Set(context.Background(), entity, sample); err == nil &&
			textAt(at(context.Background(), field, entity)) == sample {
			return sample.(string)
		}
	}
	return ""
}

func holdsKey(t *table, field *schema.Field, id string) bool {
	entity := reflect.New(t.schema.ModelType)
	return field.Set(context.Background(), entity, id) == nil && textAt(at(context.Background(), field, entity)) == id
}

// insert adds a row that hangs on a user. Where no foreign key watches over that, the user is
// looked for before.
func (a *Adapter) insert(ctx context.Context, op string, r *row, userID string) error {
	key, err := a.key(userID)
	if err == nil && !r.related {
		err = a.exists(ctx, a.statements.userByID, key)
	}
	if err != nil {
		return a.errors.wrap(ctx, op, err)
	}
	if r.set("UserID", userID); r.err != nil {
		return fmt.Errorf("%s: %w", op, r.err)
	}
	create := func() error {
		return a.writer(ctx, r.table).Omit(append(r.blanks(ctx), clause.Associations)...).Create(r.entity).Error
	}
	if err := a.retried(ctx, create); err != nil {
		return a.errors.wrapOwned(ctx, op, err)
	}
	return nil
}

// given is the application's own row in which something is to be stored: the one that the caller
// has, or a new one.
func (t *table) given(e entity, own any) (*row, error) {
	if own == nil {
		return t.fill(e.new()), nil
	}
	if want := reflect.PointerTo(t.schema.ModelType); reflect.TypeOf(own) != want || reflect.ValueOf(own).IsNil() {
		return nil, fmt.Errorf(".Entity is a %T, want a %s", own, want)
	}
	return t.fill(own), nil
}

// shown is what the application sees of a row: nothing if it named no type for it.
func (r *row) shown() any {
	if !r.own {
		return nil
	}
	return r.entity
}
