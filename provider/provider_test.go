package provider_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/provider"
)

// Not parallel, because it sets environment variables.
func TestEnv(t *testing.T) {
	t.Setenv("AUTH_SSO_ID", "an id")
	t.Setenv("AUTH_SSO_SECRET", " kept as it is ")
	t.Setenv("AUTH_SSO_ISSUER", "https://sso.example.com")
	want := provider.Client{ID: "an id", Secret: " kept as it is ", Issuer: "https://sso.example.com"}
	if got := provider.Env("AUTH_SSO"); got != want {
		t.Errorf("Env = %+v, want %+v", got, want)
	}
	if got := provider.Env("AUTH_NOTHING"); got != (provider.Client{}) {
		t.Errorf("Env of nothing = %+v", got)
	}
}

// Callers may change a provider, so each call must return a new one.
func TestConstructorsShareNothing(t *testing.T) {
	t.Parallel()
	first := provider.GitHub(provider.Client{ID: "id"})
	first.Scopes[0], first.ID = "changed", "changed"
	if second := provider.GitHub(provider.Client{ID: "id"}); second.ID != "github" || second.Scopes[0] != "read:user" {
		t.Errorf("a second provider has what was changed in the first: %q, %q", second.ID, second.Scopes)
	}
}

// source returns the exported functions of the package and their files, by name, and the names of
// the examples.
func source(t *testing.T) (functions map[string]*ast.FuncDecl, files map[string]string, examples map[string]bool) {
	t.Helper()
	functions, files, examples = map[string]*ast.FuncDecl{}, map[string]string{}, map[string]bool{}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok || f.Recv != nil:
			case strings.HasPrefix(f.Name.Name, "Example"):
				examples[strings.TrimPrefix(f.Name.Name, "Example")] = true
			case f.Name.IsExported() && !strings.HasSuffix(path, "_test.go"):
				functions[f.Name.Name], files[f.Name.Name] = f, path
			}
		}
	}
	return functions, files, examples
}

func TestEveryConstructorHasAnExample(t *testing.T) {
	t.Parallel()
	functions, _, examples := source(t)
	if len(functions) < 5 {
		t.Fatalf("only %d exported functions found", len(functions))
	}
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if !examples[name] {
			t.Errorf("%s has no Example%s", name, name)
		}
	}
}

// Each provider has a file that is named after it. Its constructor only returns a literal. Its
// options have a type with its name. It has a row in the table of TestSignIn.
func TestShapeOfAProvider(t *testing.T) {
	t.Parallel()
	functions, files, _ := source(t)
	for _, name := range []string{"Env", "OIDC", "OAuth2"} { // the general constructors
		delete(functions, name)
	}
	for name, f := range functions {
		if want := strings.ToLower(name) + ".go"; files[name] != want {
			t.Errorf("%s is in %s, want %s", name, files[name], want)
		}
		if !returnsLiteral(f) {
			t.Errorf("%s does more than to return a literal", name)
		}
		if options := optionsOf(f); options != "" && options != name+"Options" {
			t.Errorf("the options of %s are of type %s, want %sOptions", name, options, name)
		}
		if !slices.ContainsFunc(services, func(s service) bool { return s.name == strings.ToLower(name) }) {
			t.Errorf("%s is not in the table of TestSignIn", name)
		}
	}
}

// optionsOf returns the type of the second parameter, or "" if there is none.
func optionsOf(f *ast.FuncDecl) string {
	if len(f.Type.Params.List) < 2 {
		return ""
	}
	name, _ := f.Type.Params.List[1].Type.(*ast.Ident)
	if name == nil {
		return "without a name"
	}
	return name.Name
}

func returnsLiteral(f *ast.FuncDecl) bool {
	if len(f.Body.List) != 1 {
		return false
	}
	ret, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return false
	}
	address, ok := ret.Results[0].(*ast.UnaryExpr)
	if !ok || address.Op != token.AND {
		return false
	}
	_, ok = address.X.(*ast.CompositeLit)
	return ok
}

// Every file in testdata belongs to a row of the table.
func TestNoStrayFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		ours := func(s service) bool { return name == s.name+".golden" || name == s.name+".json" }
		if name != "README.md" && !slices.ContainsFunc(services, ours) {
			t.Errorf("%s belongs to no provider", path)
		}
	}
}
