package language

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cardea-auth/cardea/internal/translation"
)

// Set returns the languages of a configuration. The error lists all faults, joined by
// [errors.Join]; each names its field.
func (c Config) Set() (*Set, error) {
	own, faults := c.ownTexts()
	tags, offerFaults := c.offered(own)
	faults = append(faults, offerFaults...)
	for _, t := range slices.SortedFunc(maps.Keys(own), compareTags) {
		if len(c.Offer) > 0 && !slices.Contains(tags, t) {
			field := fmt.Sprintf("Texts[%q]", t.String())
			faults = append(faults, fmt.Errorf("%s: the language is not in Offer", field))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	set := &Set{}
	for _, t := range tags {
		table := sync.OnceValue(func() map[string]string { return tableOf(t, own) })
		set.offered = append(set.offered, &Texts{tag: t, table: table})
		set.offered[len(set.offered)-1].first = set.offered[0]
	}
	return set, nil
}

func compareTags(a, b tag) int { return strings.Compare(a.String(), b.String()) }

// offered returns the languages in their order.
func (c Config) offered(own map[tag]map[string]string) (tags []tag, faults []error) {
	if len(c.Offer) == 0 {
		for _, name := range translation.Tags() {
			t, _ := parseTag(name)
			tags = append(tags, t)
		}
		for _, t := range slices.SortedFunc(maps.Keys(own), compareTags) {
			if !slices.Contains(tags, t) {
				tags = append(tags, t)
			}
		}
		return tags, nil
	}
	for i, name := range c.Offer {
		field := fmt.Sprintf("Offer[%d]", i)
		t, ok := parseTag(name)
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("%s: want a language tag such as pt-BR, have %q", field, name))
		case slices.Contains(tags, t):
			faults = append(faults, fmt.Errorf("%s: %s is there twice", field, t))
		case own[t] == nil && !translation.IsBuiltIn(t.String()):
			faults = append(faults, fmt.Errorf("%s: there are no texts for %s; want some in Texts, or one of %s",
				field, t, strings.Join(translation.Tags(), ", ")))
		}
		tags = append(tags, t)
	}
	return tags, faults
}

// ownTexts returns the application's texts by their languages.
func (c Config) ownTexts() (own map[tag]map[string]string, faults []error) {
	own = map[tag]map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Texts)) {
		field := fmt.Sprintf("Texts[%q]", name)
		t, ok := parseTag(name)
		if !ok || own[t] != nil {
			faults = append(faults, fmt.Errorf("%s: want a language tag such as pt-BR, each language once", field))
			continue
		}
		own[t] = maps.Clone(c.Texts[name]) // it is read later, and the caller may change theirs
		for _, key := range slices.Sorted(maps.Keys(own[t])) {
			if err := check(key, own[t][key]); err != nil {
				faults = append(faults, fmt.Errorf("%s[%q]: %w", field, key, err))
			}
		}
	}
	return own, faults
}

// check returns what is wrong with a text.
func check(key, text string) error {
	sample, ok := sampleOf(key)
	switch {
	case !ok:
		return errors.New("there is no text with this key")
	case strings.TrimSpace(text) == "":
		return errors.New("is empty")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("want text in one line, without control characters")
	case strings.HasPrefix(key, "date.") && !strings.HasPrefix(key, "date.month."):
		return checkDate(text)
	}
	want, have := placeholders(sample), placeholders(text)
	if isPlural(key) {
		want, have = without(want, "n"), without(have, "n") // "a minute" has no number
	}
	if !slices.Equal(want, have) {
		return fmt.Errorf("want the placeholders %s, have %s", list(want), list(have))
	}
	return nil
}

// sampleOf returns the English text that has the placeholders of a key. A language may have plural
// categories that English has not.
func sampleOf(key string) (string, bool) {
	if sample, ok := english.table()[key]; ok {
		return sample, true
	}
	if !isPlural(key) {
		return "", false
	}
	sample, ok := english.table()[key[:strings.LastIndexByte(key, '.')]+"."+other]
	return sample, ok
}

// isPlural reports whether a key ends with a plural category.
func isPlural(key string) bool {
	return slices.Contains(categories, key[strings.LastIndexByte(key, '.')+1:])
}

// checkDate returns what is wrong with the pattern of a date.
func checkDate(pattern string) error {
	have := placeholders(pattern)
	known := english.dateValues(time.Time{})
	for _, name := range have {
		if _, ok := known[name]; !ok {
			return fmt.Errorf("want the placeholders {d} or {dd}, {m}, {mm} or {month}, {year} and {time}, have {%s}",
				name)
		}
	}
	return nil
}

// placeholders returns the names of the placeholders of a text, sorted.
func placeholders(text string) (names []string) {
	for _, p := range split(text) {
		if p.Placeholder != "" {
			names = append(names, p.Placeholder)
		}
	}
	slices.Sort(names)
	return names
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return n == name })
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return "{" + strings.Join(names, "}, {") + "}"
}

// tableOf returns the texts of a language: English, over it those of the language without its last
// subtags, then its own, and over each the application's.
func tableOf(t tag, own map[tag]map[string]string) map[string]string {
	if len(own) == 0 && translation.IsBuiltIn(t.String()) { // it has all texts
		return translation.Texts(t.String())
	}
	line := []tag{t}
	for at, more := t.parent(); more; at, more = at.parent() {
		line = append(line, at)
	}
	texts := map[string]string{}
	for _, at := range slices.Backward(line) {
		maps.Copy(texts, translation.Texts(at.String()))
		maps.Copy(texts, own[at])
	}
	table := maps.Clone(english.table())
	maps.Copy(table, own[english.tag])
	for key := range texts { // English has no plural forms for a number that this language has words for
		if base, ok := strings.CutSuffix(key, "."+other); ok && t.language != english.tag.language {
			for _, category := range categories {
				delete(table, base+"."+category)
			}
		}
	}
	maps.Copy(table, texts)
	return table
}
