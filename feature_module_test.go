package cardea_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A feature in a module of its own builds and works, without this repository's workspace.
func TestFeatureOfAnotherModule(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "./...")
	cmd.Dir = "testdata/badge"
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	if output, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(output), "ok  \texample.com/badge") {
		t.Errorf("%v\n%s", err, output)
	}
	module, err := os.ReadFile("testdata/badge/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	// The same dependencies as the root, and no others.
	root, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(module)) {
		if dependency, ok := strings.CutSuffix(strings.TrimSpace(line), " // indirect"); ok {
			dependency = strings.TrimPrefix(dependency, "require ")
			if found++; !strings.Contains(string(root), dependency+"\n") {
				t.Errorf("testdata/badge/go.mod requires %s, and go.mod does not", dependency)
			}
		}
	}
	if found == 0 {
		t.Error("testdata/badge/go.mod has no dependency, so nothing was checked")
	}
}

// providersOnHost are the files of the providers that are written like features, and the types in
// them.
var (
	providersOnHost = []string{"endpoint_credentials.go", "endpoint_email.go", "email_token.go"}
	typesOnHost     = []string{
		"CredentialsProvider", "EmailProvider", "mailSignIn", "mailCodes", "mailRequest", "linkToken",
	}

	// onlyMakeErrors are functions that such a file may call: they know nothing of the site.
	onlyMakeErrors = []string{"fail", "applicationError"}
)

// Sign-in with credentials and sign-in by mail are written like features: they reach the site
// through Host and the other exported names alone, as a package of somebody else would.
func TestProvidersUseTheHostAlone(t *testing.T) {
	t.Parallel()
	own := map[string]bool{} // what the files declare, and methods of their types
	for _, name := range onlyMakeErrors {
		own[name] = true
	}
	for _, file := range librarySource(t) {
		if file.folder() != "." {
			continue
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil && slices.Contains(typesOnHost, receiverName(f)) {
				own[f.Name.Name] = true
			}
		}
	}
	tokens := token.NewFileSet()
	var files []*ast.File
	for _, name := range providersOnHost {
		file, err := parser.ParseFile(tokens, name, nil, 0) // resolves names within the file
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		for name := range file.Scope.Objects {
			own[name] = true
		}
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			own[path[strings.LastIndexByte(path, '/')+1:]] = true
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, name := range f.Names {
						own[name.Name] = true
					}
				}
			}
			return true
		})
	}
	checked := 0
	check := func(name *ast.Ident) {
		checked++
		if !name.IsExported() && !own[name.Name] && types.Universe.Lookup(name.Name) == nil {
			t.Errorf("%s: %s is not for features", tokens.Position(name.Pos()), name.Name)
		}
	}
	for _, file := range files {
		for _, name := range file.Unresolved {
			check(name)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				check(s.Sel)
			}
			return true
		})
	}
	if checked < 200 {
		t.Errorf("%d names checked, want more", checked)
	}
}
