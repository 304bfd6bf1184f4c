package gormadapter_test

import (
	"os"
	"strings"
	"testing"
)

// The readiness check of docs/deploying.md sees that a table of a sign-in is missing, or a column
// of the users.
func TestReadinessCheckOfTheDocumentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/deploying.md")
	must(t, err)
	source, err := os.ReadFile("example_ready_test.go")
	must(t, err)
	_, code, _ := strings.Cut(string(source), ")\n\n")
	if !strings.Contains(unspaced(string(page)), unspaced(code)) {
		t.Error("docs/deploying.md has other code")
	}
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			db := openOn(t, o).DB()
			rename := func(column, to string) {
				t.Helper()
				must(t, db.Exec("ALTER TABLE "+db.Statement.Quote("user")+" RENAME COLUMN "+column+" TO "+to).Error)
			}
			must(t, ready(t.Context(), openOn(t, o)))
			for _, table := range []string{"user", "account", "session", "verification_token"} {
				must(t, db.Migrator().RenameTable(table, "renamed"))
				if err := ready(t.Context(), openExisting(t, o)); err == nil || !strings.Contains(err.Error(), table) {
					t.Errorf("without table %s: %v", table, err)
				}
				must(t, db.Migrator().RenameTable("renamed", table))
			}
			for _, column := range []string{"name", "email", "email_verified", "image"} {
				rename(column, "renamed")
				if err := ready(t.Context(), openExisting(t, o)); err == nil || !strings.Contains(err.Error(), column) {
					t.Errorf("without column %s: %v", column, err)
				}
				rename("renamed", column)
			}
			must(t, ready(t.Context(), openExisting(t, o)))
		})
	}
}
