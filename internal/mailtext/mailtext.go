// Package mailtext puts the texts of a mail together: what is a line of its own is decided here and
// not in the texts, so that none of them can add a line to a mail.
package mailtext

import (
	"strings"

	"github.com/cardea-auth/cardea/language"
)

// InBoth returns what compose returns in one language and, if also is not nil, in that one too: the
// subjects in one line, and the bodies below each other.
func InBoth(t, also *language.Texts, compose func(t *language.Texts) (subject, body string)) (subject, body string) {
	subject, body = compose(t)
	if also != nil {
		secondSubject, secondBody := compose(also)
		subject, body = subject+" / "+secondSubject, body+"\n* * *\n\n"+secondBody
	}
	return subject, body
}

// Compose returns the subject and the body of a mail, as plain text. The texts have the key with
// .subject, .text, .open and .note: what it is about, the sentence before the link, and what comes
// after it. A mail may lack any of the last three; without .open it has no link.
func Compose(t *language.Texts, key, url string, values ...string) (subject, body string) {
	say := func(part string) string {
		if text := t.Text(key+part, values...); text != key+part {
			return text
		}
		return ""
	}
	var parts []string
	if text := say(".text"); text != "" {
		parts = append(parts, text+"\n")
	}
	if open := say(".open"); open != "" {
		parts = append(parts, open+"\n"+url+"\n")
	}
	if note := say(".note"); note != "" {
		parts = append(parts, note+"\n")
	}
	return say(".subject"), strings.Join(parts, "\n")
}
