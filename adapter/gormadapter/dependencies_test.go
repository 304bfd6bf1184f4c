package gormadapter_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// drivers are the modules of all databases.
var drivers = []string{
	"github.com/go-sql-driver/mysql", "github.com/jackc/pgx", "gorm.io/driver/mysql", "gorm.io/driver/postgres",
	"modernc.org/sqlite",
}

// A program contains the driver of its own database and no other.
func TestProgramsLinkOneDriver(t *testing.T) {
	t.Parallel()
	for program, own := range map[string][]string{
		".":                        nil,
		"./testdata/sqliteprogram": {"modernc.org/sqlite"},
		"./sqlite":                 {"modernc.org/sqlite"},
		"./postgresql":             {"github.com/jackc/pgx", "gorm.io/driver/postgres"},
		"./mysql":                  {"github.com/go-sql-driver/mysql", "gorm.io/driver/mysql"},
		"./drivers":                drivers,
	} {
		linked := goOutput(t, ".", "list", "-deps", program)
		for _, driver := range drivers {
			want := strings.Contains(strings.Join(own, " "), driver)
			if got := strings.Contains(linked, "\n"+driver); got != want {
				t.Errorf("%s: links %s: %t, want %t", program, driver, got, want)
			}
		}
	}
}

// What only tests need is not among the modules of an application.
func TestApplicationsNeedNoTestModules(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	must(t, err)
	app := t.TempDir()
	must(t, os.WriteFile(filepath.Join(app, "go.mod"), fmt.Appendf(nil, `module example.com/app

go 1.26.0

require (
	github.com/cardea-auth/cardea v0.0.0
	github.com/cardea-auth/cardea/adapter/gormadapter v0.0.0
)

replace (
	github.com/cardea-auth/cardea => %[1]q
	github.com/cardea-auth/cardea/adapter/gormadapter => %[2]q
)
`, root, filepath.Join(root, "adapter", "gormadapter")), 0o644))
	sums, err := os.ReadFile("go.sum")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(app, "go.sum"), sums, 0o644))
	for _, args := range [][]string{{"list", "-mod=mod", "-m", "all"}, {"mod", "graph"}} {
		modules := goOutput(t, app, args...)
		if !strings.Contains(modules, "modernc.org/sqlite") {
			t.Errorf("go %s does not list the adapter's own modules:\n%s", strings.Join(args, " "), modules)
		}
		for _, module := range []string{
			"github.com/microsoft/go-mssqldb", "gorm.io/driver/sqlserver", "gorm.io/plugin/dbresolver",
		} {
			if strings.Contains(modules, module) {
				t.Errorf("go %s lists %s", strings.Join(args, " "), module)
			}
		}
	}
}

// goOutput runs the go command in a folder, outside the workspace.
func goOutput(t *testing.T, folder string, args ...string) string {
	t.Helper()
	command := exec.Command("go", args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}
