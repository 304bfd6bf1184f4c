package provider_test

import (
	"debug/elf"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program signs in with these providers.
const program = `package main

import (
	"net/http"
	"os"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/provider"
)

func main() {
	auth, err := cardea.New(cardea.Config{Secret: os.Args[0], Providers: providers(provider.Client{ID: os.Args[0]})})
	println(err, http.ListenAndServe(os.Args[0], auth))
}

func providers(c provider.Client) []cardea.Provider { return []cardea.Provider{%s} }
`

// build compiles a program and returns its path.
func build(t *testing.T, providers string, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, fmt.Appendf(nil, program, providers), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go",
		append(append([]string{"build"}, flags...), "-o", binary, source)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// functionsOf returns the functions of package provider that a program contains, one per line.
func functionsOf(t *testing.T, providers string) string {
	t.Helper()
	const noInlining = "-gcflags=github.com/cardea-auth/cardea/provider=-l" // otherwise the functions would be inlined
	symbols, err := exec.CommandContext(t.Context(), "go", "tool", "nm", build(t, providers, noInlining)).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(symbols)) {
		if _, name, ok := strings.Cut(line, "cardea/provider."); ok {
			found = append(found, strings.TrimSpace(name))
		}
	}
	return strings.Join(found, "\n")
}

// sizeOf returns the number of bytes of code and data in a program. The file is larger, because it
// is padded to whole pages and contains debug information.
func sizeOf(t *testing.T, providers string) int {
	t.Helper()
	file, err := elf.Open(build(t, providers))
	if err != nil {
		t.Skipf("this system's programs are measured by no one: %v", err)
	}
	defer file.Close()
	size := 0
	for _, s := range file.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS {
			size += int(s.Size)
		}
	}
	return size
}

const anyOIDC = `provider.OIDC("a", "A", c)`

// A program contains only the providers that it uses, because the package has no list of all
// providers.
func TestAProgramContainsOnlyTheProvidersThatItUses(t *testing.T) {
	t.Parallel()
	none, one := functionsOf(t, anyOIDC), functionsOf(t, anyOIDC+", provider.GitHub(c)")
	if !strings.Contains(one, "GitHub") {
		t.Errorf("GitHub is not in the program; it has %q", one)
	}
	functions, _, _ := source(t)
	for name := range functions {
		if name != "GitHub" && name != "OIDC" && (strings.Contains(one, name) || strings.Contains(none, name)) {
			t.Errorf("%s is in the program", name)
		}
	}
	if strings.Contains(none, "GitHub") {
		t.Error("GitHub is in the program that does not use it")
	}
}

// A provider adds its literal, its logo and its mapping to a program. Without the logo, these are
// hundreds of bytes for OpenID Connect, and up to a few thousand otherwise.
func TestAProviderIsSmall(t *testing.T) {
	t.Parallel()
	functions, _, _ := source(t)
	var all []string
	for name, f := range functions {
		if call, ok := callOf(name, f); ok {
			all = append(all, call)
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d constructors were found", len(all))
	}
	without := sizeOf(t, anyOIDC)
	for _, x := range []struct {
		name, providers string
		n, most         int
	}{
		{"Google", "provider.Google(c)", 1, 1500},
		{"GitHub", "provider.GitHub(c)", 1, 4500},
		{"each of all", strings.Join(all, ", "), len(all), 3500},
	} {
		adds := (sizeOf(t, anyOIDC+", "+x.providers) - without) / x.n
		if adds < 100 || adds > x.most {
			t.Errorf("%s adds %d bytes to a program, want at most %d", x.name, adds, x.most)
		}
		t.Logf("%s adds %d bytes to a program of %d", x.name, adds, without)
	}
}

// callOf returns the call of a constructor with a Client and the zero value of its options.
func callOf(name string, f *ast.FuncDecl) (call string, ok bool) {
	if len(f.Type.Params.List) == 0 || fmt.Sprint(f.Type.Params.List[0].Type) != "Client" {
		return "", false
	}
	arguments := "c"
	for _, p := range f.Type.Params.List[1:] {
		arguments += fmt.Sprintf(", provider.%s{}", p.Type)
	}
	return fmt.Sprintf("provider.%s(%s)", name, arguments), true
}
