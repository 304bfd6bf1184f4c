package schemachange_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// freshPlan uses an adapter on a SQLite database, whatever the dialect.
func freshPlan(t testing.TB, dialect string, opts ...gormadapter.Option) *schemachange.Plan {
	t.Helper()
	a := newAdapter(t, newSQLite(t).open(t, gorm.Config{}), opts...)
	p, err := schemachange.Fresh(dialect, a, &team{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A database that the script created has no difference. The undo statements leave no table.
func TestFresh(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		p := freshPlan(t, d.dialect, gormadapter.WithUser[person]())
		runScript(t, db, p.Script())
		expectNoChanges(t, newAdapter(t, db, gormadapter.WithUser[person]()), &team{})
		runScript(t, db, p.DownScript())
		if tables, err := db.Migrator().GetTables(); err != nil || len(tables) > 0 {
			t.Errorf("after the undo statements: got tables %q and %v, want none", tables, err)
		}
	})
}

func TestFreshWithSchema(t *testing.T) {
	t.Parallel()
	naming := schema.NamingStrategy{TablePrefix: "auth.my_"}
	a := newAdapter(t, newSQLite(t).open(t, gorm.Config{NamingStrategy: naming}))
	for dialect, want := range map[string][]string{
		"postgres": {
			`CREATE SCHEMA IF NOT EXISTS "auth"`,
			`CREATE TABLE "auth"."my_session"`,
			`REFERENCES "auth"."my_user" ("id")`,
		},
		"sqlserver": {
			"IF SCHEMA_ID('auth') IS NULL EXEC('CREATE SCHEMA [auth]')",
			"CREATE TABLE [auth].[my_session]",
			"REFERENCES [auth].[my_user] ([id])",
		},
	} {
		p, err := schemachange.Fresh(dialect, a)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(p.Script(), text) {
				t.Errorf("%s: %q is not in\n%s", dialect, text, p.Script())
			}
		}
	}
}

type arrival struct {
	ID int64
	At time.Time `gorm:"not null;default:CURRENT_TIMESTAMP"`
}

// There is no SQL Server to run this on, so people reviewed the golden file.
func TestFreshSQLServer(t *testing.T) {
	t.Parallel()
	const golden = "testdata/sqlserver.sql"
	a := newAdapter(t, newSQLite(t).open(t, gorm.Config{}), gormadapter.WithUser[person]())
	p, err := schemachange.Fresh("sqlserver", a, &team{}, &arrival{})
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

// deviation is an intended difference between a fresh schema and the one that MikroORM creates for
// the default entities of Auth.js.
type deviation struct {
	dialects []string // as MikroORM names them; nil for all
	objects  []string // keys of definitions
	reason   string
}

var deviations = []deviation{
	{
		nil,
		[]string{"column user.email"},
		"no default: only one user could have '', so the second user without an address could not sign up",
	},
	{
		nil,
		[]string{"foreign key session_user_id_foreign", "foreign key account_user_id_foreign"},
		"on delete cascade, as in the adapter's source; " +
			"MikroORM 6 renamed that option and so leaves the clause out",
	},
	{
		nil,
		[]string{
			"column session.created_at", "column session.auth_time", "column session.seen_at",
			"column session.methods", "column session.level", "column session.ip", "column session.user_agent",
		},
		"what describes a sign-in, which Auth.js does not store; it may be NULL, and a Node server need not know it",
	},
	{
		[]string{"postgresql", "mssql"},
		[]string{"index session_user_id_index", "index account_user_id_index"},
		"present as on the other databases, because deleting a user looks for the user's rows",
	},
	{
		[]string{"postgresql"},
		[]string{
			"unique user_email_unique",
			"unique session_session_token_unique",
			"unique account_provider_provider_account_id_unique",
			"unique verification_token_token_identifier_unique",
		},
		"a unique index, as GORM creates it, instead of a constraint; a live constraint is no difference",
	},
	{
		[]string{"postgresql", "mysql", "mariadb", "mssql"},
		[]string{"column account.refresh_token", "column account.access_token", "column account.scope"},
		"any length, because some providers' values are longer than 255",
	},
	{
		[]string{"postgresql", "mysql", "mariadb", "mssql"},
		[]string{"column user.image", "column account.session_state"},
		"room for pictures of 2,048 bytes and for any session state, because providers have longer ones than 255",
	},
	{
		[]string{"mysql", "mariadb", "mssql"},
		[]string{"column account.id_token"},
		"any length: MySQL's text ends at 64 KB, and SQL Server's text is deprecated",
	},
	{
		[]string{"postgresql", "mysql", "mariadb", "mssql"},
		[]string{"column account.expires_at"},
		"64 bits, because 32 bits end in 2038",
	},
	{
		[]string{"mysql", "mariadb"},
		[]string{
			"column user.email_verified", "column session.expires", "column verification_token.expires",
		},
		"milliseconds, because otherwise a time is rounded when it is stored",
	},
	{
		[]string{"mysql", "mariadb"},
		[]string{
			"collation of user", "collation of session",
			"collation of account", "collation of verification_token",
		},
		"byte by byte, because with the server's default the tokens t1 and T1 are the same",
	},
	{
		[]string{"mssql"},
		[]string{"column verification_token.token"},
		"nvarchar as all other texts, so that no comparison has to convert",
	},
	{
		[]string{"mssql"},
		[]string{
			"unique session_session_token_unique",
			"unique account_provider_provider_account_id_unique",
			"unique verification_token_token_identifier_unique",
		},
		"no condition on columns that are never NULL",
	},
}

// deviationReasons returns the reasons for a dialect, by object.
func deviationReasons(dialect string) map[string]string {
	reasons := make(map[string]string)
	for _, d := range deviations {
		if d.dialects != nil && !slices.Contains(d.dialects, dialect) {
			continue
		}
		for _, object := range d.objects {
			reasons[object] = d.reason
		}
	}
	return reasons
}

// The files of testdata/mikroorm are the output of testdata/node/schema.mjs of gormadapter.
func TestFreshMatchesMikroORM(t *testing.T) {
	t.Parallel()
	for theirs, ours := range map[string]string{
		"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mysql", "mariadb": "mariadb", "mssql": "sqlserver",
	} {
		content, err := os.ReadFile("testdata/mikroorm/" + theirs + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		p, err := schemachange.Fresh(ours, newAdapter(t, newSQLite(t).open(t, gorm.Config{})))
		if err != nil {
			t.Fatal(err)
		}
		want, got := definitions(t, string(content)), definitions(t, p.Script())
		if len(want) < 34 {
			t.Fatalf("%s: got %d definitions, want 34 or more: %q", theirs, len(want), want)
		}
		// MikroORM's adapter has no tables for these.
		maps.DeleteFunc(got, func(object, _ string) bool {
			ours := []string{"authenticator", "throttle", "factor", "recovery_code", "user_password"}
			return slices.ContainsFunc(ours, func(table string) bool { return strings.Contains(object, table) })
		})
		compareDefinitions(t, theirs, got, want)
	}
}

// compareDefinitions fails the test for a difference without a reason, and for a reason without a
// difference.
func compareDefinitions(t testing.TB, dialect string, got, want map[string]string) {
	t.Helper()
	reasons := deviationReasons(dialect)
	all := maps.Clone(want)
	maps.Copy(all, got)
	for _, object := range slices.Sorted(maps.Keys(all)) {
		if same := got[object] == want[object]; same == (reasons[object] != "") {
			t.Errorf("%s: %s: got %q, MikroORM has %q, reason %q",
				dialect, object, got[object], want[object], reasons[object])
		}
		delete(reasons, object)
	}
	for object, reason := range reasons {
		t.Errorf("%s: there is no %s that could differ because: %s", dialect, object, reason)
	}
}
