package sqlite

import (
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
)

// CreateIndex creates the index that a field's tag describes. name is the name of the index or of
// the field.
//
// GORM's general migrator omits the condition of a partial index. Without it a unique index would
// refuse rows that the entity allows. Comments and types such as btree are ignored, because
// indexes of SQLite have none.
func (m Migrator) CreateIndex(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		if stmt.Schema == nil {
			return fmt.Errorf("sqlite: create index %s: no schema of table %s", name, stmt.Table)
		}
		index := stmt.Schema.LookIndex(name)
		if index == nil {
			return fmt.Errorf("sqlite: create index %s: no such index in %s", name, stmt.Schema)
		}
		query := "CREATE "
		if index.Class != "" {
			query += index.Class + " "
		}
		query += "INDEX ? ON ??"
		if index.Option != "" {
			query += " " + index.Option
		}
		if index.Where != "" {
			query += " WHERE " + index.Where
		}
		return m.DB.Exec(query, clause.Column{Name: index.Name}, m.CurrentTable(stmt),
			m.BuildIndexOptions(index.Fields, stmt)).Error
	})
}

// BuildIndexOptions returns the columns and expressions of an index. It ignores a length, as in
// length:10, because SQLite has no indexes on the beginning of a column: the index is on the whole
// column.
func (m Migrator) BuildIndexOptions(fields []schema.IndexOption, stmt *gorm.Statement) (parts []any) {
	for _, field := range fields {
		part := stmt.Quote(field.DBName)
		if field.Expression != "" {
			part = field.Expression
		}
		if field.Collate != "" {
			part += " COLLATE " + field.Collate
		}
		if field.Sort != "" {
			part += " " + field.Sort
		}
		parts = append(parts, clause.Expr{SQL: part})
	}
	return parts
}

// DropIndex drops an index.
func (m Migrator) DropIndex(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		if stmt.Schema != nil {
			if index := stmt.Schema.LookIndex(name); index != nil {
				name = index.Name
			}
		}
		return m.DB.Exec("DROP INDEX ?", clause.Column{Name: name}).Error
	})
}

// RenameIndex returns an error: SQLite cannot rename an index. Create the new one and drop the old.
func (m Migrator) RenameIndex(_ any, from, to string) error {
	return fmt.Errorf("sqlite: rename index %s to %s: SQLite cannot: create the new one and drop the old", from, to)
}

// GetIndexes returns the indexes of a table, including partial ones and those that SQLite created
// for constraints. The name of an expression among their columns is empty.
func (m Migrator) GetIndexes(value any) (list []gorm.Index, err error) {
	err = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		indexes, err := m.indexes(stmt.Table)
		for _, index := range indexes {
			list = append(list, index.Index)
		}
		return err
	})
	return list, err
}

// index is an index of a table. The unique index of a constraint is never partial.
type index struct {
	migrator.Index
	partial bool // has a WHERE
}

func (m Migrator) indexes(table string) ([]index, error) {
	var found []struct {
		Name    string `gorm:"column:name"`
		Unique  bool   `gorm:"column:unique"`
		Origin  string `gorm:"column:origin"`
		Partial bool   `gorm:"column:partial"`
		Column  string `gorm:"column:column"`
	}
	err := m.DB.Raw("SELECT i.name AS name, i.`unique` AS `unique`, i.origin AS origin, i.partial AS partial, "+
		"coalesce(c.name, '') AS `column` "+
		"FROM pragma_index_list(?) AS i JOIN pragma_index_info(i.name) AS c ORDER BY i.seq, c.seqno", table).
		Scan(&found).Error
	if err != nil {
		return nil, err
	}
	var indexes []index
	for _, f := range found {
		if last := len(indexes) - 1; last >= 0 && indexes[last].NameValue == f.Name {
			indexes[last].ColumnList = append(indexes[last].ColumnList, f.Column)
			continue
		}
		indexes = append(indexes, index{partial: f.Partial, Index: migrator.Index{
			TableName:       table,
			NameValue:       f.Name,
			ColumnList:      []string{f.Column},
			PrimaryKeyValue: sql.NullBool{Bool: f.Origin == "pk", Valid: true},
			UniqueValue:     sql.NullBool{Bool: f.Unique, Valid: true},
		}})
	}
	return indexes, nil
}
