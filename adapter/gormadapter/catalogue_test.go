package gormadapter_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	sqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// An instance that starts asks an up-to-date database as little as possible, because many may start
// at once. Open and Migrate ask for the tables once each. On MariaDB and MySQL each also reads how
// the users' table was defined, and New whether there is a cluster. What the driver sends for each
// connection counts too.
func TestStatementsOfStart(t *testing.T) {
	t.Parallel()
	most := map[string]int{"SQLite": 2, "PostgreSQL": 2, "MariaDB": 8, "MySQL": 8, "PgBouncer": 2}
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			openOn(t, o, embedded()...)
			statements, counted := counting(t, o)
			openOn(t, counted, embedded()...)
			if got := statements.Load(); got == 0 || got > int64(most[e.name]) {
				t.Errorf("got %d statements, want at most %d", got, most[e.name])
			}
		})
	}
}

// counting returns options for the same database that count the statements: on the way to a server,
// and on SQLite in the log.
func counting(t *testing.T, o gormadapter.Options) (*atomic.Int64, gormadapter.Options) {
	t.Helper()
	n := &atomic.Int64{}
	switch kindOf(t, o) {
	case "sqlite":
		o.Debug, o.Logger = true, slog.New(statementCounter{slog.DiscardHandler, n})
	case "postgresql":
		u, err := url.Parse(o.DSN)
		must(t, err)
		p := newProxy(t, u.Host, func(in *bufio.Reader, first bool) ([]byte, bool, error) {
			request, answered, err := postgreSQLRequest(in, first)
			for rest := request; !first && len(rest) >= 5; rest = rest[1+binary.BigEndian.Uint32(rest[1:]):] {
				// Execute, and Query, but not what pgx sends to see whether a connection is alive
				if rest[0] == 'E' || rest[0] == 'Q' && !bytes.Contains(rest, []byte("-- ping")) {
					n.Add(1)
				}
			}
			return request, answered, err
		})
		query := u.Query()
		query.Set("sslmode", "disable")
		u.Host, u.RawQuery = p.listener.Addr().String(), query.Encode()
		o.DSN = u.String()
	default:
		config, err := sqldriver.ParseDSN(o.DSN)
		must(t, err)
		p := newProxy(t, config.Addr, func(in *bufio.Reader, first bool) ([]byte, bool, error) {
			request, answered, err := mySQLRequest(in, first)
			// COM_QUERY, COM_STMT_EXECUTE
			if err == nil && request[3] == 0 && (request[4] == 0x03 || request[4] == 0x17) {
				n.Add(1)
			}
			return request, answered, err
		})
		config.Addr, config.TLSConfig = p.listener.Addr().String(), ""
		o.DSN = config.FormatDSN()
	}
	return n, o
}

// statementCounter counts the log entries of statements.
type statementCounter struct {
	slog.Handler
	n *atomic.Int64
}

func (statementCounter) Enabled(context.Context, slog.Level) bool { return true }

func (c statementCounter) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "sql statement" {
		c.n.Add(1)
	}
	return nil
}

// indexed is a user with indexes of the application.
type indexed struct {
	gormadapter.User
	Plan  *string `gorm:"size:40;index:by_plan_and_seat,priority:1"`
	Seat  *int    `gorm:"index:by_plan_and_seat,priority:2"`
	Phone *string `gorm:"size:40;uniqueIndex"`
}

// schemaVariant is a way to name and extend the tables.
type schemaVariant struct {
	name   string
	naming schema.NamingStrategy
	opts   []gormadapter.Option
}

func schemaVariants() []schemaVariant {
	return []schemaVariant{
		{name: "default"},
		{name: "own entities", opts: embedded()},
		{
			name: "own indexes and prefix", naming: schema.NamingStrategy{TablePrefix: "auth_"},
			opts: []gormadapter.Option{gormadapter.WithUser[indexed]()},
		},
		{name: "camelCase", naming: schema.NamingStrategy{NoLowerCase: true, SingularTable: true}},
	}
}

// Each table, column and index is dropped in turn. Migrate must create it again.
func TestMigrateCreatesWhateverIsMissing(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		variants := schemaVariants()
		if e.name == "MariaDB" || e.name == "MySQL" { // they take long to change a table, see damageEach
			variants = variants[len(variants)-1:]
		}
		for _, v := range variants {
			t.Run(e.name+", "+v.name, func(t *testing.T) {
				t.Parallel()
				db, err := gorm.Open(dialectorOf(t, e.empty(t)), &gorm.Config{
					Logger: logger.Discard, NamingStrategy: v.naming,
				})
				must(t, err)
				pool, err := db.DB()
				must(t, err)
				t.Cleanup(func() { pool.Close() })
				pool.SetMaxOpenConns(1) // for MySQL's foreign_key_checks
				damageEach(t, newOn(t, db, v.opts...))
			})
		}
	}
}

func damageEach(t *testing.T, a *gormadapter.Adapter) {
	db := a.DB()
	dropped := map[string]int{}
	for _, entity := range slices.Backward(a.Entities()) {
		stmt := &gorm.Statement{DB: db}
		must(t, stmt.Parse(entity))
		d := damaged{t, a, db.Migrator(), entity, stmt.Schema}
		for _, index := range stmt.Schema.ParseIndexes() {
			d.dropIndex(index)
			dropped["index"]++
		}
		for _, name := range stmt.Schema.DBNames {
			field := stmt.Schema.FieldsByDBName[name]
			if field.PrimaryKey || d.isMySQL() && !slices.Contains([]string{"Session", "Throttle"}, stmt.Schema.Table) {
				continue
			}
			d.dropColumn(field)
			dropped["column"]++
		}
		d.dropTable()
		dropped["table"]++
	}
	if got := fmt.Sprint(dropped); dropped["table"] != 9 || dropped["index"] < 9 || dropped["column"] < 11 {
		t.Errorf("dropped %s, want all of them", got)
	}
	must(t, a.Migrate(t.Context()))
}

// damaged is a table of which something is dropped.
type damaged struct {
	t      *testing.T
	a      *gormadapter.Adapter
	m      gorm.Migrator
	entity any
	schema *schema.Schema
}

func (d damaged) exec(db *gorm.DB, sql string, vars ...any) {
	d.t.Helper()
	if err := db.Exec(sql, vars...).Error; err != nil {
		d.t.Fatalf("%s %v: %v", sql, vars, err)
	}
}

func (d damaged) migrate(what string) {
	d.t.Helper()
	if err := d.a.Migrate(d.t.Context()); err != nil {
		d.t.Fatalf("%s of %s: %v", what, d.schema.Table, err)
	}
}

func (d damaged) dropIndex(index *schema.Index) {
	db, name := d.a.DB(), clause.Column{Name: index.Name}
	if d.isMySQL() {
		d.dropForeignKeys()
		d.exec(db, "DROP INDEX ? ON ?", name, clause.Table{Name: d.schema.Table})
	} else {
		d.exec(db, "DROP INDEX ?", name)
	}
	d.migrate("index " + index.Name)
	if !d.m.HasIndex(d.entity, index.Name) {
		d.t.Errorf("%s: no index %s", d.schema.Table, index.Name)
	}
}

func (d damaged) dropColumn(field *schema.Field) {
	db, sql := d.a.DB(), "ALTER TABLE ? DROP COLUMN ?"
	switch {
	case d.isMySQL():
		d.dropForeignKeys()
		d.dropIndexes(" ON ?", clause.Table{Name: d.schema.Table})
	case db.Name() == "postgres":
		sql += " CASCADE"
	case d.isConstrained(field):
		return // SQLite drops no such column
	default:
		d.dropIndexes("")
	}
	d.exec(db, sql, clause.Table{Name: d.schema.Table}, clause.Column{Name: field.DBName})
	d.migrate("column " + field.DBName)
	if !d.m.HasColumn(d.entity, field.DBName) {
		d.t.Errorf("%s: no column %s", d.schema.Table, field.DBName)
	}
}

// dropIndexes drops the indexes without which SQLite and MySQL let no column go.
func (d damaged) dropIndexes(sql string, vars ...any) {
	for _, index := range d.schema.ParseIndexes() {
		d.exec(d.a.DB(), "DROP INDEX ?"+sql, append([]any{clause.Column{Name: index.Name}}, vars...)...)
	}
}

func (d damaged) dropTable() {
	sql := "DROP TABLE ?"
	if d.isMySQL() {
		d.exec(d.a.DB(), "SET foreign_key_checks = 0")
	} else if d.a.DB().Name() == "postgres" {
		sql += " CASCADE"
	}
	d.exec(d.a.DB(), sql, clause.Table{Name: d.schema.Table})
	d.migrate("table")
	if !d.m.HasTable(d.entity) {
		d.t.Errorf("no table %s", d.schema.Table)
	}
}

func (d damaged) isMySQL() bool { return d.a.DB().Name() == "mysql" }

// isConstrained reports whether the field is in a foreign key or a check.
func (d damaged) isConstrained(field *schema.Field) bool {
	for _, check := range d.schema.ParseCheckConstraints() {
		if check.Field == field {
			return true
		}
	}
	return slices.ContainsFunc(d.foreignKeys(), func(c *schema.Constraint) bool {
		return slices.Contains(c.ForeignKeys, field)
	})
}

func (d damaged) foreignKeys() (keys []*schema.Constraint) {
	for _, relation := range d.schema.Relationships.Relations {
		if c := relation.ParseConstraint(); c != nil && c.Schema == d.schema {
			keys = append(keys, c)
		}
	}
	return keys
}

// dropForeignKeys drops what MySQL does not let a column or an index go without.
func (d damaged) dropForeignKeys() {
	for _, c := range d.foreignKeys() {
		if d.m.HasConstraint(d.entity, c.Name) {
			d.exec(d.a.DB(), "ALTER TABLE ? DROP FOREIGN KEY ?", clause.Table{Name: d.schema.Table},
				clause.Column{Name: c.Name})
		}
	}
}

// What has the name of a table, but is none, or is in another schema, does not count.
func TestMigrateTakesOnlyOwnTablesForMigrated(t *testing.T) {
	t.Parallel()
	t.Run("view", func(t *testing.T) {
		t.Parallel()
		for _, e := range databases() {
			t.Run(e.name, func(t *testing.T) {
				t.Parallel()
				a := openOn(t, e.empty(t))
				for _, sql := range []string{
					"ALTER TABLE recovery_code RENAME TO kept", "CREATE VIEW recovery_code AS SELECT * FROM kept",
				} {
					must(t, a.DB().Exec(sql).Error)
				}
				if err := a.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "recovery_code") {
					t.Errorf("got %v, want an error about the view", err)
				}
			})
		}
	})
	t.Run("schema", func(t *testing.T) {
		t.Parallel()
		o := postgreSQL(t)
		openOn(t, o)
		must(t, connect(t, dialectorOf(t, o)).Exec("CREATE SCHEMA nearer").Error)
		a := openOn(t, gormadapter.Options{Driver: o.Driver, DSN: o.DSN + "&search_path=nearer,public"})
		var tables int
		must(t, a.DB().Raw("SELECT count(*) FROM pg_tables WHERE schemaname = 'nearer'").Row().Scan(&tables))
		if tables != 9 {
			t.Errorf("got %d tables in the schema that is first in the search path, want 9", tables)
		}
	})
}
