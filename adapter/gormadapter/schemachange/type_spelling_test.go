package schemachange_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// createPostgresTypes makes the types that the entities of PostgreSQL use, and some of the same
// name.
func createPostgresTypes(t testing.TB, db *gorm.DB) {
	t.Helper()
	mustExec(t, db,
		"CREATE TYPE user_role AS ENUM ('member', 'admin')",
		`CREATE TYPE "Mood" AS ENUM ('Calm', 'Wild')`,
		"CREATE SCHEMA other",
		"CREATE TYPE other.user_role AS ENUM ('guest')",
		"CREATE DOMAIN handle AS text CHECK (length(VALUE) < 20)",
		"CREATE DOMAIN other.handle AS text",
		"CREATE TYPE pair AS (a int, b int)",
		"CREATE TYPE other.pair AS (a int, b int)",
		"CREATE TYPE mood AS ENUM ('calm')",
		"CREATE EXTENSION citext", "CREATE EXTENSION hstore",
	)
}

// However a type is written, check finds nothing after the table was created from the entity, by
// AutoMigrate or by Apply.
func TestSpellingsOfTypes(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		var entity any
		switch d.dialect {
		case "sqlite":
			entity = &liteTypes{}
		case "postgres":
			createPostgresTypes(t, db)
			entity = &postgresTypes{}
		default:
			entity = &mysqlTypes{}
		}
		a := newAdapter(t, db)
		if err := db.AutoMigrate(entity); err != nil {
			t.Fatal(err)
		}
		mustApply(t, a) // the adapter's tables
		expectNoChanges(t, a, entity)
		if err := db.Migrator().DropTable(entity); err != nil {
			t.Fatal(err)
		}
		mustApply(t, a, entity)
		expectNoChanges(t, a, entity)
	})
}

// Types that look alike are still reported as different, each of them.
func TestOtherTypes(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := newAdapter(t, db)
		mustApply(t, a)
		var entity any
		var table string
		switch d.dialect {
		case "sqlite":
			entity, table = &liteOtherTypes{}, `CREATE TABLE lite_other_types (id integer PRIMARY KEY AUTOINCREMENT,
				text int, int text, blob text, real numeric, time integer)`
		case "postgres":
			createPostgresTypes(t, db)
			entity, table = &postgresOtherTypes{}, `CREATE TABLE postgres_other_types (id bigserial PRIMARY KEY,
				enum other.user_role, enum_else user_role, enums other.user_role[], mood mood, domain other.handle,
				citext text, citexts text[], pair other.pair, hstore citext, json jsonb, varchar varchar(30),
				time timestamptz, numeric numeric(6,2), ints int8[])`
		default:
			entity, table = &mysqlOtherTypes{}, "CREATE TABLE mysql_other_types ("+
				"id bigint PRIMARY KEY AUTO_INCREMENT, "+
				"enum enum('a)','c'), enum_case enum('A','b'), enum_null enum('null','x'), `set` set('b','a'), "+
				"`float` float(8,3), `double` float, `unsigned` int, `signed` int unsigned, bool tinyint, "+
				"`decimal` decimal(6,2), `varchar` varchar(30), `time` datetime, "+
				"latin varchar(20) CHARACTER SET utf8mb4, "+
				"utf8 varchar(20) CHARACTER SET utf8mb4, json text)"
		}
		mustExec(t, db, table)
		p, err := schemachange.Diff(t.Context(), a, entity)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := db.Migrator().ColumnTypes(entity)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns[1:] {
			different := regexp.MustCompile(`^column \w+\.` + c.Name() + ` has a different (type|collation): `)
			if !slices.ContainsFunc(p.Differences, different.MatchString) {
				t.Errorf("the other type of column %s is not in %q", c.Name(), p.Differences)
			}
		}
	})
}

// The name of a type means what search_path says, wherever the table is.
func TestTypesAreFoundThroughSearchPath(t *testing.T) {
	t.Parallel()
	d := newPostgres(t)
	db := d.open(t, gorm.Config{})
	createPostgresTypes(t, db)
	a := newAdapter(t, db)
	mustApply(t, a, &postgresElsewhere{})
	expectNoChanges(t, a, &postgresElsewhere{})

	mustExec(t, db, "ALTER DATABASE "+queryValue[string](t, db, "SELECT current_database()")+
		" SET search_path = other, public")
	a = newAdapter(t, d.open(t, gorm.Config{}))
	p, err := schemachange.Diff(t.Context(), a, &postgresElsewhere{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"column elsewhere.role has a different type: public.user_role, want user_role",
		"column elsewhere.roles has a different type: public.user_role[], want user_role[]",
		"column elsewhere.domain has a different type: public.handle, want handle",
	}
	var got []string
	for _, difference := range p.Differences {
		if strings.HasPrefix(difference, "column ") {
			got = append(got, difference)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
