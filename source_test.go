package cardea_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// programs are the folders that have programs and tests only, which may read the environment and
// print.
var programs = []string{"cmd", "conformance", "examples", "scripts", "adapter/gormadapter/schemachange/cmd"}

// library calls visit for each file that applications are built from.
func library(t *testing.T, visit func(path string, files *token.FileSet, file *ast.File)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (slices.Contains(programs, filepath.ToSlash(path)) || entry.Name() == "testdata" ||
			path != "." && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		visit(filepath.ToSlash(path), files, file)
		return nil
	})
	if err != nil || seen < 50 {
		t.Errorf("%d files read, %v", seen, err)
	}
}

// fiber CVE-2025-66565 and CVE-2025-66630, caddy-security CVE-2024-21495: all random values are of
// crypto/rand, which never fails, and nothing else could stand in for it.
func TestOnlyCryptoRandIsUsed(t *testing.T) {
	t.Parallel()
	used := false
	library(t, func(path string, _ *token.FileSet, file *ast.File) {
		for _, spec := range file.Imports {
			switch name, _ := strconv.Unquote(spec.Path.Value); {
			case name == "crypto/rand":
				used = true
				if spec.Name != nil {
					t.Errorf("%s: crypto/rand has another name", path)
				}
			// how long to wait before another try; no secret
			case path == "adapter/gormadapter/transaction.go" && name == "math/rand/v2":
			case path == "adapter/gormadapter/schemachange/apply.go" && name == "math/rand/v2": // the same
			case strings.HasPrefix(name, "math/rand"), strings.HasSuffix(name, "/frand"),
				strings.HasPrefix(name, "golang.org/x/exp/rand"):
				t.Errorf("%s imports %s", path, name)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			// A source of randomness that can be replaced is one that can be weak.
			if assign, ok := n.(*ast.AssignStmt); ok {
				for _, left := range assign.Lhs {
					if s, ok := left.(*ast.SelectorExpr); ok && isName(s.X, "rand") && s.Sel.Name == "Reader" {
						t.Errorf("%s replaces rand.Reader", path)
					}
				}
			}
			return true
		})
	})
	if !used {
		t.Error("no file uses crypto/rand, so nothing was checked")
	}
}

// design, decision 10, and next-auth CVE-2022-31186: the library prints nothing, logs only through
// the logger it is given, runs nothing when it is imported, and reads the environment in
// provider.Env alone.
func TestTheLibraryHasNoSideEffects(t *testing.T) {
	t.Parallel()
	forbidden := map[string][]string{
		"fmt": {"Print", "Printf", "Println"},
		"os":  {"Stdout", "Stderr", "Stdin", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Exit"},
		"log": nil, // none of it
		"slog": {"Info", "Warn", "Error", "Debug", "InfoContext", "WarnContext", "ErrorContext", "DebugContext", "Log",
			"LogAttrs", "SetDefault",
			"SetLogLoggerLevel", "With"},
		"expvar": nil,
	}
	env := 0
	library(t, func(path string, files *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s: init", files.Position(n.Pos()))
				}
				if path == "provider/provider.go" && n.Name.Name == "Env" {
					env++
					return false
				}
			case *ast.CallExpr:
				if isName(n.Fun, "print") || isName(n.Fun, "println") {
					t.Errorf("%s: prints", files.Position(n.Pos()))
				}
			case *ast.SelectorExpr:
				pkg, ok := n.X.(*ast.Ident)
				if !ok || !imports(file, pkg.Name) {
					return true
				}
				if names, listed := forbidden[pkg.Name]; listed &&
					(names == nil || slices.Contains(names, n.Sel.Name)) {
					t.Errorf("%s: %s.%s", files.Position(n.Pos()), pkg.Name, n.Sel.Name)
				}
			}
			return true
		})
	})
	if env != 1 {
		t.Errorf("provider.Env was met %d times", env)
	}
}

// imports reports whether name is a package of the standard library here, and not a variable.
func imports(file *ast.File, name string) bool {
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool {
		path, _ := strconv.Unquote(spec.Path.Value)
		return spec.Name == nil && (path == name || path == "log/"+name)
	})
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
