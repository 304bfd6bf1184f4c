package sqlite

import (
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

// ColumnTypes returns the columns of a table as SQLite describes them. If there is no such table,
// it returns an error.
func (m Migrator) ColumnTypes(value any) (types []gorm.ColumnType, err error) {
	err = m.RunWithValue(value, func(stmt *gorm.Statement) error {
		var columns []column
		err := m.DB.Raw("SELECT name AS label, type AS declared, `notnull` AS required, dflt_value AS initial, "+
			"pk AS key FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid", stmt.Table).Scan(&columns).Error
		for _, c := range columns {
			types = append(types, c)
		}
		if err == nil && len(columns) == 0 { // every table has a column
			err = fmt.Errorf("sqlite: no such table: %s", stmt.Table)
		}
		return err
	})
	return types, err
}

// column is a row of pragma_table_xinfo. Its fields have other names than SQLite's columns, because
// gorm.ColumnType has methods with those names. They have tags, because the application's naming
// strategy may keep upper case.
type column struct {
	Label    string         `gorm:"column:label"`
	Declared string         `gorm:"column:declared"`
	Required bool           `gorm:"column:required"`
	Initial  sql.NullString `gorm:"column:initial"`
	Key      int            `gorm:"column:key"`
}

func (c column) Name() string                 { return c.Label }
func (c column) ColumnType() (string, bool)   { return c.Declared, true }
func (c column) PrimaryKey() (bool, bool)     { return c.Key > 0, true }
func (c column) AutoIncrement() (bool, bool)  { return false, false }
func (c column) Nullable() (bool, bool)       { return !c.Required, true }
func (c column) Unique() (bool, bool)         { return false, false }
func (c column) Comment() (string, bool)      { return "", false }
func (c column) DefaultValue() (string, bool) { return c.Initial.String, c.Initial.Valid }

// DatabaseTypeName returns the declared type without its size: varchar for varchar(20).
func (c column) DatabaseTypeName() string {
	name, _, _ := strings.Cut(c.Declared, "(")
	return strings.TrimSpace(name)
}

// Length returns n of a declared type such as varchar(n). SQLite itself ignores it.
func (c column) Length() (length int64, ok bool) {
	sizes := c.sizes()
	if len(sizes) != 1 || affinity(c.Declared) != "TEXT" {
		return 0, false
	}
	return sizes[0], true
}

// DecimalSize returns the numbers of a declared type such as decimal(precision, scale). SQLite
// itself ignores them.
func (c column) DecimalSize() (precision, scale int64, ok bool) {
	sizes := c.sizes()
	if len(sizes) == 0 || affinity(c.Declared) != "NUMERIC" {
		return 0, 0, false
	}
	return sizes[0], append(sizes, 0)[1], true
}

// sizes returns the numbers in the parentheses of the declared type, or nil if there is anything
// else in them.
func (c column) sizes() (sizes []int64) {
	_, list, _ := strings.Cut(c.Declared, "(")
	list, _, closed := strings.Cut(list, ")")
	if !closed {
		return nil
	}
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil
		}
		sizes = append(sizes, n)
	}
	return sizes
}

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
