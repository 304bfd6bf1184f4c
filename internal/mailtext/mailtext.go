// Package mailtext puts the texts of a mail together: what is a line of its own is decided here and
// not in the texts, so that none of them can add a line to a mail.
package mailtext

import "github.com/cardea-auth/cardea/language"

// Compose returns the subject and the body of a mail with a link, as plain text. The texts have the
// key with .subject, .text, .open and .note: what it is about, the sentence before the link, and
// what comes after it. A mail may have no .text and no .note.
func Compose(t *language.Texts, key, url string, values ...string) (subject, body string) {
	say := func(part string) string {
		if text := t.Text(key+part, values...); text != key+part {
			return text
		}
		return ""
	}
	if text := say(".text"); text != "" {
		body = text + "\n\n"
	}
	body += say(".open") + "\n" + url + "\n"
	if note := say(".note"); note != "" {
		body += "\n" + note + "\n"
	}
	return say(".subject"), body
}
