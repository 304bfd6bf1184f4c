package gormadapter

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// layout is what the database says about the adapter's tables. They may have been made by other
// programs, with narrower columns than the entities have.
type layout struct {
	columns    map[*schema.Field]column
	missing    map[*table]bool
	foldsEmail string // the SQL function (lower, upper) of the unique index on the e-mail; "" for none
	complete   bool   // every table that is not optional exists
	migrated   bool   // Migrate would create nothing
	read       time.Time
}

// layouts reads the layout when it is first needed, because the tables may not exist when the
// adapter is made.
type layouts struct {
	db     *database
	tables tables
	query  *catalogueQuery // of all tables, the users' first; nil if the adapter cannot ask the database

	mu     sync.Mutex
	known  *layout // nil if nothing is known
	warned map[*schema.Field]bool
}

// layoutMaxAge is how old the layout may be when a value is left out because of it. The column may
// have been widened since.
const layoutMaxAge = time.Minute

// current returns what is known about the tables, and reads it if it is not known. It returns an
// empty layout if it cannot be read.
func (s *layouts) current(ctx context.Context) *layout { return s.since(ctx, time.Time{}) }

// since is current, but what was read before oldest is read again.
func (s *layouts) since(ctx context.Context, oldest time.Time) *layout {
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	if known != nil && known.complete && !known.read.Before(oldest) {
		return known
	}
	return s.refresh(ctx)
}

// lacks reports whether the database has no such table. A table that was missing is looked for
// again, because somebody may have created it since.
func (s *layouts) lacks(ctx context.Context, t *table) bool {
	return s.current(ctx).missing[t] && s.refresh(ctx).missing[t]
}

// refresh reads the layout, whatever is known. It returns an empty layout if it cannot be read.
func (s *layouts) refresh(ctx context.Context) *layout {
	l, err := s.readLayout(ctx)
	if err != nil { // the statement for which it is read fails too, or works without it
		return &layout{}
	}
	s.mu.Lock()
	s.known = l
	s.mu.Unlock()
	s.warnOfNarrowColumns(ctx, l)
	return l
}

// readLayout asks the database about its tables. On MySQL these are two statements, on others one.
func (s *layouts) readLayout(ctx context.Context) (*layout, error) {
	l := &layout{
		columns: map[*schema.Field]column{}, missing: map[*table]bool{}, complete: true, read: time.Now(),
	}
	if s.query == nil { // nothing is read from SQL Server
		return l, nil
	}
	db := s.db.session(ctx)
	found, err := s.query.read(ctx, s.db, db.Statement.ConnPool)
	if err != nil {
		return nil, err
	}
	for _, table := range s.query.tables {
		columns := found.columns(table)
		l.missing[table] = columns == nil
		l.complete = l.complete && (columns != nil || s.tables.isOptional(table))
		for name, c := range columns {
			if field := table.schema.FieldsByDBName[name]; field != nil {
				l.columns[field] = c
			}
		}
	}
	if !l.complete {
		return l, nil
	}
	l.migrated = found.hasAll(s.query.tables)
	if s.db.dialect == mySQLDialect {
		found.definitions, err = readMySQLDefinitions(db, s.tables.user)
	}
	l.foldsEmail = foldingFunction(found.definitions, s.tables.user.byName["Email"].DBName)
	return l, err
}

// readMySQLDefinitions returns the lines of the SQL by which a table was defined.
func readMySQLDefinitions(db *gorm.DB, t *table) ([]string, error) {
	var name, statement string
	err := db.Raw("SHOW CREATE TABLE ?", clause.Table{Name: t.schema.Table}).Row().Scan(&name, &statement)
	return strings.Split(statement, "\n"), err
}

// foldingFunction returns the SQL function, lower or upper, through which a unique index or a
// generated column makes all spellings of an address the same, or "".
func foldingFunction(definitions []string, column string) string {
	calls := regexp.MustCompile(`(?i)\b(lower|lcase|upper|ucase)\s*\([^)]*\b` + regexp.QuoteMeta(column) + `\b`)
	for _, definition := range definitions {
		call := calls.FindStringSubmatch(definition)
		switch {
		case call == nil, strings.Contains(strings.ToUpper(definition), "CHECK"):
			continue
		case strings.HasPrefix(strings.ToLower(call[1]), "l"):
			return "lower"
		}
		return "upper"
	}
	return ""
}

// warnOfNarrowColumns warns of each column that is narrower than Migrate would make it. Values that
// do not fit into it are left out.
func (s *layouts) warnOfNarrowColumns(ctx context.Context, l *layout) {
	for _, t := range s.tables.inOrder() {
		for _, name := range t.schema.DBNames {
			field := t.schema.FieldsByDBName[name]
			c, known := l.columns[field]
			if known && s.widens(field, c) {
				s.warnOfColumn(ctx, t, field, c)
			}
		}
	}
}

// warnOfColumn warns once that a column is too narrow for some values, with the statement that
// widens it.
func (s *layouts) warnOfColumn(ctx context.Context, t *table, field *schema.Field, c column) {
	s.mu.Lock()
	again := s.warned[field]
	if s.warned == nil {
		s.warned = map[*schema.Field]bool{}
	}
	s.warned[field] = true
	s.mu.Unlock()
	if again {
		return
	}
	holds := "some characters do not fit into it"
	if c.characters > 0 {
		holds = fmt.Sprintf("it holds %d characters", c.characters)
	}
	s.db.warn(ctx, fmt.Sprintf("cardea: column %s of table %s: %s. Longer or other values are left out, or refused "+
		"if the row needs them. To widen it: %s",
		field.DBName, t.schema.Table, holds, s.wideningStatement(t, field, c)))
}

// textSize matches a type of text with its size.
var textSize = regexp.MustCompile(`(?i)^\s*(?:var)?char(?:acter)?(?: varying)?\s*\(\s*(\d+)\s*\)`)

// widens reports whether the type of the entity holds longer texts than the column. On MySQL a
// field without a size may have one all the same: GORM makes it varchar(191) if it has an index or
// a default, and as long as the dialector says if that has a default size.
func (s *layouts) widens(field *schema.Field, c column) bool {
	if c.characters == 0 || field == s.tables.password.byName["Hash"] && c.characters >= passwordHashSize {
		return false // a hash is not longer, whatever the field could hold
	}
	kind := s.db.gorm.Dialector.DataTypeOf(field)
	if m := textSize.FindStringSubmatch(kind); m != nil {
		size, err := strconv.Atoi(m[1])
		return err == nil && size > c.characters
	}
	return field.DataType == schema.String || strings.HasSuffix(strings.ToLower(kind), "text")
}

// wideningStatement returns the statement that gives a column the type of its entity, or a wider
// one if that is not wider.
func (s *layouts) wideningStatement(t *table, field *schema.Field, c column) string {
	stmt := &gorm.Statement{DB: s.db.gorm}
	table, name := stmt.Quote(clause.Table{Name: t.schema.Table}), stmt.Quote(clause.Column{Name: field.DBName})
	kind := s.db.gorm.Dialector.DataTypeOf(field)
	if !s.widens(field, c) {
		kind = s.widest(field)
	}
	if s.db.dialect != mySQLDialect {
		return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s;", table, name, kind)
	}
	null := "NOT NULL"
	if c.nullable {
		null = "NULL"
	}
	collation := "CHARACTER SET utf8mb4"
	if strings.HasPrefix(c.collation, "utf8mb4_") {
		collation = "COLLATE " + c.collation
	}
	return fmt.Sprintf("ALTER TABLE %s MODIFY %s %s %s %s%s;", table, name, kind, collation, null, defaultClause(field))
}

// defaultClause returns the default of a field as it stands in a statement, with a space before it.
// MODIFY removes a default that is not repeated.
func defaultClause(field *schema.Field) string {
	if text, ok := field.DefaultValueInterface.(string); ok {
		return " DEFAULT '" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	if !field.HasDefaultValue || field.DefaultValue == "" || field.DefaultValue == "(-)" {
		return ""
	}
	return " DEFAULT " + field.DefaultValue
}

// widest returns a type of text that holds more than any usual one. On MySQL a column with an index
// or a default cannot have type text; its index has at most 3,072 bytes, four for a character.
func (s *layouts) widest(field *schema.Field) string {
	unsized := *field
	unsized.DataType, unsized.Size = schema.String, 0
	if s.db.dialect == mySQLDialect && strings.HasPrefix(s.db.gorm.Dialector.DataTypeOf(&unsized), "varchar") {
		return "varchar(768)"
	}
	return "text"
}
