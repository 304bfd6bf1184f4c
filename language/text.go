package language

import (
	"strconv"
	"strings"
)

// Part is a part of a text: what is written there, or the name of a placeholder.
type Part struct {
	Text        string // what is written there; "" for a placeholder
	Placeholder string // its name, without the braces; "" for text
}

// Text returns a text with values in the place of its placeholders: names and values in turn. For a
// key that does not exist, it returns the key.
func (t *Texts) Text(key string, values ...string) string {
	return t.fill(t.Parts(key), values)
}

// Count returns a text about a number, in the form that the language has for it: the text of the
// key with the ending of a plural category of CLDR, such as .one or .other. The placeholder is {n}.
func (t *Texts) Count(key string, n int, values ...string) string {
	table := t.orEnglish().table()
	form := key + "." + t.orEnglish().tag.plural()(n)
	if _, ok := table[form]; !ok {
		form = key + "." + other
	}
	parts := t.Parts(form)
	for i, p := range parts {
		if p.Placeholder == "n" {
			parts[i] = Part{Text: strconv.Itoa(n)}
		}
	}
	return t.fill(parts, values)
}

// Parts returns the parts of a text, for a page that marks up its values.
func (t *Texts) Parts(key string) []Part {
	text, ok := t.orEnglish().table()[key]
	if !ok {
		return []Part{{Text: key}}
	}
	return split(text)
}

// fill joins parts. In a text from right to left each value is isolated, so that an address does
// not change the order of the words around it (Unicode Standard Annex #9 § 2.4).
func (t *Texts) fill(parts []Part, values []string) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Placeholder == "" {
			b.WriteString(p.Text)
			continue
		}
		for i := 0; i+1 < len(values); i += 2 {
			if values[i] != p.Placeholder {
				continue
			}
			if t.IsRightToLeft() {
				b.WriteString("\u2068" + values[i+1] + "\u2069")
			} else {
				b.WriteString(values[i+1])
			}
		}
	}
	return b.String()
}

// split returns the parts of a text. What is in braces is a placeholder.
func split(text string) (parts []Part) {
	for text != "" {
		before, rest, ok := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return append(parts, Part{Text: text})
		}
		if before != "" {
			parts = append(parts, Part{Text: before})
		}
		parts = append(parts, Part{Placeholder: name})
		text = after
	}
	return parts
}
