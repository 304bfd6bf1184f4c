package schemachange

import (
	"fmt"

	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	orm "gorm.io/gorm/schema"
)

// offline is one of GORM's dialects that never connects.
type offline struct{ gorm.Dialector }

// Initialize leaves out what the dialect would do: connect.
func (offline) Initialize(*gorm.DB) error { return nil }

// offlineDB returns a GORM that knows the types of a dialect.
func offlineDB(dialect string) (*gorm.DB, error) {
	var d gorm.Dialector
	switch dialect {
	case "sqlite":
		d = sqlite.New(nil)
	case "postgres":
		d = postgres.New(postgres.Config{})
	case "mysql", "mariadb":
		milliseconds := 3 // as the driver has it when it connects
		d = mysql.New(mysql.Config{DefaultDatetimePrecision: &milliseconds})
	case "sqlserver":
		d = sqlserverTypes{}
	}
	return gorm.Open(offline{d}, &gorm.Config{Logger: logger.Discard, DisableAutomaticPing: true})
}

// sqlserverTypes are the types of SQL Server: MikroORM's, and where it has none those of
// gorm.io/driver/sqlserver.
type sqlserverTypes struct{ gorm.Dialector }

func (sqlserverTypes) Name() string { return "sqlserver" }

func (sqlserverTypes) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { w.WriteByte('?') }

func (sqlserverTypes) QuoteTo(w clause.Writer, name string) { w.WriteString(bracket(name)) }

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
		return "nvarchar" + size(f, 4000)
	case orm.Time:
		if f.Precision > 0 {
			return fmt.Sprintf("datetime2(%d)", f.Precision)
		}
		return "datetime2"
	case orm.Bytes:
		return "varbinary" + size(f, 8000)
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

// size is 256 for what stands in an index and says nothing itself, because an index cannot hold
// more.
func size(f *orm.Field, largest int) string {
	indexed := f.PrimaryKey || f.Unique || f.TagSettings["INDEX"] != "" || f.TagSettings["UNIQUEINDEX"] != ""
	switch {
	case f.Size <= 0 && indexed:
		return "(256)"
	case f.Size <= 0 || f.Size > largest:
		return "(MAX)"
	}
	return fmt.Sprintf("(%d)", f.Size)
}
