package cardea_test

import (
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"
)

// No path makes a session but the end of every sign-in, completion.do, and a rotation, which gives
// a session that exists another key. What makes a session, or hands one to the browser, has these
// callers and no others in the root package.
func TestOnlyTheEndOfASignInMakesSessions(t *testing.T) {
	t.Parallel()
	want := map[string][]string{ // by the end of the called expression
		"store.CreateSession": {"databaseSessions.create"},
		"database.create":     {"rotation.replaceRows", "userResolver.writeSession"},
		"r.writeSession":      {"userResolver.writePlan"},
		"r.write":             {"userResolver.store"},
		"r.store":             {"Host.EndSessions", "userResolver.resolve"},
		"users.resolve":       {"completion.do"},
		"jwt.create":          {"completion.startSession"},
		"e.startSession":      {"completion.do"},
		"completion.do":       {"Proof.signIn", "exchange.signIn"},
		"jar.SetSession":      {"exchange.currentSession", "exchange.setSession"},
		"jwt.write":           {"rotation.newToken"},
		"exchange.setSession": {"rotation.finish"},
		"e.setSession":        {"completion.startSession", "sessionEndpoint.answer"},
		"CreateSession":       nil, // of any other receiver, in all packages but the stores
	}
	got := map[string][]string{}
	for _, file := range librarySource(t) {
		isRoot := file.folder() == "."
		isStore := strings.HasPrefix(file.folder(), "adapter") || file.folder() == "memadapter"
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil || isStore {
				continue
			}
			caller := strings.TrimPrefix(receiverName(f)+"."+f.Name.Name, ".")
			ast.Inspect(f.Body, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				name := calleeName(s)
				if s.Sel.Name == "CreateSession" && (name != "store.CreateSession" || !isRoot) {
					name = "CreateSession"
				}
				_, watched := want[name]
				if watched && (isRoot || name == "CreateSession") && !slices.Contains(got[name], caller) {
					got[name] = append(got[name], caller)
				}
				return true
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		slices.Sort(got[name])
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("%s is used by %q, want %q", name, got[name], want[name])
		}
	}
}

// calleeName is the last two names of a selector, such as database.create in
// e.auth.database.create.
func calleeName(s *ast.SelectorExpr) string {
	of := ""
	switch x := s.X.(type) {
	case *ast.Ident:
		of = x.Name
	case *ast.SelectorExpr:
		of = x.Sel.Name
	case *ast.CompositeLit:
		of = exprText(x.Type)
	}
	return of + "." + s.Sel.Name
}
