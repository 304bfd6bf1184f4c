package schemachange

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	orm "gorm.io/gorm/schema"
)

// sqlserverTypes has the column types of SQL Server. They are the types that MikroORM uses. If
// MikroORM has none, they are those of gorm.io/driver/sqlserver.
type sqlserverTypes struct{ gorm.Dialector }

// Name returns sqlserver.
func (sqlserverTypes) Name() string { return "sqlserver" }

// BindVarTo writes a question mark for every value, because no statement with values ever runs.
func (sqlserverTypes) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { w.WriteByte('?') }

// QuoteTo writes the name in brackets.
func (sqlserverTypes) QuoteTo(w clause.Writer, name string) { w.WriteString(bracket(name)) }

// DataTypeOf returns the type of the field's column.
func (sqlserverTypes) DataTypeOf(f *orm.Field) string {
	switch f.DataType {
	case orm.Bool:
		return "bit"
	case orm.Int, orm.Uint:
		return sqlserverInteger(f)
	case orm.Float:
		if f.Precision > 0 {
			return fmt.Sprintf("decimal(%d, %d)", f.Precision, f.Scale)
		}
		return "float"
	case orm.String:
		return "nvarchar" + sqlserverLength(f, 4000)
	case orm.Time:
		if f.Precision > 0 {
			return fmt.Sprintf("datetime2(%d)", f.Precision)
		}
		return "datetime2"
	case orm.Bytes:
		return "varbinary" + sqlserverLength(f, 8000)
	}
	return string(f.DataType)
}

func sqlserverInteger(f *orm.Field) string {
	name := "bigint"
	switch {
	case f.Size <= 16 && f.DataType == orm.Int, f.Size < 16:
		name = "smallint"
	case f.Size <= 32 && f.DataType == orm.Int, f.Size < 32:
		name = "int"
	}
	if f.AutoIncrement {
		name += " IDENTITY(1,1)"
	}
	return name
}

// sqlserverLength returns the length of a text or bytes column. An indexed field without a size
// gets 256, because an index cannot hold values of any length.
func sqlserverLength(f *orm.Field, longest int) string {
	indexed := f.PrimaryKey || f.Unique ||
		f.TagSettings["INDEX"] != "" || f.TagSettings["UNIQUEINDEX"] != ""
	switch {
	case f.Size <= 0 && indexed:
		return "(256)"
	case f.Size <= 0 || f.Size > longest:
		return "(MAX)"
	}
	return fmt.Sprintf("(%d)", f.Size)
}
