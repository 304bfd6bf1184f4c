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

// migration is a numbered pair of up and down, in one file for goose and in two for golang-migrate.
type migration struct{ format, dir, name string }

var migrationName = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)

func newMigration(format, dir, name string) (*migration, error) {
	if format != "goose" && format != "migrate" {
		return nil, fmt.Errorf("format %q: known are goose and migrate", format)
	}
	if !migrationName.MatchString(name) {
		return nil, fmt.Errorf("name %q: use small letters, digits and underscores", name)
	}
	return &migration{format, dir, name}, nil
}

// write writes the files, none of which may exist, and returns their names.
func (m *migration) write(p *Plan) (names []string, err error) {
	if err := os.MkdirAll(m.dir, 0o777); err != nil {
		return nil, err
	}
	number, err := m.next()
	if err != nil {
		return nil, err
	}
	base := fmt.Sprintf("%05d_%s", number, m.name)
	files := [][2]string{{base + ".sql", goose(p)}}
	if m.format == "migrate" {
		base = "0" + base
		files = [][2]string{{base + ".up.sql", p.Script()}, {base + ".down.sql", p.DownScript()}}
	}
	for _, file := range files {
		name := filepath.Join(m.dir, file[0])
		if err := create(name, file[1]); err != nil {
			return names, err
		}
		names = append(names, name)
	}
	return names, nil
}

// next returns the number after the largest one in the folder.
func (m *migration) next() (int, error) {
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

func create(name, content string) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	return errors.Join(err, file.Close())
}

// goose annotates a script. One that opens a transaction of its own is one statement, because goose
// may run each on another connection.
func goose(p *Plan) string {
	var b strings.Builder
	if p.upApart || p.downApart {
		b.WriteString("-- +goose NO TRANSACTION\n\n")
	}
	section := func(name, script string, apart bool) {
		b.WriteString("-- +goose " + name + "\n")
		if apart {
			script = "-- +goose StatementBegin\n" + script + "-- +goose StatementEnd\n"
		}
		b.WriteString(script)
	}
	section("Up", p.Script(), p.upApart)
	b.WriteString("\n")
	section("Down", p.DownScript(), p.downApart)
	return b.String()
}
