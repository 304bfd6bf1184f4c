package cardea_test

import (
	"go/ast"
	"os"
	"os/exec"
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
	// The same dependency as the root, and no other.
	root, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, jose, _ := strings.Cut(string(root), "require ")
	if !strings.Contains(string(module), "require "+strings.TrimSpace(jose)) {
		t.Errorf("testdata/badge/go.mod requires another version than go.mod: %s", jose)
	}
}

// Sign-in with credentials is written like a feature: it reaches the site through Host alone.
func TestCredentialsUseTheHostAlone(t *testing.T) {
	t.Parallel()
	checked := false
	for _, file := range librarySource(t) {
		if file.path != "endpoint_credentials.go" {
			continue
		}
		checked = true
		ast.Inspect(file.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "exchange" {
					t.Errorf("%s: uses exchange", file.position(n))
				}
			case *ast.SelectorExpr:
				if n.Sel.Name == "auth" {
					t.Errorf("%s: reaches into the site", file.position(n))
				}
			}
			return true
		})
	}
	if !checked {
		t.Error("endpoint_credentials.go was not found")
	}
}
