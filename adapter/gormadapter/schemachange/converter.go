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

// converter turns GORM's description of the entities into Atlas tables.
type converter struct {
	engine  engine
	types   migrator.Migrator
	schemas []*orm.Schema            // in the order of the entities
	tables  map[string]*schema.Table // by the name that GORM gives to the table
}

// convert returns the tables of the entities. It reads the entities and the names of tables and
// columns with db, and the column types with the dialect of types, which may be the same.
func convert(db, types *gorm.DB, e engine, entities []any) (tables []*schema.Table, err error) {
	c := &converter{
		engine: e,
		types:  migrator.Migrator{Config: migrator.Config{DB: types, Dialector: types.Dialector}},
		tables: make(map[string]*schema.Table),
	}
	for _, entity := range entities {
		stmt := &gorm.Statement{DB: db}
		if err := stmt.Parse(entity); err != nil {
			return nil, fmt.Errorf("describe %T: %w", entity, err)
		}
		if err := c.addTable(stmt.Schema); err != nil {
			return nil, fmt.Errorf("describe %T: %w", entity, err)
		}
	}
	if err := c.addJoinTables(); err != nil {
		return nil, err
	}
	if !db.DisableForeignKeyConstraintWhenMigrating && !db.IgnoreRelationshipsWhenMigrating {
		c.addForeignKeys()
	}
	for _, s := range c.schemas {
		tables = append(tables, c.tables[s.Table])
	}
	return tables, nil
}

func (c *converter) addTable(s *orm.Schema) error {
	if c.tables[s.Table] != nil {
		return nil
	}
	schemaName, name := "", s.Table
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		schemaName, name = name[:i], name[i+1:]
	}
	t := schema.NewTable(name).SetSchema(schema.New(schemaName))
	for _, column := range s.DBNames {
		if err := c.addColumn(t, s.FieldsByDBName[column]); err != nil {
			return fmt.Errorf("column %s: %w", column, err)
		}
	}
	setPrimaryKey(t, s)
	if err := c.addIndexes(t, s); err != nil {
		return err
	}
	for _, check := range sortedByName(s.ParseCheckConstraints()) {
		t.AddChecks(schema.NewCheck().SetName(check.Name).SetExpr(check.Constraint))
	}
	c.engine.setTableOptions(t)
	c.schemas = append(c.schemas, s)
	c.tables[s.Table] = t
	return nil
}

func sortedByName[T any](byName map[string]T) (list []T) {
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}

func (c *converter) addColumn(t *schema.Table, f *orm.Field) error {
	if f.IgnoreMigration {
		return nil
	}
	column := &schema.Column{
		Name:    f.DBName,
		Type:    &schema.ColumnType{Null: !f.NotNull && !f.PrimaryKey},
		Default: defaultOf(f),
	}
	if f.Comment != "" {
		column.SetComment(f.Comment)
	}
	t.AddColumns(column)
	copied := *f
	if f.TagSettings["PRECISION"] == "" && f.DataType == orm.Time {
		copied.Precision = 0 // GORM's MySQL dialector overwrites it with its default
	}
	return c.engine.setType(column, c.types.DataTypeOf(&copied), f)
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
		return &schema.Literal{V: quoteText(v)}
	default:
		return &schema.Literal{V: fmt.Sprint(v)}
	}
}

// quoteText returns a text as an SQL literal.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func setPrimaryKey(t *schema.Table, s *orm.Schema) {
	var columns []*schema.Column
	for _, f := range s.PrimaryFields {
		if column, ok := t.Column(f.DBName); ok {
			columns = append(columns, column)
		}
	}
	if len(columns) > 0 {
		t.SetPrimaryKey(schema.NewPrimaryKey(columns...))
	}
}

func (c *converter) addIndexes(t *schema.Table, s *orm.Schema) error {
	for _, unique := range sortedByName(s.ParseUniqueConstraints()) {
		if column, ok := t.Column(unique.Field.DBName); ok && !unique.Field.PrimaryKey {
			t.AddIndexes(schema.NewUniqueIndex(unique.Name).AddColumns(column))
		}
	}
	for _, from := range s.ParseIndexes() {
		index, err := c.index(t, from)
		if err != nil {
			return fmt.Errorf("index %s: %w", from.Name, err)
		}
		t.AddIndexes(index)
	}
	return nil
}

func (c *converter) index(t *schema.Table, from *orm.Index) (*schema.Index, error) {
	index := schema.NewIndex(from.Name).SetUnique(from.Class == "UNIQUE")
	for _, option := range from.Fields {
		part, err := c.indexPart(t, option)
		if err != nil {
			return nil, err
		}
		index.AddParts(part)
	}
	return index, c.engine.setIndexOptions(index, from)
}

func (c *converter) indexPart(t *schema.Table, option orm.IndexOption) (*schema.IndexPart, error) {
	if option.Collate != "" {
		return nil, fmt.Errorf("collation %s: not supported, create this index in a migration that you write",
			option.Collate)
	}
	part := &schema.IndexPart{Desc: strings.EqualFold(option.Sort, "desc")}
	if option.Expression != "" {
		part.X = &schema.RawExpr{X: "(" + option.Expression + ")"}
		return part, nil
	}
	column, ok := t.Column(option.DBName)
	if !ok {
		return nil, fmt.Errorf("field %s has no column", option.Name)
	}
	part.C = column
	if option.Length > 0 {
		c.engine.setPrefixLength(part, option.Length)
	}
	return part, nil
}

// addJoinTables adds the tables of many-to-many relations.
func (c *converter) addJoinTables() error {
	for _, s := range slices.Clone(c.schemas) {
		for _, rel := range sortedByName(s.Relationships.Relations) {
			if rel.JoinTable == nil || rel.Field.IgnoreMigration {
				continue
			}
			if err := c.addTable(rel.JoinTable); err != nil {
				return fmt.Errorf("describe table %s: %w", rel.JoinTable.Table, err)
			}
		}
	}
	return nil
}

// addForeignKeys adds the foreign keys of all relations. If both entities describe a relation, the
// tag in the entity that has the column is used.
func (c *converter) addForeignKeys() {
	for _, onOwnTable := range []bool{true, false} {
		for _, s := range c.schemas {
			for _, rel := range sortedByName(s.Relationships.Relations) {
				if rel.Field.IgnoreMigration || rel.JoinTable != nil {
					continue
				}
				constraint := rel.ParseConstraint()
				if constraint != nil && (constraint.Schema == s) == onOwnTable {
					c.addForeignKey(constraint)
				}
			}
		}
	}
}

func (c *converter) addForeignKey(from *orm.Constraint) {
	t := c.tables[from.Schema.Table]
	if t == nil {
		return // the foreign key is in a table that is not compared
	}
	key, ok := c.foreignKey(t, from)
	if !ok || slices.ContainsFunc(t.ForeignKeys, func(k *schema.ForeignKey) bool {
		return sameColumns(k.Columns, key.Columns)
	}) {
		return
	}
	t.AddForeignKeys(key)
	for _, column := range key.Columns {
		column.ForeignKeys = append(column.ForeignKeys, key)
	}
}

// foreignKey returns the foreign key for a constraint. It returns false if t does not have the
// column.
func (c *converter) foreignKey(t *schema.Table, from *orm.Constraint) (*schema.ForeignKey, bool) {
	parent := c.tables[from.ReferenceSchema.Table]
	if parent == nil {
		parent = schema.NewTable(from.ReferenceSchema.Table)
	}
	key := &schema.ForeignKey{
		Symbol: from.Name, Table: t, RefTable: parent,
		OnUpdate: schema.ReferenceOption(strings.ToUpper(from.OnUpdate)),
		OnDelete: schema.ReferenceOption(strings.ToUpper(from.OnDelete)),
	}
	for i, f := range from.ForeignKeys {
		column, ok := t.Column(f.DBName)
		if !ok {
			return nil, false
		}
		ref, ok := parent.Column(from.References[i].DBName)
		if !ok {
			ref = schema.NewColumn(from.References[i].DBName)
		}
		key.Columns = append(key.Columns, column)
		key.RefColumns = append(key.RefColumns, ref)
	}
	return key, true
}

func sameColumns(a, b []*schema.Column) bool {
	return slices.EqualFunc(a, b, func(a, b *schema.Column) bool { return strings.EqualFold(a.Name, b.Name) })
}
