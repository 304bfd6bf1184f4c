package gormadapter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// catalogue is what one query says about tables: which of them there are, with which columns and
// indexes.
type catalogue struct {
	found map[*table]*foundTable // without the tables that do not exist

	// definitions are the SQL by which the unique indexes and the generated columns of the first
	// table were defined, one definition in each text. On MySQL they are not part of the query.
	definitions []string
}

// foundTable is a table or view as the database has it.
type foundTable struct {
	isOwn   bool // it is a table, and in the schema in which Migrate creates it
	columns map[string]column
	indexes map[string]bool
}

// column is a column as the database has it. SQLite keeps no limits.
type column struct {
	characters int    // the longest text, in characters; 0 for no limit
	bytes      int    // the longest text, in bytes; 0 for no limit
	charset    string // MySQL's name of the character set; "" for any other database
	collation  string // MySQL's name of the collation
	nullable   bool
}

// catalogueQuery asks the database about tables.
type catalogueQuery struct {
	tables    []*table
	statement *statement
}

// catalogueSQL is how a kind of database is asked. The columns of the result are the place of the
// table in the list, the kind of the row, a name or a definition, and what is in [column].
type catalogueSQL struct{ each, between, all string }

var catalogueSQLs = map[dialect]catalogueSQL{
	postgreSQLDialect: {
		each: "(@place, CAST(? AS text), CAST(? AS text))", between: ", ",
		// A column with a domain has the limit of the domain. The types are character and character
		// varying, whose modifier is the limit and 4.
		all: "WITH wanted (place, name, schema) AS (VALUES @each), found AS (SELECT place, to_regclass(name) AS id, " +
			"coalesce(nullif(schema, ''), current_schema()) AS schema FROM wanted) " +
			"SELECT place, 'table', '', false, 0, 0, '', '' FROM found JOIN pg_class c ON c.oid = id " +
			"JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = schema WHERE c.relkind IN ('r', 'p') " +
			"UNION ALL SELECT place, 'column', CAST(a.attname AS text), NOT a.attnotnull, CASE " +
			"WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4 " +
			"WHEN t.typbasetype IN (1042, 1043) AND t.typtypmod > 4 THEN t.typtypmod - 4 ELSE 0 END, 0, '', '' " +
			"FROM found JOIN pg_attribute a ON a.attrelid = id JOIN pg_type t ON t.oid = a.atttypid " +
			"WHERE a.attnum > 0 AND NOT a.attisdropped " +
			"UNION ALL SELECT place, 'index', CAST(c.relname AS text), false, 0, 0, '', '' FROM found " +
			"JOIN pg_index i ON i.indrelid = id JOIN pg_class c ON c.oid = i.indexrelid " +
			"UNION ALL SELECT place, 'definition', pg_get_indexdef(indexrelid), false, 0, 0, '', '' FROM found " +
			"JOIN pg_index ON indrelid = id WHERE place = 0 AND indisunique " +
			"UNION ALL SELECT place, 'definition', pg_get_expr(adbin, adrelid), false, 0, 0, '', '' FROM found " +
			"JOIN pg_attrdef ON adrelid = id JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum " +
			"WHERE place = 0 AND attgenerated <> ''",
	},
	mySQLDialect: {
		// One part for each table: MariaDB reads the files of all tables for IN. The type longtext
		// has no limit that matters.
		each: "SELECT @place, 'table', '', 0, 0, 0, '', '' FROM information_schema.tables " +
			"WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? " +
			"AND table_type = 'BASE TABLE' " +
			"UNION ALL SELECT @place, 'column', column_name, is_nullable = 'YES', " +
			"CASE WHEN data_type LIKE '%char' THEN character_maximum_length ELSE 0 END, " +
			"CASE WHEN character_octet_length <= 1 << 30 THEN character_octet_length ELSE 0 END, " +
			"coalesce(character_set_name, ''), coalesce(collation_name, '') FROM information_schema.columns " +
			"WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? " +
			"UNION ALL SELECT @place, 'index', index_name, 0, 0, 0, '', '' FROM information_schema.statistics " +
			"WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? AND seq_in_index = 1",
		between: " UNION ALL ", all: "@each",
	},
	sqliteDialect: {
		each: "(@place, ?)", between: ", ",
		all: "WITH wanted (place, name) AS (VALUES @each), found AS (SELECT place, m.name, m.type FROM wanted " +
			"JOIN sqlite_master m ON m.type IN ('table', 'view') AND m.name = wanted.name COLLATE NOCASE) " +
			"SELECT place, type, '', 0, 0, 0, '', '' FROM found " +
			"UNION ALL SELECT place, 'column', c.name, 0, 0, 0, '', '' FROM found " +
			"JOIN pragma_table_xinfo(found.name) c ON c.hidden <> 1 " +
			"UNION ALL SELECT place, 'index', i.name, 0, 0, 0, '', '' FROM found " +
			"JOIN pragma_index_list(found.name) i " +
			"UNION ALL SELECT place, 'definition', sql, 0, 0, 0, '', '' FROM found " +
			"JOIN sqlite_master m ON m.tbl_name = found.name WHERE place = 0 AND sql IS NOT NULL",
	},
}

// catalogue compiles the query for tables. It returns nil if the adapter cannot ask that kind of
// database.
func (c *compiler) catalogue(tables ...*table) *catalogueQuery {
	parts, ok := catalogueSQLs[c.dialect]
	if !ok {
		return nil
	}
	var each []string
	var vars []any
	for place, t := range tables {
		each = append(each, strings.ReplaceAll(parts.each, "@place", fmt.Sprint(place)))
		schema, name := t.splitName()
		switch c.dialect {
		case postgreSQLDialect:
			vars = append(vars, t.quotedName(c.db), schema)
		case mySQLDialect:
			vars = append(vars, schema, name, schema, name, schema, name)
		default:
			vars = append(vars, t.schema.Table)
		}
	}
	sql := strings.Replace(parts.all, "@each", strings.Join(each, parts.between), 1)
	return &catalogueQuery{tables, c.raw(tables[0], sql, vars...)}
}

// splitName returns the name of the table without what is in front of it: the schema, on MySQL the
// other database, or "" for the default one.
func (t *table) splitName() (schema, name string) {
	schema, name, qualified := strings.Cut(t.schema.Table, ".")
	if !qualified {
		return "", t.schema.Table
	}
	return schema, name
}

// quotedName returns the name of the table as it stands in statements.
func (t *table) quotedName(db *gorm.DB) string {
	return (&gorm.Statement{DB: db}).Quote(clause.Table{Name: t.schema.Table})
}

// read runs the query on a connection, which must not be that of a replica.
func (q *catalogueQuery) read(ctx context.Context, d *database, pool gorm.ConnPool) (*catalogue, error) {
	trace := d.trace(ctx, q.statement)
	rows, err := unprepared{q.statement.sql, pool}.QueryContext(ctx, q.statement.args(nil)...)
	trace(-1, err)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := &catalogue{found: map[*table]*foundTable{}}
	for rows.Next() {
		var place int
		var kind, name string
		var c column
		if err := rows.Scan(&place, &kind, &name, &c.nullable, &c.characters, &c.bytes, &c.charset,
			&c.collation); err != nil {
			return nil, err
		}
		found.add(q.tables[place], kind, name, c)
	}
	return found, rows.Err()
}

// add adds a row of the query.
func (c *catalogue) add(t *table, kind, name string, of column) {
	found := c.found[t]
	if found == nil {
		found = &foundTable{columns: map[string]column{}, indexes: map[string]bool{}}
		c.found[t] = found
	}
	switch kind {
	case "table":
		found.isOwn = true
	case "column":
		found.columns[name] = of
	case "index":
		found.indexes[name] = true
	case "definition":
		c.definitions = append(c.definitions, name)
	}
}

// columns returns the columns of a table by their names, or nil if there is no such table.
func (c *catalogue) columns(t *table) map[string]column {
	if found := c.found[t]; found != nil {
		return found.columns
	}
	return nil
}

// hasAll reports whether there is everything that [Adapter.Migrate] would create for these tables.
// Like it, this looks only for names.
func (c *catalogue) hasAll(tables []*table) bool {
	return !slices.ContainsFunc(tables, func(t *table) bool { return !c.found[t].hasAll(t) })
}

func (f *foundTable) hasAll(t *table) bool {
	if f == nil || !f.isOwn {
		return false
	}
	for _, name := range t.schema.DBNames {
		if !f.hasColumn(name) && !t.schema.FieldsByDBName[name].IgnoreMigration {
			return false
		}
	}
	return !slices.ContainsFunc(t.indexes, func(index string) bool { return !f.indexes[index] })
}

// hasColumn reports whether the table has the column, in any case of its letters.
func (f *foundTable) hasColumn(name string) bool {
	for column := range f.columns {
		if strings.EqualFold(column, name) {
			return true
		}
	}
	return false
}
