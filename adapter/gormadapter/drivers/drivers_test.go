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
