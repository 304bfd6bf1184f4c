package cardea_test

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// notWaysIn are the functions that end in a sign-in and are no way in of their own.
var notWaysIn = map[string]string{
	"exchange.signIn":      "the end of the ways of this package",
	"Host.Resume":          "what it ends was held",
	"mailSignIn.signIn":    "its callers are the ways",
	"factor.Feature.raise": "the visitor is signed in as the user, and gives one more proof",
}

// resumers are the methods whose identities can wait, each with the way that has one.
var resumers = map[string]string{
	"oauthMethod": "oauthMethod.getCallback",
	"wayMethod":   "Host.Complete",
}

// What ends in a sign-in is a row of TestEveryWayInIsHeld, also if it is added later.
func TestEveryWayInHasARow(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{}
	for _, way := range waysIn {
		rows[way.source] = true
	}
	found, resume := map[string]bool{}, map[string]bool{}
	for _, file := range librarySource(t) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			receiver := receiverName(f)
			name := strings.TrimPrefix(receiver+"."+f.Name.Name, ".")
			if file.folder() != "." {
				name = file.Name.Name + "." + name
			} else if f.Name.Name == "resume" && receiver != "" {
				resume[receiver] = true
			}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && endsInSignIn(call, file.folder() == ".", receiver) {
					found[name] = true
				}
				return true
			})
		}
	}
	for name := range found {
		if !rows[name] && notWaysIn[name] == "" {
			t.Errorf("%s ends in a sign-in, and TestEveryWayInIsHeld has no row for it", name)
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(rows)), slices.Collect(maps.Keys(notWaysIn))) {
		if !found[name] {
			t.Errorf("%s does not end in a sign-in any more", name)
		}
	}
	for receiver := range resume {
		if !rows[resumers[receiver]] {
			t.Errorf("the identities of %s can wait, and TestEveryWayInIsHeld has no row for them", receiver)
		}
	}
	for receiver := range resumers {
		if !resume[receiver] {
			t.Errorf("%s has no method resume any more", receiver)
		}
	}
}

// endsInSignIn reports whether a call, in a method of that type, signs a person in.
func endsInSignIn(call *ast.CallExpr, isRoot bool, receiver string) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch name := calleeName(s); {
	case s.Sel.Name == "Complete":
		return len(call.Args) == 2
	case !isRoot:
		return false
	case name == "e.signIn", name == "completion.do":
		return true
	case name == "m.signIn":
		return receiver == "mailSignIn"
	}
	return false
}
