package gormadapter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// sessionTable is the session table as the database has it. The columns of signInSpecs may be
// missing there: a Node server has made the table, or an earlier version, and nobody has migrated
// it. Then the adapter does without them.
type sessionTable struct {
	*table                 // without the columns that the database lacks
	checked       []string // those of checkedColumns that there are
	checkedAsText bool     // session reads them with checkedText
	session       *statement
	sessions      *statement
	touch         *statement // nil if there is no column for SeenAt
}

// newSessionTable returns the table without the columns that absent names.
func (c *compiler) newSessionTable(t tables, absent []string) *sessionTable {
	s := &sessionTable{table: t.session.without(absent)}
	token, owner := s.column("SessionToken"), s.column("UserID")
	columns := []clause.Column{token, c.read(s.table, s.byName["Expires"])}
	owned := s.sameKey("UserID", t.user.column("ID"))
	if c.dialect.foldsText() { // the statement compares by the collation, and then find the bytes
		columns, owned = append(columns, owner), clause.Eq{Column: owner, Value: t.user.column("ID")}
	}
	var checked []clause.Column
	for _, name := range checkedColumns {
		if s.byName[name] != nil {
			s.checked = append(s.checked, name)
			checked = append(checked, c.read(s.table, s.byName[name]))
		}
	}
	if len(checked) > 0 && (c.dialect == sqliteDialect || c.dialect == postgreSQLDialect) {
		s.checkedAsText, checked = true, []clause.Column{c.checkedText(s.table)}
	}
	columns = append(columns, checked...)
	if s.replaced { // the application sees the whole row
		columns = c.columns(s.table)
	}
	// Only the collation compares the token here. find then compares the bytes, which is faster.
	byUniqueToken := where(clause.Eq{Column: token, Value: param(0)})
	s.session = c.selectJoined(t.user, columns, join(t.session, owned), byUniqueToken)
	s.session.isBrief = true
	s.sessions = c.selectRows(s.table, where(s.sameKey("UserID", param(0))))
	if s.byName["SeenAt"] != nil {
		s.touch = c.touch(s.table)
	}
	return s
}

// touch sets SeenAt to argument 0, and CreatedAt to argument 1 if it is NULL, of the session with
// the token in argument 2. It changes nothing if SeenAt is later than argument 3.
func (c *compiler) touch(session *table) *statement {
	seen := session.column("SeenAt")
	set := clause.Set{{Column: clause.Column{Name: seen.Name}, Value: param(0)}}
	if session.byName["CreatedAt"] != nil {
		created := clause.Column{Name: session.column("CreatedAt").Name}
		keep := clause.Expr{SQL: "COALESCE(?, ?)", Vars: []any{created, param(1)}}
		set = append(set, clause.Assignment{Column: created, Value: keep})
	}
	due := clause.Expr{SQL: "(? IS NULL OR ? <= ?)", Vars: []any{seen, seen, param(3)}}
	return c.compile(session.schema, clause.Update{}, set, where(c.sameText(session.column("SessionToken"), 2), due))
}

// without returns the table without some of its columns.
func (t *table) without(absent []string) *table {
	if len(absent) == 0 {
		return t
	}
	reduced := *t
	reduced.absent, reduced.fields, reduced.scansDirectly = absent, nil, nil
	for i, field := range t.fields {
		if !slices.Contains(absent, field.DBName) {
			reduced.fields = append(reduced.fields, field)
			reduced.scansDirectly = append(reduced.scansDirectly, t.scansDirectly[i])
		}
	}
	reduced.byName = map[string]*schema.Field{}
	for name, field := range t.byName {
		if !slices.Contains(absent, field.DBName) {
			reduced.byName[name] = field
		}
	}
	return &reduced
}

// sessionReader reads sessions. It asks the database once which columns the table has.
type sessionReader struct {
	db         *database
	tables     tables
	userFields userFields

	complete *sessionTable                // the table with all columns of the entity
	found    atomic.Pointer[sessionTable] // the one that the database has; nil if not known
	asked    atomic.Int64                 // how often the database was asked
}

func newSessionReader(db *database, t tables, complete *sessionTable) *sessionReader {
	r := &sessionReader{db: db, tables: t, userFields: newUserFields(t.user), complete: complete}
	r.forget()
	return r
}

// forget makes the reader ask the database again, unless the entity has no column that the database
// may lack.
func (r *sessionReader) forget() {
	if !slices.ContainsFunc(signInSpecs, func(s fieldSpec) bool { return r.complete.byName[s.name] != nil }) {
		r.found.Store(r.complete)
		return
	}
	r.found.Store(nil)
}

// failed is for the error of a statement on sessions. If it says that a column is missing, the
// reader asks the database again.
func (r *sessionReader) failed(err error) {
	if r.db.errors.isSchemaMissing(err) {
		r.forget()
	}
}

// table returns the session table as the database has it.
func (r *sessionReader) table(ctx context.Context) (*sessionTable, error) {
	if t := r.found.Load(); t != nil {
		return t, nil
	}
	var absent []string
	err := r.db.retry(ctx, func() (err error) {
		absent, err = r.absentColumns(ctx)
		return err
	})
	if err != nil && r.db.errors.isSchemaMissing(err) && r.db.transaction(ctx) == nil {
		return r.complete, nil // there is no table yet, as the caller's statement will say
	}
	if err != nil {
		return nil, r.db.errors.wrap(ctx, "find the columns of the sessions", err)
	}
	t := r.complete
	if len(absent) > 0 {
		c := compiler{db: r.db.gorm, dialect: r.db.dialect}
		t = c.newSessionTable(r.tables, absent)
	}
	r.found.Store(t)
	return t, nil
}

// absentColumns returns the columns of signInSpecs that the entity has and the database lacks.
func (r *sessionReader) absentColumns(ctx context.Context) (absent []string, err error) {
	// Each text is another one: PostgreSQL refuses a prepared statement after a column was added.
	c := compiler{db: r.db.gorm, dialect: r.db.dialect}
	nothing := clause.Expr{SQL: fmt.Sprintf("0 = %d", r.asked.Add(1))}
	s := c.selectColumns(r.tables.session, where(nothing), clause.Column{Name: "*", Raw: true})
	trace := r.db.trace(ctx, s)
	rows, err := unprepared{s.sql, r.db.session(ctx).Statement.ConnPool}.QueryContext(ctx)
	trace(-1, err)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for _, spec := range signInSpecs {
		field := r.complete.byName[spec.name]
		if field != nil && !slices.ContainsFunc(columns, func(name string) bool {
			return strings.EqualFold(name, field.DBName)
		}) {
			absent = append(absent, field.DBName)
		}
	}
	rows.Next() // a server reports some errors only here
	return absent, rows.Err()
}

// foundSession is a session with what is needed to read it, in one piece of memory.
type foundSession struct {
	cardea.Session
	signIn checkedValues
	args   [1]any
	dest   [16]any // has room for the columns of the default user too
}

// find returns the session with that token and its user, or ErrNotFound.
func (r *sessionReader) find(ctx context.Context, token string) (*cardea.Session, error) {
	t, err := r.table(ctx)
	if err != nil {
		return nil, err
	}
	// The compiler inlines rowOf but not newRow, and only then keeps the row on the stack.
	found, user := &foundSession{}, r.tables.user.rowOf(r.tables.user.entity.new())
	s := &found.Session
	found.args[0] = token
	if t.replaced {
		row := t.newRow()
		err = r.db.read(ctx, t.session, found.args[:], nil, row, user)
		s = row.session()
	} else {
		leading := append(found.dest[:0], &s.Token, &s.Expires)
		if r.db.dialect.foldsText() {
			leading = append(leading, &s.UserID)
		}
		err = r.db.read(ctx, t.session, found.args[:], found.signIn.dest(leading, t), user)
		s.Expires = utcMillis(s.Expires)
		found.signIn.describe(s)
	}
	if err == nil {
		s.User = r.userFields.user(ctx, user)
		if !t.replaced && !r.db.dialect.foldsText() {
			s.UserID = s.User.ID
		}
		if s.Token != token || s.UserID != s.User.ID { // equal only by the collation
			err = cardea.ErrNotFound
		}
	}
	if err != nil {
		r.failed(err)
		return nil, r.db.errors.wrap(ctx, "find session", err)
	}
	return s, nil
}
