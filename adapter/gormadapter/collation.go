package gormadapter

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// is is the condition that a column has a value, byte for byte. MySQL, MariaDB and SQL Server
// compare by the column's collation, which may take for equal what differs in case, accents or
// spaces at the end. That comparison stays, because it is the one that has an index, and one of the
// bytes is put beside it.
func is(d dialect, c clause.Column, value any) clause.Expression {
	equal := clause.Eq{Column: c, Value: value}
	switch d {
	case mySQLDialect:
		return clause.And(equal, clause.Expr{
			SQL:  "CAST(CONVERT(? USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY)",
			Vars: []any{c, value},
		})
	case sqlServerDialect:
		return clause.And(equal, clause.Expr{
			SQL: "CAST(CAST(? AS nvarchar(4000)) AS varbinary(8000)) = CAST(CAST(? AS nvarchar(4000)) AS " +
				"varbinary(8000))",
			Vars: []any{c, value},
		})
	}
	return equal
}

// exactly is is for a statement of GORM's.
func (a *Adapter) exactly(t *table, role string, value any) clause.Expression {
	return is(a.dialect, clause.Column{Table: t.schema.Table, Name: t.roles[role].DBName}, value)
}

// collated makes the tables that tx creates compare byte for byte on MySQL and MariaDB, trailing
// spaces included where the server has a collation for that. Where there is a users table already,
// they get the collation of its key: a foreign key cannot be without.
func (a *Adapter) collated(tx *gorm.DB) (*gorm.DB, error) {
	if a.dialect != mySQLDialect {
		return tx, nil
	}
	var collation string
	err := tx.Raw("SELECT collation_name FROM information_schema.columns WHERE table_schema = DATABASE() AND "+
		"table_name = ? AND column_name = ?",
		a.user.schema.Table, a.user.roles["ID"].DBName).Scan(&collation).Error
	if err == nil && collation == "" {
		collation, err = bytewise(tx)
	}
	if err != nil || collation == "" {
		return tx, err
	}
	return tx.Set("gorm:table_options", " DEFAULT COLLATE "+collation).Session(&gorm.Session{}), nil
}

// bytewise returns the strictest collation that the server has: MariaDB's, MySQL's, and that of old
// ones, which ignores spaces at the end.
func bytewise(tx *gorm.DB) (string, error) {
	var there []string
	wanted := []string{"utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin"}
	err := tx.Raw("SELECT collation_name FROM information_schema.collations WHERE collation_name IN ?",
		wanted).Scan(&there).Error
	for _, name := range wanted {
		if slices.Contains(there, name) {
			return name, err
		}
	}
	return "", err
}
