package gormadapter

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// columns returns the columns that statements select, in the order of t.fields.
func (c *compiler) columns(t *table) (columns []clause.Column) {
	for _, field := range t.fields {
		columns = append(columns, c.read(t, field))
	}
	return columns
}

// read returns the column of a field as statements select it.
//
// PostgreSQL has a type for times without a zone, which Prisma and Drizzle use. The adapter writes
// UTC into it, as they do, but gorm.io/driver/postgres reads it in the TimeZone of the DSN. So the
// server turns the adapter's times into the other type, which is an instant in every zone. For a
// column of that type this changes nothing.
func (c *compiler) read(t *table, field *schema.Field) clause.Column {
	column := clause.Column{Table: t.schema.Table, Name: field.DBName}
	if c.dialect != postgreSQLDialect || !t.isTime(field) {
		return column
	}
	quoted := (&gorm.Statement{DB: c.db}).Quote(column)
	return clause.Column{Name: "to_timestamp(EXTRACT(EPOCH FROM " + quoted + "))", Raw: true}
}

// readMillis returns the SQL of a field's value. On PostgreSQL a time is milliseconds since 1970,
// as the adapter stores it on SQLite. It is computed as numeric: before PostgreSQL 14 the epoch is
// a float, and FLOOR would lose a millisecond.
func (c *compiler) readMillis(t *table, field *schema.Field) string {
	quoted := (&gorm.Statement{DB: c.db}).Quote(clause.Column{Table: t.schema.Table, Name: field.DBName})
	if c.dialect != postgreSQLDialect || !t.isTime(field) {
		return quoted
	}
	return "FLOOR(CAST(EXTRACT(EPOCH FROM " + quoted + ") * 1000 AS numeric))"
}

var timeFields = []string{
	"Expires", "EmailVerified", "CreatedAt", "AuthTime", "SeenAt", "LastUsedAt", "ChangedAt",
}

// isTime reports whether the field is one of the adapter's times, and GORM sends it as a time.
func (t *table) isTime(field *schema.Field) bool {
	return field.Serializer == nil && slices.ContainsFunc(timeFields, func(name string) bool {
		return field == t.byName[name]
	})
}
