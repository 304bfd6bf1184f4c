package cardea_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// programs are the folders with programs and tests only, which may read the environment and print.
var programs = []string{"cmd", "conformance", "examples", "scripts", "adapter/gormadapter/schemachange/cmd"}

// sourceFile is a file from which applications are built, of any module of this repository.
type sourceFile struct {
	*ast.File
	path   string // below the root, with slashes
	lines  int
	tokens *token.FileSet
}

// position is where a node stands: file, line and column.
func (f sourceFile) position(n ast.Node) token.Position { return f.tokens.Position(n.Pos()) }

// folder is "." for the root package.
func (f sourceFile) folder() string { return path.Dir(f.path) }

// librarySource parses every file from which applications are built.
func librarySource(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (slices.Contains(programs, filepath.ToSlash(name)) || entry.Name() == "testdata" ||
			name != "." && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		tokens := token.NewFileSet()
		file, err := parser.ParseFile(tokens, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, sourceFile{file, filepath.ToSlash(name), tokens.File(file.Pos()).LineCount(), tokens})
		return nil
	})
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files read, %v", len(files), err)
	}
	return files
}

// fiber CVE-2025-66565 and CVE-2025-66630, caddy-security CVE-2024-21495: all random values come
// from crypto/rand, which never fails, and nothing can replace it.
func TestOnlyCryptoRandIsUsed(t *testing.T) {
	t.Parallel()
	used := false
	for _, file := range librarySource(t) {
		for _, spec := range file.Imports {
			switch name := importPath(spec); {
			case name == "crypto/rand":
				used = true
				if spec.Name != nil {
					t.Errorf("%s: crypto/rand has another name", file.path)
				}
			// how long to wait before another try; no secret
			case file.path == "adapter/gormadapter/retry.go" && name == "math/rand/v2":
			case file.path == "adapter/gormadapter/schemachange/apply.go" && name == "math/rand/v2": // the same
			case strings.HasPrefix(name, "math/rand"), strings.HasSuffix(name, "/frand"),
				strings.HasPrefix(name, "golang.org/x/exp/rand"):
				t.Errorf("%s imports %s", file.path, name)
			}
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			// A source of randomness that can be replaced can be weak.
			if assign, ok := n.(*ast.AssignStmt); ok {
				for _, left := range assign.Lhs {
					if s, ok := left.(*ast.SelectorExpr); ok && isName(s.X, "rand") && s.Sel.Name == "Reader" {
						t.Errorf("%s: replaces rand.Reader", file.position(assign))
					}
				}
			}
			return true
		})
	}
	if !used {
		t.Error("no file uses crypto/rand, so nothing was checked")
	}
}

// docs/design.md, decision 16, and next-auth CVE-2022-31186: the library prints nothing, logs only
// through the logger that it is given, runs nothing when it is imported, and reads the environment
// in provider.Env alone.
func TestTheLibraryHasNoSideEffects(t *testing.T) {
	t.Parallel()
	forbidden := map[string][]string{
		"fmt": {"Print", "Printf", "Println"},
		"os":  {"Stdout", "Stderr", "Stdin", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Exit"},
		"log": nil, // everything
		"slog": {
			"Info", "Warn", "Error", "Debug", "InfoContext", "WarnContext", "ErrorContext", "DebugContext",
			"Log", "LogAttrs", "SetDefault", "SetLogLoggerLevel", "With",
		},
		"expvar": nil, // everything
	}
	env := 0
	for _, file := range librarySource(t) {
		ast.Inspect(file.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s: init", file.position(n))
				}
				if file.path == "provider/provider.go" && n.Name.Name == "Env" {
					env++
					return false
				}
			case *ast.CallExpr:
				if isName(n.Fun, "print") || isName(n.Fun, "println") {
					t.Errorf("%s: prints", file.position(n))
				}
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				if !ok || !imports(file.File, pkg.Name) {
					return true
				}
				if names, listed := forbidden[pkg.Name]; listed &&
					(names == nil || slices.Contains(names, n.Sel.Name)) {
					t.Errorf("%s: %s.%s", file.position(n), pkg.Name, n.Sel.Name)
				}
			}
			return true
		})
	}
	if env != 1 {
		t.Errorf("provider.Env was found %d times", env)
	}
}

// imports reports whether name is a package of the standard library in this file, and not a
// variable.
func imports(file *ast.File, name string) bool {
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		p := importPath(spec)
		return spec.Name == nil && (p == name || p == "log/"+name)
	})
}

func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value)
	return p
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
