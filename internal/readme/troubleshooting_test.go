package readme

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tableRow is a row of docs/troubleshooting.md: what stands in the first cell as code, and the
// second cell.
var tableRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]*) \\|")

// docs/troubleshooting.md has each code that Cardea gives to visitors or writes to the log, and no
// other.
func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, file := range librarySources(t) {
		if filepath.Dir(file.name) == "." {
			collectCodes(file.tree, want)
		}
		collectConstants(file.tree, "Code", want)
	}
	if len(want) < 20 {
		t.Errorf("found only %d codes in the code", len(want))
	}
	codes, _ := troubleshooting(t)
	for code := range want {
		if codes[code] == "" {
			t.Errorf("docs/troubleshooting.md does not explain the code %s", code)
		}
	}
	for code := range codes {
		if !want[code] {
			t.Errorf("docs/troubleshooting.md explains %s, which is no code", code)
		}
	}
}

// collectConstants collects the texts of constants whose names begin with a prefix, such as
// CodeShort of package password.
func collectConstants(tree *ast.File, prefix string, found map[string]bool) {
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Type != nil || len(spec.Values) != len(spec.Names) {
			return true
		}
		for i, name := range spec.Names {
			if text, ok := constantText(spec.Values[i]); ok && strings.HasPrefix(name.Name, prefix) {
				found[text] = true
			}
		}
		return true
	})
}

// docs/pages.md and docs/password-pages.md list each value of the query parameter success, and no
// other.
func TestEverySuccessIsListed(t *testing.T) {
	t.Parallel()
	want := map[string]bool{}
	for _, file := range librarySources(t) {
		collectConstants(file.tree, "Success", want)
	}
	if len(want) < 18 {
		t.Errorf("found only %d values in the code", len(want))
	}
	listed := map[string]bool{}
	for name, heading := range map[string]string{
		"pages.md": "## What was done", "password-pages.md": "## Texts for what was done",
	} {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		_, list, _ := strings.Cut(string(text), heading+"\n")
		list, _, _ = strings.Cut(list, "\n## ")
		for _, row := range tableRow.FindAllStringSubmatch(list, -1) {
			listed[row[1]] = true
		}
	}
	for value := range want {
		if !listed[value] {
			t.Errorf("the documentation does not list %s", value)
		}
	}
	for value := range listed {
		if !want[value] {
			t.Errorf("the documentation lists %s, which is no value", value)
		}
	}
}

// collectCodes collects the constants of type Code, and the values of the struct failure.
func collectCodes(tree *ast.File, found map[string]bool) {
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "Code" {
				text, _ := constantText(n.Values[0])
				found[text] = true
			}
		case *ast.KeyValueExpr: // CodeAccessDenied: {page, "error", "AccessDenied"}
			if value, ok := n.Value.(*ast.CompositeLit); ok && len(value.Elts) == 3 {
				if name, _ := constantText(value.Elts[1]); name == "error" {
					text, _ := constantText(value.Elts[2])
					found[text] = true
				}
			}
		}
		return true
	})
}

// docs/troubleshooting.md has each message that Cardea writes to the log, with its level, and no
// other.
func TestEveryLogMessageIsExplained(t *testing.T) {
	t.Parallel()
	_, rows := troubleshooting(t)
	unused := maps.Clone(rows)
	for _, file := range librarySources(t) {
		ast.Inspect(file.tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			level, message, isLog := logged(call)
			if !isLog {
				return true
			}
			if passesOn[file.name] && strings.Trim(message, "%s") == "" {
				return true
			}
			for row, rowLevel := range rows {
				if text, _, _ := strings.Cut(row, "…"); strings.HasPrefix(message, text) {
					delete(unused, row)
					if !strings.Contains(rowLevel, level) {
						t.Errorf("docs/troubleshooting.md gives %q the level %s, want %s", row, rowLevel, level)
					}
					return true
				}
			}
			t.Errorf("%s: docs/troubleshooting.md does not explain the log message %q", file.name, message)
			return true
		})
	}
	for row := range unused {
		t.Errorf("docs/troubleshooting.md explains %q, which is not logged", row)
	}
}

// passesOn are the files that pass on messages of other files or of GORM.
var passesOn = map[string]bool{
	"adapter/gormadapter/database.go": true, "adapter/gormadapter/log.go": true, "adapter/redisstore/store.go": true,
}

var logMethod = regexp.MustCompile(`^(Debug|Info|Warn|Error|warn)(Context)?$`)

// logged returns the level of a call that logs, and the constant beginning of its message.
func logged(call *ast.CallExpr) (level, message string, isLog bool) {
	name, receiver := "", ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok {
			receiver = x.Name
		}
	case *ast.Ident:
		name = f.Name
	}
	if receiver == "http" || len(call.Args) == 0 {
		return "", "", false
	}
	at := 0 // of the message in the arguments
	m := logMethod.FindStringSubmatch(name)
	switch {
	case name == "level":
		level, at = "WARN or ERROR", 1
	case name == "LogAttrs":
		level, at = "INFO", 2 // the only one that is used
	case m == nil:
		return "", "", false
	case m[2] != "" || m[1] == "warn":
		level, at = strings.ToUpper(m[1]), 1
	default:
		level = strings.ToUpper(m[1])
		if len(call.Args) > 1 && isContext(call.Args[0]) {
			at = 1
		}
	}
	if at >= len(call.Args) {
		return "", "", false
	}
	message, isText := constantText(call.Args[at])
	return level, message, isText || m != nil && m[2] != ""
}

func isContext(e ast.Expr) bool {
	x, ok := e.(*ast.Ident)
	return ok && x.Name == "ctx"
}

// constantText returns the text with which an expression begins: a literal, a sum of them, or the
// format of fmt.Sprintf.
func constantText(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, err := strconv.Unquote(e.Value)
			return text, err == nil
		}
	case *ast.BinaryExpr:
		left, ok := constantText(e.X)
		right, isText := constantText(e.Y)
		if ok && isText {
			return left + right, true
		}
		return left, ok
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" && len(e.Args) > 0 {
			text, ok := constantText(e.Args[0])
			text, _, _ = strings.Cut(text, "%")
			return text, ok
		}
	}
	return "", false
}

// source is a parsed file of the library, with its name in the repository.
type source struct {
	name string
	tree *ast.File
}

// librarySources returns the source files that run in an application.
func librarySources(t *testing.T) []source {
	t.Helper()
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var files []source
	readFiles(t, ".go", func(name, text string) {
		name, err := filepath.Rel(top, name)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(filepath.ToSlash(name), "/")
		if strings.HasSuffix(name, "_test.go") || slices.Contains([]string{
			"adaptertest", "cardeatest", "cmd", "conformance", "examples", "scripts",
		}, first) || strings.Contains(name, "schemachange") {
			return
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, source{filepath.ToSlash(name), tree})
	})
	return files
}

// troubleshooting returns the codes that docs/troubleshooting.md explains, and the log messages
// with their levels.
func troubleshooting(t *testing.T) (codes, messages map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(text), "## What the log says")
	if !found {
		t.Fatal("docs/troubleshooting.md has no heading What the log says")
	}
	return rowsOf(before), rowsOf(after)
}

func rowsOf(text string) map[string]string {
	rows := map[string]string{}
	for _, row := range tableRow.FindAllStringSubmatch(text, -1) {
		rows[row[1]] = row[2]
	}
	return rows
}
