package cardea_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// When an httptest.Server closes, it closes the idle connections of http.DefaultTransport. A
// request of another test that is about to use one of them then fails with "CloseIdleConnections
// called". So every client of the tests has a transport of its own.
func TestNoClientHasTheDefaultTransport(t *testing.T) {
	t.Parallel()
	shared := []string{"DefaultTransport", "DefaultClient", "Get", "Head", "Post", "PostForm"}
	read := 0
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == "testdata" ||
			name != "." && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		read++
		tokens := token.NewFileSet()
		file, err := parser.ParseFile(tokens, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				// It clones the transport, and the clone has no connections.
				clones := filepath.ToSlash(name) == "internal/oauth2/mtls.go"
				if isName(n.X, "http") && slices.Contains(shared, n.Sel.Name) && !clones {
					t.Errorf("%s: http.%s has the connections of all", tokens.Position(n.Pos()), n.Sel.Name)
				}
			case *ast.CompositeLit:
				if clientWithoutTransport(n) {
					t.Errorf("%s: a client without a Transport has the connections of all", tokens.Position(n.Pos()))
				}
			case *ast.CallExpr:
				if types.ExprString(n) == "new(http.Client)" {
					t.Errorf("%s: a new(http.Client) has the connections of all", tokens.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	})
	if err != nil || read < 300 {
		t.Errorf("%d files read, %v", read, err)
	}
}

// clientWithoutTransport reports whether a literal is an http.Client that uses the default
// transport, or a list or map of clients with one that does.
func clientWithoutTransport(lit *ast.CompositeLit) bool {
	if lit.Type == nil {
		return false
	}
	if kind := strings.TrimLeft(types.ExprString(lit.Type), "[]*"); kind != "http.Client" {
		return false
	}
	literals := []*ast.CompositeLit{lit}
	if _, ok := lit.Type.(*ast.ArrayType); ok {
		literals = nil
		for _, e := range lit.Elts {
			if inner, ok := e.(*ast.CompositeLit); ok && inner.Type == nil {
				literals = append(literals, inner)
			}
		}
	}
	return slices.ContainsFunc(literals, func(c *ast.CompositeLit) bool {
		return !slices.ContainsFunc(c.Elts, func(e ast.Expr) bool {
			pair, ok := e.(*ast.KeyValueExpr)
			return ok && isName(pair.Key, "Transport")
		})
	})
}
