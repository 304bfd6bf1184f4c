package drivers_test

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/drivers"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

func TestByName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]gormadapter.Driver{
		"sqlite":     sqlite.Driver,
		"postgresql": postgresql.Driver,
		"postgres":   postgresql.Driver,
		"mysql":      mysql.Driver,
		"mariadb":    mysql.Driver,
	} {
		if got, err := drivers.ByName(name); got != want || err != nil {
			t.Errorf("%s: got %v and %v", name, got, err)
		}
	}
}

func TestByNameReportsWhatToDoInstead(t *testing.T) {
	t.Parallel()
	supported := `"sqlite", "postgresql" (or "postgres"), "mysql" and "mariadb"`
	for name, want := range map[string][]string{
		"":          {supported, "gormadapter.New"},
		"oracle":    {`"oracle"`, supported, "gormadapter.New"},
		"pgx":       {`"pgx"`, supported, "gormadapter.New"},
		"mssql":     {`"mssql"`, "gorm.io/driver/sqlserver", "gormadapter.New"},
		"sqlserver": {`"sqlserver"`, "gorm.io/driver/sqlserver", "gormadapter.New"},
	} {
		got, err := drivers.ByName(name)
		if got != nil || err == nil {
			t.Errorf("%s: got %v and %v, want an error alone", name, got, err)
			continue
		}
		for _, text := range want {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: no %q in %q", name, text, err)
			}
		}
	}
}

func TestByDSN(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]gormadapter.Driver{
		"postgres://ada:secret@localhost:5432/site": postgresql.Driver,
		"postgresql://localhost/site":               postgresql.Driver,
		"mysql://ada@db1:3306,db2:3306/site":        mysql.Driver,
		"mariadb://ada@localhost/site":              mysql.Driver,
		"./db.sqlite":                               sqlite.Driver,
		":memory:":                                  sqlite.Driver,
	} {
		if got, err := drivers.ByDSN(dsn); got != want || err != nil {
			t.Errorf("%s: got %v and %v", dsn, got, err)
		}
	}
}

// The error for an address has no part of it, which may be a password.
func TestByDSNRefuses(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"": "want a URL that begins with", "host=localhost password=hunter2": "want a URL that begins with",
		"ada:hunter2@tcp(localhost)/site": "want a URL that begins with",
		"ada:hunter2@host://site":         "want a URL that begins with",
		"sqlite://db.sqlite":              "without sqlite://",
		"oracle://ada:hunter2@host/site":  `no driver for "oracle"`,
		"sqlserver://ada:hunter2@host":    "gorm.io/driver/sqlserver",
	} {
		got, err := drivers.ByDSN(dsn)
		if got != nil || err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v and %v, want %q", dsn, got, err, want)
		}
	}
}
