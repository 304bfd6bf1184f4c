package schemachange_test

import (
	"regexp"
	"strings"
	"testing"
)

// Statements and lines of a schema, in lower case and without quotes.
var (
	createTable = regexp.MustCompile(`^create table (\w+) ?\((.*)\)([^)]*)$`)
	createIndex = regexp.MustCompile(`^create (unique )?index (\w+) on (\w+) (\(.*)$`)
	addIndex    = regexp.MustCompile(
		`^(?:alter table \w+ add )?(constraint )?(?:(unique) )?(?:index )?(\w+) ?(?:(unique) )?(\([^)]*\))$`,
	)
	addForeignKey     = regexp.MustCompile(`^(?:alter table \w+ add )?constraint (\w+) foreign key ?(.*)$`)
	primaryKey        = regexp.MustCompile(`^(?:constraint \w+ )?primary key (\(.*\))$`)
	defaultConstraint = regexp.MustCompile(`constraint \w+ default`)
	comment           = regexp.MustCompile(`(?m)^--.*$`)
	whiteSpace        = regexp.MustCompile(`\s+`)
)

// definitions returns the definitions of a script by object, for example of "column user.email" and
// "index session_user_id_index".
func definitions(t testing.TB, script string) map[string]string {
	t.Helper()
	m := make(map[string]string)
	for statement := range strings.SplitSeq(comment.ReplaceAllString(script, ""), ";") {
		statement = normalize(statement)
		if statement == "" {
			continue
		}
		if table := createTable.FindStringSubmatch(statement); table != nil {
			addTable(m, table[1], table[2], table[3])
		} else if !addKeyOrIndex(m, statement) {
			t.Fatalf("statement not understood: %q", statement)
		}
	}
	return m
}

// normalize removes what the dialects only write differently.
func normalize(statement string) string {
	statement = strings.NewReplacer(
		"`", "", `"`, "", "[", "", "]", "", "character varying", "varchar", "integer", "int",
	).Replace(strings.ToLower(statement))
	statement = strings.TrimSpace(whiteSpace.ReplaceAllString(statement, " "))
	statement = strings.NewReplacer("( ", "(", " )", ")", " (", "(").Replace(statement)
	return strings.ReplaceAll(statement, "(", " (")
}

func addTable(m map[string]string, table, body, options string) {
	for _, line := range splitTopLevel(body) {
		if addKeyOrIndex(m, line) {
			continue
		}
		if key := primaryKey.FindStringSubmatch(line); key != nil {
			m["primary key of "+table] = key[1]
			continue
		}
		name, definition, _ := strings.Cut(line, " ")
		m["column "+table+"."+name] = defaultConstraint.ReplaceAllString(definition, "default")
	}
	if _, collation, ok := strings.Cut(options, " collate "); ok {
		m["collation of "+table] = collation
	}
}

// addKeyOrIndex reports whether line defines a foreign key or an index.
func addKeyOrIndex(m map[string]string, line string) bool {
	if i := createIndex.FindStringSubmatch(line); i != nil {
		m[indexKind(i[1] != "")+i[2]] = i[4]
		return true
	}
	if key := addForeignKey.FindStringSubmatch(line); key != nil {
		m["foreign key "+key[1]] = key[2]
		return true
	}
	i := addIndex.FindStringSubmatch(line)
	if i == nil || primaryKey.MatchString(line) {
		return false
	}
	unique := i[2]+i[4] != ""
	if !unique && !strings.Contains(line, "index ") {
		return false
	}
	m[indexKind(unique)+i[3]] = strings.TrimSpace(i[1] + i[5])
	return true
}

func indexKind(unique bool) string {
	if unique {
		return "unique "
	}
	return "index "
}

// splitTopLevel splits a list at the commas that are outside parentheses.
func splitTopLevel(list string) (items []string) {
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
