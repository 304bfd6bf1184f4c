package sqlite

import (
	"database/sql"
	"reflect"
	"strings"
	"time"

	"gorm.io/gorm"
)

// ColumnTypes returns the columns of a table as SQLite describes them. It returns none if the table
// does not exist.
func (m Migrator) ColumnTypes(value any) (types []gorm.ColumnType, err error) {
	err = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		var columns []column
		err := m.DB.Raw("SELECT name AS label, type AS declared, `notnull` AS required, dflt_value AS initial, "+
			"pk AS key FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid", stmt.Table).Scan(&columns).Error
		for _, c := range columns {
			types = append(types, c)
		}
		return err
	})
	return types, err
}

// column is a row of pragma_table_xinfo. Its fields have other names than SQLite's columns, because
// gorm.ColumnType has methods with those names.
type column struct {
	Label    string
	Declared string
	Required bool
	Initial  sql.NullString
	Key      int
}

func (c column) Name() string                      { return c.Label }
func (c column) DatabaseTypeName() string          { return c.Declared }
func (c column) ColumnType() (string, bool)        { return c.Declared, true }
func (c column) PrimaryKey() (bool, bool)          { return c.Key > 0, true }
func (c column) AutoIncrement() (bool, bool)       { return false, false }
func (c column) Length() (int64, bool)             { return 0, false }
func (c column) DecimalSize() (int64, int64, bool) { return 0, 0, false }
func (c column) Nullable() (bool, bool)            { return !c.Required, true }
func (c column) Unique() (bool, bool)              { return false, false }
func (c column) Comment() (string, bool)           { return "", false }
func (c column) DefaultValue() (string, bool)      { return c.Initial.String, c.Initial.Valid }

// ScanType returns the Go type of the column's values.
func (c column) ScanType() reflect.Type {
	switch affinity(c.Declared) {
	case "TEXT":
		return reflect.TypeFor[string]()
	case "BLOB":
		return reflect.TypeFor[[]byte]()
	case "REAL":
		return reflect.TypeFor[float64]()
	}
	if isTimeType(strings.ToUpper(c.Declared)) {
		return reflect.TypeFor[time.Time]()
	}
	return reflect.TypeFor[int64]()
}
