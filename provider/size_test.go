package provider_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program signs in with these providers.
const program = `package main

import (
	"os"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/provider"
)

func main() {
	c := provider.Client{ID: os.Args[0]}
	_, err := cardea.New(cardea.Config{Secret: os.Args[0], Providers: []cardea.Provider{%s}})
	println(err.Error())
}
`

// build returns the size of a program's binary, and the functions of package provider in it.
func build(t *testing.T, providers string) (size int64, functions string) {
	t.Helper()
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(source, fmt.Appendf(nil, program, providers), 0o644); err != nil {
		t.Fatal(err)
	}
	const noInlining = "-gcflags=github.com/cardea-auth/cardea/provider=-l" // or there would be no function to be seen
	if out, err := exec.CommandContext(t.Context(), "go", "build", noInlining, "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := exec.CommandContext(t.Context(), "go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(symbols)) {
		if _, name, ok := strings.Cut(line, "cardea/provider."); ok {
			found = append(found, strings.TrimSpace(name))
		}
	}
	return info.Size(), strings.Join(found, "\n")
}

// A program pays for the providers that it names, and for no other: there is no list of them anywhere.
func TestAProgramHasTheProvidersThatItUses(t *testing.T) {
	t.Parallel()
	without, none := build(t, `provider.OIDC("a", "A", c)`)
	with, one := build(t, `provider.OIDC("a", "A", c), provider.GitHub(c)`)
	if grown := with - without; grown > 8<<10 {
		t.Errorf("GitHub makes the program %d bytes larger", grown)
	}
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
	t.Logf("%d bytes, and %d more with GitHub: %q", without, with-without, one)
}
