package schemachange_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// fresh is made with an adapter on another database than the dialect's.
func fresh(t testing.TB, dialect string, opts ...gormadapter.Option) *schemachange.Plan {
	t.Helper()
	p, err := schemachange.Fresh(dialect, adapter(t, newSQLite(t).open(t, gorm.Config{}), opts...), &team{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A database made by the script of Fresh lacks nothing, and its way back leaves nothing.
func TestFresh(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		p := fresh(t, d.dialect, gormadapter.WithUser[person]())
		runScript(t, db, p.Script())
		settled(t, adapter(t, db, gormadapter.WithUser[person]()), &team{})
		runScript(t, db, p.DownScript())
		if tables, err := db.Migrator().GetTables(); err != nil || len(tables) > 0 {
			t.Errorf("got tables %q and %v", tables, err)
		}
	})
}

func TestFreshWithNames(t *testing.T) {
	t.Parallel()
	a := adapter(t, newSQLite(t).open(t, gorm.Config{NamingStrategy: schema.NamingStrategy{TablePrefix: "auth.my_"}}))
	for dialect, want := range map[string][]string{
		"postgres": {
			`CREATE SCHEMA IF NOT EXISTS "auth"`, `CREATE TABLE "auth"."my_session"`,
			`REFERENCES "auth"."my_user" ("id")`,
		},
		"sqlserver": {
			"IF SCHEMA_ID('auth') IS NULL EXEC('CREATE SCHEMA [auth]')", "CREATE TABLE [auth].[my_session]",
			"REFERENCES [auth].[my_user] ([id])",
		},
	} {
		p, err := schemachange.Fresh(dialect, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(p.Script(), text) {
				t.Errorf("%s: no %q in\n%s", dialect, text, p.Script())
			}
		}
	}
}

type arrival struct {
	ID int64
	At time.Time `gorm:"not null;default:CURRENT_TIMESTAMP"`
}

// No SQL Server runs this. The golden file was read by people.
func TestFreshSQLServer(t *testing.T) {
	t.Parallel()
	const golden = "testdata/sqlserver.sql"
	p, err := schemachange.Fresh("sqlserver",
		adapter(t, newSQLite(t).open(t, gorm.Config{}), gormadapter.WithUser[person]()), &team{}, &arrival{})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Script()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant %s (UPDATE_GOLDEN=1 writes it)", got, golden)
	}
}

// corrections are the differences between a fresh schema and the one that MikroORM makes of the
// default entities of Auth.js.
var corrections = []struct{ dialects, facts, reason string }{
	{"all", "column user.email", "no default: '' can be only one user's, so the second without an address could not " +
		"sign up"},
	{"all", "foreign key session_user_id_foreign, foreign key account_user_id_foreign",
		"on delete cascade, as the adapter's source says; MikroORM 6 has another name for that option and leaves it out"},
	{"postgresql mssql", "index session_user_id_index, index account_user_id_index",
		"there as on the other databases: deleting a user looks its rows up"},
	{"postgresql", "unique user_email_unique, unique session_session_token_unique, unique " +
		"account_provider_provider_account_id_unique, " +
		"unique verification_token_token_identifier_unique",
		"a unique index, as GORM makes it, and no constraint; a live one is taken for the same"},
	{"postgresql mysql mariadb mssql", "column account.refresh_token, column account.access_token, column account.scope", "any length: providers have longer ones than 255"},
	{"mysql mariadb mssql", "column account.id_token",
		"any length: text ends at 64 KB, and on SQL Server it is deprecated"},
	{"postgresql mysql mariadb mssql", "column account.expires_at", "64 bits: 32 end in 2038"},
	{"mysql mariadb", "column user.email_verified, column session.expires, column verification_token.expires",
		"milliseconds: without them a time comes back another"},
	{"mysql mariadb", "collation of user, collation of session, collation of account, collation of verification_token",
		"byte by byte: the server's own takes t1 and T1 for one token"},
	{"mssql", "column verification_token.token", "nvarchar like all texts, so that no comparison has to convert"},
	{"mssql", "unique session_session_token_unique, unique account_provider_provider_account_id_unique, unique " +
		"verification_token_token_identifier_unique",
		"no condition on columns that are never NULL"},
}

// The golden files are what testdata/node/schema.mjs of gormadapter prints.
func TestFreshIsMikroORMs(t *testing.T) {
	t.Parallel()
	dialects := map[string]string{
		"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mysql", "mariadb": "mariadb", "mssql": "sqlserver",
	}
	for theirs, ours := range dialects {
		content, err := os.ReadFile("testdata/mikroorm/" + theirs + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		p, err := schemachange.Fresh(ours, adapter(t, newSQLite(t).open(t, gorm.Config{})))
		if err != nil {
			t.Fatal(err)
		}
		want, got := facts(t, string(content)), facts(t, p.Script())
		if len(want) < 34 {
			t.Fatalf("%s: got %d facts: %q", theirs, len(want), want)
		}
		reasons := make(map[string]string)
		for _, c := range corrections {
			if c.dialects == "all" || slices.Contains(strings.Fields(c.dialects), theirs) {
				for fact := range strings.SplitSeq(c.facts, ", ") {
					reasons[fact] = c.reason
				}
			}
		}
		// MikroORM's adapter has no passkeys
		maps.DeleteFunc(got, func(fact, _ string) bool { return strings.Contains(fact, "authenticator") })
		all := maps.Clone(want)
		maps.Copy(all, got)
		for _, fact := range slices.Sorted(maps.Keys(all)) {
			if same := got[fact] == want[fact]; same == (reasons[fact] != "") {
				t.Errorf("%s: %s: got %q, MikroORM has %q, reason %q", theirs, fact, got[fact], want[fact],
					reasons[fact])
			}
			delete(reasons, fact)
		}
		for fact, reason := range reasons {
			t.Errorf("%s: there is no %s that differs because: %s", theirs, fact, reason)
		}
	}
}

// A schema in the words of its statements, without quotes and in small letters.
var (
	createTable = regexp.MustCompile(`^create table (\w+) ?\((.*)\)([^)]*)$`)
	createIndex = regexp.MustCompile(`^create (unique )?index (\w+) on (\w+) (\(.*)$`)
	addIndex    = regexp.MustCompile(
		`^(?:alter table \w+ add )?(constraint )?(?:(unique) )?(?:index )?(\w+) ?(?:(unique) )?(\([^)]*\))$`,
	)
	addForeignKey = regexp.MustCompile(`^(?:alter table \w+ add )?constraint (\w+) foreign key ?(.*)$`)
	primaryKey    = regexp.MustCompile(`^(?:constraint \w+ )?primary key (\(.*\))$`)
)

func facts(t testing.TB, script string) map[string]string {
	t.Helper()
	m := make(map[string]string)
	script = regexp.MustCompile(`(?m)^--.*$`).ReplaceAllString(script, "")
	for statement := range strings.SplitSeq(script, ";") {
		statement = strings.NewReplacer("`", "", `"`, "", "[", "", "]", "", "character varying", "varchar", "integer",
			"int").Replace(strings.ToLower(statement))
		statement = strings.TrimSpace(regexp.MustCompile(`\s+`).ReplaceAllString(statement, " "))
		statement = strings.NewReplacer("( ", "(", " )", ")", " (", "(").Replace(statement)
		statement = strings.ReplaceAll(statement, "(", " (")
		if statement == "" {
			continue
		}
		if table := createTable.FindStringSubmatch(statement); table != nil {
			for _, line := range topLevel(table[2]) {
				if !fact(m, line) {
					name, definition, _ := strings.Cut(primary(m, table[1], line), " ")
					if name != "" {
						definition = regexp.MustCompile(`constraint \w+ default`).ReplaceAllString(definition,
							"default")
						m["column "+table[1]+"."+name] = definition
					}
				}
			}
			if _, collation, ok := strings.Cut(table[3], " collate "); ok {
				m["collation of "+table[1]] = collation
			}
			continue
		}
		if !fact(m, statement) {
			t.Fatalf("what is %q", statement)
		}
	}
	return m
}

// primary keeps a primary key, and returns any other line.
func primary(m map[string]string, table, line string) string {
	if key := primaryKey.FindStringSubmatch(line); key != nil {
		m["primary key of "+table] = key[1]
		return ""
	}
	return line
}

func fact(m map[string]string, line string) bool {
	if i := createIndex.FindStringSubmatch(line); i != nil {
		kind := "index "
		if i[1] != "" {
			kind = "unique "
		}
		m[kind+i[2]] = i[4]
		return true
	}
	if key := addForeignKey.FindStringSubmatch(line); key != nil {
		m["foreign key "+key[1]] = key[2]
		return true
	}
	if i := addIndex.FindStringSubmatch(line); i != nil && !primaryKey.MatchString(line) &&
		(i[2]+i[4] != "" || strings.Contains(line, "index ")) {
		kind := "index "
		if i[2]+i[4] != "" {
			kind = "unique "
		}
		m[kind+i[3]] = strings.TrimSpace(i[1] + i[5])
		return true
	}
	return false
}

// topLevel splits at the commas that are in no parentheses.
func topLevel(list string) (items []string) {
	depth, start := 0, 0
	for i, r := range list + "," {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			items = append(items, strings.TrimSpace(list[start:i]))
			start = i + 1
		}
	}
	return items
}
