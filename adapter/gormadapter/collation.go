package gormadapter

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// bytewiseEqual is the condition that a column has a value, byte for byte. MySQL, MariaDB and SQL
// Server compare by the column's collation, which may take for equal what differs in case, accents
// or spaces at the end. That comparison stays in the condition, because only it can use an index,
// and a comparison of the bytes is added to it.
func (d dialect) bytewiseEqual(column clause.Column, value any) clause.Expression {
	equal := clause.Eq{Column: column, Value: value}
	switch d {
	case mySQLDialect:
		return clause.And(equal, clause.Expr{
			SQL:  "CAST(CONVERT(? USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY)",
			Vars: []any{column, value},
		})
	case sqlServerDialect:
		return clause.And(equal, clause.Expr{
			SQL: "CAST(CAST(? AS nvarchar(4000)) AS varbinary(8000)) = " +
				"CAST(CAST(? AS nvarchar(4000)) AS varbinary(8000))",
			Vars: []any{column, value},
		})
	}
	return equal
}

// withCollation makes the tables that tx creates compare byte for byte on MySQL and MariaDB, spaces
// at the end included if the server has a collation for that. If there is a table of users already,
// the others get the collation of its key, because a foreign key requires it.
func withCollation(tx *gorm.DB, user *table) (*gorm.DB, error) {
	if user.dialect != mySQLDialect {
		return tx, nil
	}
	var collation string
	err := tx.Raw("SELECT collation_name FROM information_schema.columns WHERE table_schema = DATABASE() AND "+
		"table_name = ? AND column_name = ?",
		user.schema.Table, user.roles["ID"].DBName).Scan(&collation).Error
	if err == nil && collation == "" {
		collation, err = strictestCollation(tx)
	}
	if err != nil || collation == "" {
		return tx, err
	}
	return tx.Set("gorm:table_options", " DEFAULT COLLATE "+collation).Session(&gorm.Session{}), nil
}

// strictestCollation returns the strictest collation that the server has, or "": MariaDB's,
// MySQL's, or that of old servers, which ignores spaces at the end.
func strictestCollation(tx *gorm.DB) (string, error) {
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
