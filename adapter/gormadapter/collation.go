package gormadapter

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// foldsText reports whether = may be true for two texts whose bytes differ.
func (d dialect) foldsText() bool { return d != sqliteDialect && d != postgreSQLDialect }

// bytewiseEqual is the condition that a column is equal to value, byte for byte.
//
// MySQL, MariaDB and SQL Server compare by the column's collation, which may ignore differences of
// case, accents or spaces at the end. On these databases the condition has two comparisons: by the
// collation, which can use the index, and of the bytes.
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

// sameText is bytewiseEqual for a column that contains texts. On SQLite and PostgreSQL such a
// column compares the bytes by default, but it may have another collation (NOCASE, a
// nondeterministic one of ICU) or type (citext).
func (d dialect) sameText(column clause.Column, value any) clause.Expression {
	bytes := map[dialect]string{
		sqliteDialect: "? = ? COLLATE BINARY", postgreSQLDialect: `CAST(? AS text) COLLATE "C" = CAST(? AS text)`,
	}[d]
	if bytes == "" {
		return d.bytewiseEqual(column, value)
	}
	return clause.And(clause.Eq{Column: column, Value: value}, clause.Expr{SQL: bytes, Vars: []any{column, value}})
}

// withCollation returns a session that creates tables with a collation that compares byte for byte.
// It returns tx itself if the database is neither MySQL nor MariaDB.
//
// If the users' table exists, the collation is that of its key, because a foreign key requires the
// same one. Otherwise it is the strictest collation of the server.
func withCollation(tx *gorm.DB, user *table) (*gorm.DB, error) {
	if user.dialect != mySQLDialect {
		return tx, nil
	}
	var collation string
	schema, name := user.splitName()
	err := tx.Raw("SELECT collation_name FROM information_schema.columns WHERE "+
		"table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? AND column_name = ?",
		schema, name, user.byName["ID"].DBName).Scan(&collation).Error
	if err == nil && collation == "" {
		collation, err = strictestCollation(tx)
	}
	if err != nil || collation == "" {
		return tx, err
	}
	return tx.Set("gorm:table_options", " DEFAULT COLLATE "+collation).Session(&gorm.Session{}), nil
}

// strictestCollation returns the strictest collation that the server has: MariaDB's, MySQL's, or
// that of old servers, which ignores spaces at the end. It returns "" if the server has none of
// them.
func strictestCollation(tx *gorm.DB) (string, error) {
	var found []string
	wanted := []string{"utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin"}
	err := tx.Raw("SELECT collation_name FROM information_schema.collations WHERE collation_name IN ?",
		wanted).Scan(&found).Error
	for _, name := range wanted {
		if slices.Contains(found, name) {
			return name, err
		}
	}
	return "", err
}
