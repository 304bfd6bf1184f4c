package cardea_test

import (
	"go/ast"
	"strings"
	"testing"
)

// A warning or an error that a request has caused says which request it was and from whom it came.
// So each call of WarnContext and ErrorContext with the context of a request has aboutRequest.
func TestLogLinesOfRequestsNameThem(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, file := range librarySource(t) {
		if file.folder() != "." {
			continue
		}
		ast.Inspect(file.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			context, ok := call.Args[0].(*ast.CallExpr)
			if !ok || !strings.HasSuffix(calleeText(context.Fun), "r.Context") {
				return true
			}
			message, ok := call.Args[1].(*ast.BasicLit)
			if !ok || !strings.HasPrefix(message.Value, `"cardea: `) ||
				strings.HasSuffix(calleeText(call.Fun), "LogAttrs") { // at the level info
				return true
			}
			checked++
			for _, arg := range call.Args[2:] {
				if about, ok := arg.(*ast.CallExpr); ok && calleeText(about.Fun) == "aboutRequest" {
					return true
				}
			}
			t.Errorf("%s: logs %s without aboutRequest", file.position(call), message.Value)
			return true
		})
	}
	if checked < 10 {
		t.Errorf("only %d calls found, so the test checks too little", checked)
	}
}

// calleeText returns an expression of names and dots as it is written, and "" for any other.
func calleeText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return calleeText(e.X) + "." + e.Sel.Name
	}
	return ""
}
