package cardea_test

import (
	"go/ast"
	"strings"
	"testing"
)

// An adapter may be in front of another one, so the stores that it offers are found with
// feature.StoreOf and never with a type assertion, which sees only the outer adapter
// (docs/design.md, decision 77).
func TestStoresAreFoundInsideAdapters(t *testing.T) {
	t.Parallel()
	found := 0
	for _, file := range librarySource(t) {
		ast.Inspect(file.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeAssertExpr:
				if isAdapter(n.X) && n.Type != nil && strings.HasSuffix(exprText(n.Type), "Store") {
					t.Errorf("%s: %s.(%s), want feature.StoreOf", file.position(n), exprText(n.X), exprText(n.Type))
				}
			case *ast.IndexExpr:
				if exprText(n.X) == "feature.StoreOf" {
					found++
				}
			}
			return true
		})
	}
	if found == 0 {
		t.Error("nothing uses feature.StoreOf, so nothing was checked")
	}
}

// isAdapter reports whether an expression is named like an adapter: adapter, Adapter or Adapter().
func isAdapter(e ast.Expr) bool {
	if call, ok := e.(*ast.CallExpr); ok {
		e = call.Fun
	}
	text := exprText(e)
	return strings.HasSuffix(text, "dapter")
}
