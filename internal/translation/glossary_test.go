package translation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/translation"
)

// entry is a word of the glossary. A text whose English has Of has Use, and no text has a word of
// Not, each of which says the same and was not chosen.
type entry struct {
	Of  string   // what English says, in lower case
	Use string   // a regular expression for the forms of the word
	Not []string // words; upper and lower case are the same

	use *regexp.Regexp
	not []*regexp.Regexp
}

// glossary returns the chosen words by language. English has its own.
func glossary(t *testing.T) map[string][]entry {
	t.Helper()
	content, err := os.ReadFile("testdata/glossary.json")
	if err != nil {
		t.Fatal(err)
	}
	var words map[string][]entry
	if err := json.Unmarshal(content, &words); err != nil {
		t.Fatal(err)
	}
	for tag, entries := range words {
		for i := range entries {
			entries[i].compile(tag)
		}
	}
	return words
}

// compile makes patterns of the words. Japanese and Chinese have no spaces around words.
func (e *entry) compile(tag string) {
	e.use = regexp.MustCompile(`(?i)` + e.Use)
	before, after := `(?:^|[^\pL-])`, `(?:$|[^\pL-])`
	if tag == "ja" || tag == "zh-Hans" {
		before, after = "", ""
	}
	for _, word := range e.Not {
		e.not = append(e.not, regexp.MustCompile(`(?i)`+before+regexp.QuoteMeta(word)+after))
	}
}

// isOf reports whether the English text of a key is about the word. The plural forms that English
// lacks are those of other.
func (e entry) isOf(key string) bool {
	texts := translation.Texts("en")
	text, ok := texts[key]
	if !ok {
		text = texts[key[:strings.LastIndexByte(key, '.')]+".other"]
	}
	return strings.Contains(strings.ToLower(text), e.Of)
}

// fault returns what is wrong with a text, and "" for nothing.
func (e entry) fault(key, text string) string {
	if e.isOf(key) && !e.use.MatchString(text) {
		return fmt.Sprintf("want %q for %q", e.Use, e.Of)
	}
	for i, not := range e.not {
		if not.MatchString(text) {
			return fmt.Sprintf("want %q instead of %q", e.Use, e.Not[i])
		}
	}
	return ""
}

// One thing has one word in a language, in pages and in mails.
func TestOneThingHasOneWord(t *testing.T) {
	t.Parallel()
	words := glossary(t)
	for _, tag := range translation.Tags() {
		texts := translation.Texts(tag)
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			for _, e := range words[tag] {
				if fault := e.fault(key, texts[key]); fault != "" {
					t.Errorf("%s: %s: %s: %q", tag, key, fault, texts[key])
				}
			}
		}
	}
}

// An entry that finds nothing would stay when its English text has changed.
func TestEveryWordOfTheGlossaryIsChecked(t *testing.T) {
	t.Parallel()
	words := glossary(t)
	for _, tag := range translation.Tags() {
		if len(words[tag]) == 0 {
			t.Errorf("%s has no words", tag)
		}
		texts := translation.Texts(tag)
		for _, e := range words[tag] {
			keys := slices.DeleteFunc(slices.Sorted(maps.Keys(texts)), func(key string) bool { return !e.isOf(key) })
			if len(keys) == 0 {
				t.Errorf("%s: no English text has %q", tag, e.Of)
				continue
			}
			without := e.use.ReplaceAllString(texts[keys[0]], "")
			if tag != "en" && e.fault(keys[0], without) == "" {
				t.Errorf("%s: nobody misses %q in %q", tag, e.Use, without)
			}
			for _, word := range e.Not {
				if e.fault(keys[0], texts[keys[0]]+" "+word) == "" {
					t.Errorf("%s: nobody finds %q", tag, word)
				}
			}
		}
	}
}
