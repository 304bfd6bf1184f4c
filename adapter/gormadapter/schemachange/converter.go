package schemachange

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
	"gorm.io/gorm"
	"gorm.io/gorm/migrator"
	orm "gorm.io/gorm/schema"
)

// describer turns GORM's description of entities into Atlas's.
type describer struct {
	engine engine
	types  migrator.Migrator
	keys   bool // whether foreign keys are wanted
	order  []*orm.Schema
	tables map[string]*schema.Table // by GORM's name for them
}

// describe takes the entities as db describes them, to which the adapter has added, and the types
// of types, which may be the same.
func describe(db, types *gorm.DB, e engine, entities []any) ([]*schema.Table, error) {
	d := &describer{
		engine: e,
		types:  migrator.Migrator{Config: migrator.Config{DB: types, Dialector: types.Dialector}},
		keys:   !db.DisableForeignKeyConstraintWhenMigrating && !db.IgnoreRelationshipsWhenMigrating,
		tables: make(map[string]*schema.Table),
	}
	for _, entity := range entities {
		stmt := &gorm.Statement{DB: db}
		if err := stmt.Parse(entity); err != nil {
			return nil, fmt.Errorf("describe %T: %w", entity, err)
		}
		if err := d.add(stmt.Schema); err != nil {
			return nil, fmt.Errorf("describe %T: %w", entity, err)
		}
	}
	if err := d.joinTables(); err != nil {
		return nil, err
	}
	if d.keys {
		d.foreignKeys()
	}
	var list []*schema.Table
	for _, s := range d.order {
		list = append(list, d.tables[s.Table])
	}
	return list, nil
}

func (d *describer) add(s *orm.Schema) error {
	if d.tables[s.Table] != nil {
		return nil
	}
	space, name := "", s.Table
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		space, name = name[:i], name[i+1:]
	}
	t := schema.NewTable(name).SetSchema(schema.New(space))
	for _, column := range s.DBNames {
		if err := d.column(t, s.FieldsByDBName[column]); err != nil {
			return fmt.Errorf("column %s: %w", column, err)
		}
	}
	d.primaryKey(t, s)
	if err := d.indexes(t, s); err != nil {
		return err
	}
	for _, check := range sorted(s.ParseCheckConstraints()) {
		t.AddChecks(schema.NewCheck().SetName(check.Name).SetExpr(check.Constraint))
	}
	d.engine.attributes(t)
	d.order = append(d.order, s)
	d.tables[s.Table] = t
	return nil
}

func sorted[T any](named map[string]T) (list []T) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		list = append(list, named[name])
	}
	return list
}

func (d *describer) column(t *schema.Table, f *orm.Field) error {
	if f.IgnoreMigration {
		return nil
	}
	c := &schema.Column{
		Name: f.DBName, Type: &schema.ColumnType{Null: !f.NotNull && !f.PrimaryKey}, Default: defaultOf(f),
	}
	if f.Comment != "" {
		c.SetComment(f.Comment)
	}
	t.AddColumns(c)
	copied := *f
	if f.TagSettings["PRECISION"] == "" && f.DataType == orm.Time {
		copied.Precision = 0 // GORM's MySQL writes its own into the field
	}
	return d.engine.column(c, d.types.DataTypeOf(&copied), f)
}

func defaultOf(f *orm.Field) schema.Expr {
	switch v := f.DefaultValueInterface.(type) {
	case nil:
		if !f.HasDefaultValue || f.DefaultValue == "" || f.DefaultValue == "(-)" ||
			strings.EqualFold(f.DefaultValue, "null") {
			return nil
		}
		return &schema.RawExpr{X: f.DefaultValue}
	case string:
		return &schema.Literal{V: "'" + strings.ReplaceAll(v, "'", "''") + "'"}
	default:
		return &schema.Literal{V: fmt.Sprint(v)}
	}
}

func (d *describer) primaryKey(t *schema.Table, s *orm.Schema) {
	var columns []*schema.Column
	for _, f := range s.PrimaryFields {
		if c, ok := t.Column(f.DBName); ok {
			columns = append(columns, c)
		}
	}
	if len(columns) > 0 {
		t.SetPrimaryKey(schema.NewPrimaryKey(columns...))
	}
}

func (d *describer) indexes(t *schema.Table, s *orm.Schema) error {
	for _, unique := range sorted(s.ParseUniqueConstraints()) {
		if c, ok := t.Column(unique.Field.DBName); ok && !unique.Field.PrimaryKey {
			t.AddIndexes(schema.NewUniqueIndex(unique.Name).AddColumns(c))
		}
	}
	for _, index := range s.ParseIndexes() {
		i := schema.NewIndex(index.Name).SetUnique(index.Class == "UNIQUE")
		for _, option := range index.Fields {
			part, err := d.part(t, option)
			if err != nil {
				return fmt.Errorf("index %s: %w", index.Name, err)
			}
			i.AddParts(part)
		}
		if err := d.engine.index(i, index); err != nil {
			return fmt.Errorf("index %s: %w", index.Name, err)
		}
		t.AddIndexes(i)
	}
	return nil
}

func (d *describer) part(t *schema.Table, option orm.IndexOption) (*schema.IndexPart, error) {
	if option.Collate != "" {
		return nil, fmt.Errorf("collation %s: not supported, make this index in a migration of your own",
			option.Collate)
	}
	part := &schema.IndexPart{Desc: strings.EqualFold(option.Sort, "desc")}
	if option.Expression != "" {
		part.X = &schema.RawExpr{X: "(" + option.Expression + ")"}
		return part, nil
	}
	c, ok := t.Column(option.DBName)
	if !ok {
		return nil, fmt.Errorf("field %s has no column", option.Name)
	}
	part.C = c
	if option.Length > 0 {
		d.engine.prefix(part, option.Length)
	}
	return part, nil
}

// joinTables adds the tables of many-to-many relations.
func (d *describer) joinTables() error {
	for _, s := range slices.Clone(d.order) {
		for _, rel := range sorted(s.Relationships.Relations) {
			if rel.JoinTable == nil || rel.Field.IgnoreMigration {
				continue
			}
			if err := d.add(rel.JoinTable); err != nil {
				return fmt.Errorf("describe table %s: %w", rel.JoinTable.Table, err)
			}
		}
	}
	return nil
}

// foreignKeys takes a relation from the entity that has the column, and where GORM leaves it to the
// other side, from there.
func (d *describer) foreignKeys() {
	for _, ownSide := range []bool{true, false} {
		for _, s := range d.order {
			for _, rel := range sorted(s.Relationships.Relations) {
				if rel.Field.IgnoreMigration || rel.JoinTable != nil {
					continue
				}
				if c := rel.ParseConstraint(); c != nil && (c.Schema == s) == ownSide {
					d.foreignKey(c)
				}
			}
		}
	}
}

func (d *describer) foreignKey(c *orm.Constraint) {
	t := d.tables[c.Schema.Table]
	if t == nil {
		return // a table of the application's that refers to ours
	}
	parent := d.tables[c.ReferenceSchema.Table]
	if parent == nil {
		parent = schema.NewTable(c.ReferenceSchema.Table)
	}
	key := &schema.ForeignKey{Symbol: c.Name, Table: t, RefTable: parent,
		OnUpdate: schema.ReferenceOption(strings.ToUpper(c.OnUpdate)),
		OnDelete: schema.ReferenceOption(strings.ToUpper(c.OnDelete))}
	for i, f := range c.ForeignKeys {
		column, ok := t.Column(f.DBName)
		if !ok {
			return
		}
		ref, ok := parent.Column(c.References[i].DBName)
		if !ok {
			ref = schema.NewColumn(c.References[i].DBName)
		}
		key.Columns, key.RefColumns = append(key.Columns, column), append(key.RefColumns, ref)
	}
	if !slices.ContainsFunc(t.ForeignKeys, func(k *schema.ForeignKey) bool {
		return sameColumns(k.Columns, key.Columns)
	}) {
		t.AddForeignKeys(key)
		for _, column := range key.Columns {
			column.ForeignKeys = append(column.ForeignKeys, key)
		}
	}
}

func sameColumns(a, b []*schema.Column) bool {
	return slices.EqualFunc(a, b, func(a, b *schema.Column) bool { return strings.EqualFold(a.Name, b.Name) })
}

// attribute returns the first attribute of type T, or nil.
func attribute[T schema.Attr](attrs []schema.Attr) (found T) {
	for _, a := range attrs {
		if t, ok := a.(T); ok {
			return t
		}
	}
	return found
}
