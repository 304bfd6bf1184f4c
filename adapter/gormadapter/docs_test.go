package gormadapter_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/ratelimit"
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

// An error about a missing table ends with an address in the documentation: a page of this
// repository with that heading.
func TestPageOfMissingTablesExists(t *testing.T) {
	t.Parallel()
	name, anchor, _ := strings.Cut(gormadapter.MissingTablePage, "#")
	name, found := strings.CutPrefix(name, "https://github.com/cardea-auth/cardea/blob/main/")
	page, err := os.ReadFile("../../" + name)
	must(t, err)
	heading := regexp.MustCompile(`(?mi)^#+ ` + strings.ReplaceAll(anchor, "-", " ") + `$`)
	if !found || anchor == "" || !heading.Match(page) {
		t.Errorf("%s leads nowhere", gormadapter.MissingTablePage)
	}
}

// Whatever is asked first of a database without tables, on each database, the error says what is
// missing and what to do, and nothing else goes wrong.
func TestMissingTableIsNamedWithItsCure(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, err := gormadapter.Open(e.empty(t))
			must(t, err)
			t.Cleanup(func() { must(t, a.Close()) })
			for name, ask := range map[string]func() error{
				"user":    func() error { _, err := a.UserByEmail(t.Context(), "ann@example.com"); return err },
				"session": func() error { _, err := a.Session(t.Context(), "token"); return err },
				"verification_token": func() error {
					return a.CreateVerificationToken(t.Context(), &cardea.VerificationToken{
						Identifier: "ann@example.com", Token: "t", Expires: expiry,
					})
				},
				"throttle": func() error {
					_, _, err := a.TakeLimit(t.Context(), "key", ratelimit.Rate{Count: 1, Within: time.Minute}, expiry)
					return err
				},
			} {
				err := ask()
				const cure = "call Adapter.Migrate once, run your own migrations, or add Adapter.Entities to them: " +
					gormadapter.MissingTablePage
				if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), cure) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func unspaced(text string) string { return strings.Join(strings.Fields(text), " ") }
