// Package readme tests the Markdown pages of the repository: that their Go code compiles, that
// their links lead to files and headings that exist, and that the packages they name exist. It has
// nothing but tests.
package readme

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// pages returns the Markdown files of the repository, by their absolute names.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	readFiles(t, ".md", func(name, text string) { found[name] = text })
	return found
}

// readFiles reads all files of the repository with that extension.
func readFiles(t *testing.T, extension string, file func(name, text string)) {
	t.Helper()
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata"
		switch {
		case err != nil:
			return err
		case d.IsDir() && hidden && name != top:
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != extension:
			return nil
		}
		text, err := os.ReadFile(name)
		file(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Each code block of Go in README.md and docs
//
//   - is a whole program, which compiles,
//   - or is also in a source file of the repository, apart from white space,
//   - or compiles together with the other such blocks of its page and the file for the page in
//     testdata.
func TestGoCode(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	readFiles(t, ".go", func(_, text string) { sources.WriteString(unspaced(text)) })
	programs, fragments := 0, 0
	for name, text := range pages(t) {
		blocks, err := goBlocks(text)
		if err != nil {
			t.Errorf("%s:%v", name, err)
		}
		var parts []block
		for _, b := range blocks {
			if err := b.format(); err != nil {
				t.Errorf("%s:%v", name, err)
			}
			switch {
			case b.isProgram():
				programs++
				t.Run(fmt.Sprintf("%s line %d", filepath.Base(name), b.line), func(t *testing.T) {
					t.Parallel()
					build(t, fmt.Sprintf("readme-line-%d", b.line),
						fmt.Sprintf("//line %s:%d\n%s", name, b.line, b.code))
				})
			case !strings.Contains(sources.String(), unspaced(b.code)):
				parts = append(parts, b)
			}
		}
		fragments += len(parts)
		if len(parts) > 0 {
			t.Run(filepath.Base(name), func(t *testing.T) {
				t.Parallel()
				build(t, "readme-parts", program(t, name, parts)...)
			})
		}
	}
	if programs < 2 || fragments < 5 {
		t.Errorf("%d programs, %d parts of programs: the quick start is gone, or the fences are no longer ```go",
			programs, fragments)
	}
}

// unspaced returns text in which all white space is a single space.
func unspaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// program returns the files of a program that the blocks of a page are parts of.
func program(t *testing.T, page string, parts []block) []string {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(page), ".md") + ".go"
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatalf("%s: the code on line %d is neither a program nor in a source file; add the rest of its program to "+
			"testdata: %v", page, parts[0].line, err)
	}
	around, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	_, declarations, _ := strings.Cut(string(text), "\n)\n") // behind the imports
	file, err := parser.ParseFile(token.NewFileSet(), name, "package main\n"+declarations, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"package main\n" + importsOf(file, around.Imports) + declarations + "\nfunc main() {}\n"}
	for _, b := range parts {
		source, err := b.source(page, around.Imports)
		if err != nil {
			t.Fatalf("%s:%v", page, err)
		}
		files = append(files, source)
	}
	return files
}

// build compiles a program as a package of the examples module, in the workspace: there it can
// import what any module of the repository requires, also if a test of this module alone runs. It
// does not need the network.
func build(t *testing.T, pkg string, files ...string) {
	t.Helper()
	examples, err := filepath.Abs(filepath.Join(root, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(examples, "go.mod")); err != nil {
		t.Skip("the examples module is not here: this is the root module alone, not the repository")
	}
	chi, err := filepath.Abs("testdata/chi/chi.go")
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	replace := map[string]string{filepath.Join(examples, "readme-chi/chi/chi.go"): chi}
	for i, source := range files {
		name := fmt.Sprintf("part%d.go", i)
		write(t, filepath.Join(dir, name), source)
		replace[filepath.Join(examples, pkg, name)] = filepath.Join(dir, name)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), string(overlay))

	cmd := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", os.DevNull, "./"+pkg)
	cmd.Dir = examples
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(filepath.Dir(examples), "go.work"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go build: %v\n%s", err, out)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for name, text := range pages(t) {
		if err := errors.Join(deadLinks(name, text)...); err != nil {
			t.Errorf("%s:\n%v", name, err)
		}
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	for name, text := range pages(t) {
		if err := errors.Join(missingPackages(text, root, "examples")...); err != nil {
			t.Errorf("%s:\n%v", name, err)
		}
	}
}

// Everything in docs can be found from README.md.
func TestREADMELinksToEachPage(t *testing.T) {
	t.Parallel()
	all := pages(t)
	readme, err := filepath.Abs(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range all {
		page := "docs/" + filepath.Base(name)
		if filepath.Dir(name) == filepath.Join(filepath.Dir(readme), "docs") &&
			!slices.Contains(strings.FieldsFunc(all[readme], func(r rune) bool {
				return strings.ContainsRune("()#", r)
			}), page) {
			t.Errorf("README.md has no link to %s", page)
		}
	}
}

// Each page of docs says at its top who needs it. docs/README.md, the way in, leads to each of
// them.
func TestEachPageSaysWhoNeedsIt(t *testing.T) {
	t.Parallel()
	all := pages(t)
	way, err := filepath.Abs(filepath.Join(root, "docs", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range all {
		page := filepath.Base(name)
		if filepath.Dir(name) != filepath.Dir(way) || name == way {
			continue
		}
		title, rest, _ := strings.Cut(text, "\n\n")
		if !strings.HasPrefix(title, "# ") || !strings.HasPrefix(rest, "This page is for ") {
			t.Errorf("docs/%s: the first paragraph does not say who the page is for", page)
		}
		if !strings.Contains(all[way], "]("+page+")") && !strings.Contains(all[way], "]("+page+"#") {
			t.Errorf("docs/README.md has no link to %s", page)
		}
	}
}
