package original_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/conformance/internal/node"
)

// script is a sequence of requests that a visitor sends to each of the two servers.
type script struct {
	name string
	run  func(*visitor)
}

// difference is a field of an answer that the two servers do not answer alike.
type difference struct {
	request      string // script and request; in a list of expected differences * stands for any text, here and below
	field        string
	theirs, ours string
	reason       string // a sentence of docs/compatibility.md, or a part of one; in a list only
}

func (d difference) String() string {
	return fmt.Sprintf("%s\n\t%s\n\ttheirs %s\n\tours   %s", d.request, d.field, d.theirs, d.ours)
}

// comparison is scripts for two servers with the same configuration.
type comparison struct {
	name     string
	strategy cardea.Strategy
	pages    *pages
	scripts  []script
}

// compare runs the scripts at both servers. Each difference must be expected, and each expected
// difference must occur.
func compare(t *testing.T, p *node.Process, generation string, list []comparison, expected []difference) {
	t.Helper()
	used := make([]bool, len(expected))
	for _, c := range list {
		both := newPair(t, p, generation, c.strategy, c.pages)
		for _, s := range c.scripts {
			name := c.name + "/" + s.name
			t.Run(name, func(t *testing.T) {
				theirs, ours := both.visit(t, s, false), both.visit(t, s, true)
				if len(theirs) != len(ours) {
					t.Fatalf("%d and %d requests were sent", len(theirs), len(ours))
				}
				for i := range theirs {
					for _, d := range differences(name, theirs[i], ours[i]) {
						n := slices.IndexFunc(expected, d.matches)
						if n < 0 {
							t.Error(d)
							continue
						}
						used[n] = true
					}
				}
			})
		}
	}
	for n, d := range expected {
		if !used[n] {
			t.Errorf("an expected difference did not occur:\n%s", d)
		}
	}
}

func (p *pair) visit(t *testing.T, s script, ours bool) []exchange {
	p.issuer.Misbehave()
	v := &visitor{t: t, pair: p, ours: ours, cookies: map[string]string{}}
	s.run(v)
	return v.record
}

func differences(script string, theirs, ours exchange) []difference {
	request := script + ": " + theirs.request
	if theirs.request != ours.request {
		return []difference{{request: request, field: "request", theirs: theirs.request, ours: ours.request}}
	}
	fields := maps.Clone(theirs.fields)
	maps.Copy(fields, ours.fields)
	var list []difference
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if theirs.fields[field] != ours.fields[field] {
			list = append(list, difference{
				request: request, field: field, theirs: theirs.fields[field], ours: ours.fields[field],
			})
		}
	}
	return list
}

// matches reports whether d is the difference that an entry of a list expects.
func (d difference) matches(entry difference) bool {
	return matchesPattern(entry.request, d.request) && matchesPattern(entry.field, d.field) &&
		matchesPattern(entry.theirs, d.theirs) &&
		matchesPattern(entry.ours, d.ours)
}

// matchesPattern reports whether a text matches a pattern, in which * stands for any text.
func matchesPattern(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		var found bool
		_, text, found = strings.Cut(text, part)
		ok = ok && found
	}
	return ok && strings.HasSuffix(text, parts[len(parts)-1])
}

// The reason of each expected difference is in docs/compatibility.md, word for word.
func TestReasonsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := plain(string(text))
	for _, d := range slices.Concat(differencesV5, differencesV4) {
		if !strings.Contains(documented, plain(d.reason)) || d.reason == "" {
			t.Errorf("%s has no reason in docs/compatibility.md: %q", d.request, d.reason)
		}
	}
}

// plain returns a text without line breaks and without the marks of Markdown.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("`", "", "|", " ", "*", "").Replace(text)), " ")
}
