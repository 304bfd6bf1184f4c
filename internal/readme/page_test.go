package readme

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	link   = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	code   = regexp.MustCompile("`[^`]*`")
	goTool = regexp.MustCompile(`\bgo (?:run|test|build|vet|install) (?:-\S+ )*` +
		`(\./[A-Za-z0-9_./-]+|github\.com/cardea-auth/cardea[A-Za-z0-9_./-]*)`)
	heading  = regexp.MustCompile(`^#{1,6} +(.*)$`)
	markdown = regexp.MustCompile("[`*]|\\[([^]]*)\\]\\([^)]*\\)")
)

// prose iterates over the lines of a page outside of its code blocks, with their numbers.
func prose(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		fenced, number := false, 0
		for line := range strings.Lines(text) {
			number++
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
				continue
			}
			if !fenced && !yield(number, strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}

// anchors returns the anchors that GitHub makes of a page's headings.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, line := range prose(text) {
		if m := heading.FindStringSubmatch(line); m != nil {
			name := anchor(m[1])
			for n := 1; found[name]; n++ {
				name = fmt.Sprintf("%s-%d", anchor(m[1]), n)
			}
			found[name] = true
		}
	}
	return found
}

// anchor returns the anchor of a heading that is the first with its text.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, markdown.ReplaceAllString(heading, "$1"))
}

// deadLinks returns an error for each link of a page to a file of the repository, or a heading in
// one, that does not exist. Each error begins with the number of the line.
func deadLinks(name, text string) []error {
	var dead []error
	for number, line := range prose(text) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
			if err := checkLink(name, text, m[1]); err != nil {
				dead = append(dead, fmt.Errorf("%d: %s: %w", number, m[1], err))
			}
		}
	}
	return dead
}

// checkLink returns an error if the target of a link on the page from, with that text, does not
// exist.
func checkLink(from, text, target string) error {
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return nil // other sites are not checked: they may be down for the moment
	}
	path, fragment, has := strings.Cut(target, "#")
	if path != "" {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(from), path))
		if info, dirErr := os.Stat(filepath.Join(filepath.Dir(from), path)); dirErr == nil && info.IsDir() {
			err = nil
		}
		if err != nil {
			return fmt.Errorf("no such file")
		}
		text = string(data)
	}
	if has && !anchors(text)[fragment] {
		return fmt.Errorf("no such heading")
	}
	return nil
}

// missingPackages returns an error for each package that a page passes to the go command and that
// does not exist. A package is a path, relative to the repository's root or to one of dirs, or an
// import path.
func missingPackages(text string, root string, dirs ...string) []error {
	const module = "github.com/cardea-auth/cardea"
	var missing []error
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, m := range goTool.FindAllStringSubmatch(line, -1) {
			pkg := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(m[1], "..."), "."), "/")
			if path, ok := strings.CutPrefix(pkg, module); ok {
				pkg = "." + path
			}
			if !isPackage(root, pkg, dirs) {
				missing = append(missing, fmt.Errorf("%d: %s: no such package", number, m[1]))
			}
		}
	}
	return missing
}

func isPackage(root, pkg string, dirs []string) bool {
	for _, dir := range append([]string{"."}, dirs...) {
		path := filepath.Join(root, dir, pkg)
		if files, _ := filepath.Glob(filepath.Join(path, "*.go")); len(files) > 0 {
			return true
		}
	}
	return false
}

func TestDeadLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "page.md")
	other := "# One\n\n## It's `New`, of [Auth.js](https://authjs.dev)\n\n## One\n\n```sh\n# no heading\n```\n"
	if err := os.WriteFile(filepath.Join(dir, "other.md"), []byte(other), 0o644); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{
		"other.md": "", "other.md#one": "", "other.md#one-1": "", "other.md#its-new-of-authjs": "", "#here": "",
		"./": "", "https://example.com/none": "", "mailto:a@example.com": "",
		"none.md": "3: none.md: no such file", "none.md#one": "3: none.md#one: no such file",
		"other.md#no-heading": "3: other.md#no-heading: no such heading",
		"other.md#One":        "3: other.md#One: no such heading", "#there": "3: #there: no such heading",
	} {
		text := "# Here\n\nSee [it](" + target + "), not `[it](none)`.\n\n```go\nf[0](none)\n```\n"
		got := ""
		for _, err := range deadLinks(page, text) {
			got += err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
}

func TestMissingPackages(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		"go run ./cmd/cardea secret", "`go test ./...`", "go test -race -run X ./internal/readme",
		"go run github.com/cardea-auth/cardea/cmd/cardea", "go run ./quickstart",
		"go run example.com/other", "go run ./cmd/other", "go install github.com/cardea-auth/cardea/other",
		"go build ./docs",
	}, "\n")
	var got []string
	for _, err := range missingPackages(text, root, "examples") {
		got = append(got, err.Error())
	}
	want := []string{
		"7: ./cmd/other: no such package", "8: github.com/cardea-auth/cardea/other: no such package",
		"9: ./docs: no such package",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
