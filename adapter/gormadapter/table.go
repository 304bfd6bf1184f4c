package gormadapter

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// table is an entity as GORM describes it, with the fields in the order in which statements select their columns.
type table struct {
	schema *schema.Schema
	fields []*schema.Field
	direct []bool // whether the field at that place can be scanned into without GORM's help
	simple bool   // without hooks, so that to write it is one statement
}

// parser collects what is wrong with the entities while it describes them.
type parser struct {
	db     *gorm.DB
	faults []error
}

func (p *parser) table(entity any) *table {
	stmt := &gorm.Statement{DB: p.db}
	if err := stmt.Parse(entity); err != nil {
		p.faults = append(p.faults, fmt.Errorf("describe %T: %w", entity, err))
		return nil
	}
	t := &table{schema: stmt.Schema, simple: simple(stmt.Schema)}
	for _, name := range stmt.Schema.DBNames {
		if field := stmt.Schema.FieldsByDBName[name]; field.Readable {
			t.fields = append(t.fields, field)
			t.direct = append(t.direct, direct(field))
		}
	}
	return t
}

func simple(s *schema.Schema) bool {
	return !(s.BeforeCreate || s.AfterCreate || s.BeforeUpdate || s.AfterUpdate || s.BeforeSave || s.AfterSave || s.BeforeDelete || s.AfterDelete)
}

// direct reports whether database/sql itself can fill the field. It cannot undo a serializer, nor put a NULL into a plain value.
func direct(field *schema.Field) bool {
	if field.Serializer != nil {
		return false
	}
	_, scans := reflect.New(field.FieldType).Interface().(sql.Scanner)
	return scans || field.FieldType.Kind() == reflect.Pointer || field.NotNull || field.PrimaryKey
}

// checkUser makes sure that the columns of User are still those of the embedded User.
func (p *parser) checkUser(t *table, entity userEntity) {
	row := entity.userEntity()
	for _, own := range []struct {
		name  string
		field any
	}{{"ID", &row.ID}, {"Name", &row.Name}, {"Email", &row.Email}, {"EmailVerified", &row.EmailVerified}, {"Image", &row.Image}} {
		field := t.schema.FieldsByName[own.name]
		if field == nil || field.DBName == "" || at(context.Background(), field, reflect.ValueOf(entity)) != own.field {
			p.faults = append(p.faults, fmt.Errorf("%T hides the field %s of gormadapter.User: rename its own", entity, own.name))
		}
	}
}

// at returns a pointer to the field of an entity.
func at(ctx context.Context, field *schema.Field, entity reflect.Value) any {
	return field.ReflectValueOf(ctx, entity).Addr().Interface()
}

// scan fills more from the first columns of the current row and entity from those of t. What database/sql cannot convert, GORM may.
func (t *table) scan(ctx context.Context, rows *sql.Rows, entity any, more ...any) error {
	row := reflect.ValueOf(entity)
	if err := t.fill(ctx, rows, row, t.direct, more); err == nil {
		return nil
	}
	return t.fill(ctx, rows, row, make([]bool, len(t.fields)), more)
}

func (t *table) fill(ctx context.Context, rows *sql.Rows, row reflect.Value, direct []bool, more []any) error {
	dest := make([]any, len(more)+len(t.fields))
	copy(dest, more)
	own := dest[len(more):]
	for i, field := range t.fields {
		if direct[i] {
			own[i] = at(ctx, field, row)
		} else {
			own[i] = field.NewValuePool.Get()
			defer field.NewValuePool.Put(own[i])
		}
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	for i, field := range t.fields {
		if direct[i] {
			continue
		}
		if err := field.Set(ctx, row, own[i]); err != nil {
			return fmt.Errorf("column %s: %w", field.DBName, err)
		}
	}
	return nil
}
