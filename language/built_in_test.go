package language

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/translation"
)

// base returns the key of a text without its plural category, and whether it has one.
func base(key string) (string, bool) {
	if isPlural(key) {
		return key[:strings.LastIndexByte(key, '.')], true
	}
	return key, false
}

// bases returns the keys of a language without plural categories.
func bases(tag string) []string {
	var keys []string
	for key := range translation.Texts(tag) {
		key, _ = base(key)
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func TestEveryTextIsInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, tag := range translation.Tags() {
		if got, want := bases(tag), bases("en"); !slices.Equal(got, want) {
			t.Errorf("%s lacks %q and has %q too much", tag, difference(want, got), difference(got, want))
		}
	}
}

func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(key string) bool { return slices.Contains(b, key) })
}

// Every language has all forms of its plurals, and no others.
func TestEveryPluralHasTheFormsOfItsLanguage(t *testing.T) {
	t.Parallel()
	for _, name := range translation.Tags() {
		at, _ := parseTag(name)
		want := map[string]bool{}
		for n := range 1000 {
			want[at.plural()(n)] = true
		}
		want[at.plural()(1_000_000)] = true
		forms := map[string][]string{}
		for key := range translation.Texts(name) {
			if of, ok := base(key); ok {
				forms[of] = append(forms[of], key[len(of)+1:])
			}
		}
		if len(forms) == 0 {
			t.Errorf("%s: no text about a number was found", name)
		}
		for key, got := range forms {
			slices.Sort(got)
			if want := slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the forms %q, want %q", name, key, got, want)
			}
		}
	}
}

// What is asked of an application's texts holds for the built-in ones: the placeholders are those
// of English.
func TestBuiltInTextsKeepTheRules(t *testing.T) {
	t.Parallel()
	for _, tag := range translation.Tags() {
		c := Config{Offer: []string{tag}, Texts: map[string]map[string]string{tag: BuiltIn(tag)}}
		if _, err := c.Set(); err != nil {
			t.Errorf("%s: %v", tag, err)
		}
	}
}

// sameAsEnglish are texts that are written alike in English and in another language.
var sameAsEnglish = []string{
	", ", "Code", "E-mail", "Error", "Name", "{n} minutes", "April", "August", "September", "November",
}

func TestNoTextWasLeftInEnglish(t *testing.T) {
	t.Parallel()
	for _, tag := range translation.Tags()[1:] {
		for key, text := range translation.Texts(tag) {
			if text == english.table()[key] && !slices.Contains(sameAsEnglish, text) {
				t.Errorf("%s: %s is English: %q", tag, key, text)
			}
		}
	}
}

// Mistakes of typing that a reader would see, and a second form of address.
func TestTextsAreCleanlyTyped(t *testing.T) {
	t.Parallel()
	mistakes := map[string]*regexp.Regexp{
		"":   regexp.MustCompile(`  |^ | $| [,.]|[.,;][A-Za-zÄÖÜäöü]{3}|['"]|\.\.`),
		"de": regexp.MustCompile(`\b(dein|deine|du|dich|dir)\b`),
		// A no-break space comes before the signs.
		"fr":      regexp.MustCompile(` [?!;:»]|« |\b(tu|ton|toi)\b`),
		"es":      regexp.MustCompile(`\b(tu|tú|tus|haz|tienes)\b|^[^¿]*\?`),
		"ja":      regexp.MustCompile(`[,?!;:]|(だ|である)。`),
		"zh-Hans": regexp.MustCompile(`[,?!;:]|你`),
	}
	for _, tag := range translation.Tags() {
		for key, text := range translation.Texts(tag) {
			if strings.HasPrefix(key, "date.") || key == "devices.separator" || strings.Contains(text, "@") {
				continue
			}
			for _, of := range []string{"", tag} {
				if mistake := mistakes[of]; mistake != nil && mistake.MatchString(text) {
					t.Errorf("%s: %s: %q in %q", tag, key, mistake.FindString(text), text)
				}
			}
		}
	}
}
