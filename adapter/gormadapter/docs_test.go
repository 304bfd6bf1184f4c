package gormadapter_test

import (
	"os"
	"strings"
	"testing"
)

// The code in docs/entities.md is copied from the examples, which are run.
func TestEntitiesPageShowsTheExamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/entities.md")
	must(t, err)
	examples, err := os.ReadFile("example_entity_test.go")
	must(t, err)
	source := unspaced(string(examples))
	blocks := strings.Split(string(page), "```go\n")[1:]
	if len(blocks) < 5 {
		t.Errorf("got %d blocks of code", len(blocks))
	}
	for _, block := range blocks {
		code, _, _ := strings.Cut(block, "```")
		if !strings.Contains(source, unspaced(code)) {
			t.Errorf("not in an example:\n%s", code)
		}
	}
}

func unspaced(text string) string { return strings.Join(strings.Fields(text), " ") }
