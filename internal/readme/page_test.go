package readme

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
