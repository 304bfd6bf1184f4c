package schemachange

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// migrationFiles are the files of one numbered migration: one file for goose, two for
// golang-migrate.
type migrationFiles struct{ format, dir, name string }

// migrationFile is one of the files of a migration.
type migrationFile struct{ name, content string }

var migrationName = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)

func newMigrationFiles(format, dir, name string) (*migrationFiles, error) {
	if format != "goose" && format != "migrate" {
		return nil, fmt.Errorf("format %q: want goose or migrate", format)
	}
	if !migrationName.MatchString(name) {
		return nil, fmt.Errorf("name %q: use lower-case letters, digits and underscores", name)
	}
	return &migrationFiles{format, dir, name}, nil
}

// write creates the files and returns their names. The files must not exist yet. If write fails, it
// returns the names of the files that it has created.
func (m *migrationFiles) write(p *Plan) (created []string, err error) {
	if err := os.MkdirAll(m.dir, 0o777); err != nil {
		return nil, err
	}
	number, err := m.nextNumber()
	if err != nil {
		return nil, err
	}
	for _, file := range m.files(number, p) {
		path := filepath.Join(m.dir, file.name)
		if err := createFile(path, file.content); err != nil {
			return created, err
		}
		created = append(created, path)
	}
	return created, nil
}

func (m *migrationFiles) files(number int, p *Plan) []migrationFile {
	if m.format == "goose" {
		return []migrationFile{{fmt.Sprintf("%05d_%s.sql", number, m.name), gooseScript(p)}}
	}
	base := fmt.Sprintf("0%05d_%s", number, m.name)
	return []migrationFile{{base + ".up.sql", p.Script()}, {base + ".down.sql", p.DownScript()}}
}

// nextNumber returns the number that follows the largest one in the folder, or 1 if there is none.
func (m *migrationFiles) nextNumber() (int, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	largest := 0
	for _, entry := range entries {
		digits, _, _ := strings.Cut(entry.Name(), "_")
		if n, err := strconv.Atoi(digits); err == nil && strings.HasSuffix(entry.Name(), ".sql") {
			largest = max(largest, n)
		}
	}
	return largest + 1, nil
}

func createFile(path, content string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	return errors.Join(err, file.Close())
}

// gooseScript returns the statements of both directions with goose's annotations.
func gooseScript(p *Plan) string {
	header := ""
	if p.upOwnTransaction || p.downOwnTransaction {
		header = "-- +goose NO TRANSACTION\n\n"
	}
	return header + gooseSection("Up", p.Script(), p.upOwnTransaction) + "\n" +
		gooseSection("Down", p.DownScript(), p.downOwnTransaction)
}

// gooseSection returns one direction. A script that begins its own transaction is marked as a
// single statement, because without a transaction goose may run each statement on another
// connection.
func gooseSection(name, script string, ownTransaction bool) string {
	if ownTransaction {
		script = "-- +goose StatementBegin\n" + script + "-- +goose StatementEnd\n"
	}
	return "-- +goose " + name + "\n" + script
}
