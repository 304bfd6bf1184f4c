package page

import (
	"net/http"

	"github.com/cardea-auth/cardea/language"
)

// span is a piece of a text that the templates mark up. Package html/template escapes what is in
// it.
type span struct {
	Text   string
	Strong bool
	URL    string // of a link; "" for none
}

// strong returns a value of a text that stands out.
func (document) Strong(text string) span { return span{Text: text, Strong: true} }

// Plain returns a value of a text that does not stand out.
func (document) Plain(text string) span { return span{Text: text} }

// LinkTo returns the values of the placeholders {a} and {/a}: what is between them is a link.
func (document) LinkTo(url string) span { return span{URL: url} }

// Language returns the tag of the language.
func (d document) Language() string { return d.texts.Tag() }

// IsRightToLeft is for the layout.
func (d document) IsRightToLeft() bool { return d.texts.IsRightToLeft() }

// Say returns a text without placeholders.
func (d document) Say(key string) string { return d.texts.Text(key) }

// Spans returns a text as pieces: values has the names of the placeholders and their spans in turn.
func (d document) Spans(key string, values ...any) (spans []span) {
	var link string
	for _, p := range d.texts.Parts(key) {
		switch value := valueOf(values, p.Placeholder); {
		case p.Placeholder == "":
			spans = append(spans, span{Text: p.Text, URL: link})
		case p.Placeholder == "a":
			link = value.URL
		case p.Placeholder == "/a":
			link = ""
		default:
			spans = append(spans, value)
		}
	}
	return spans
}

// valueOf returns the span of a placeholder.
func valueOf(values []any, name string) (s span) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			s, _ = values[i+1].(span)
		}
	}
	return s
}

// setLanguage says which language the page has. If there are others, a cache must not show it to
// somebody else (RFC 9110 § 12.5.5).
func (p *Pages) setLanguage(h http.Header) {
	h.Set("Content-Language", p.texts.Tag())
	if len(p.languages) > 1 {
		h.Add("Vary", "Accept-Language")
	}
}

// defaultNames are the names that ways to sign in have by default, which are those of no language.
var defaultNames = map[string]string{"Email": ".email", "Password": ".password", "Credentials": ".credentials"}

// WayText returns the text of a button with the name of a way to sign in, the placeholder {way}. A
// default name has a text of its own, with the ending .email, .password or .credentials.
func WayText(t *language.Texts, key, name string) string {
	return t.Text(key+defaultNames[name], "way", name)
}
