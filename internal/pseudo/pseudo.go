// Package pseudo is a language for tests, in which no text has a Latin letter. What a page or mail
// in it says with Latin letters is a name, an address, or a text that is not translated.
package pseudo

import (
	"html"
	"regexp"
	"strings"

	"github.com/cardea-auth/cardea/language"
)

// Tag is the tag of the language, as Android and CLDR call such a one.
const Tag = "en-XA"

// Config returns languages of a site that has this one alone.
func Config() language.Config {
	texts := language.BuiltIn("en")
	for key, text := range texts {
		texts[key] = Text(text)
	}
	return language.Config{Offer: []string{Tag}, Texts: map[string]map[string]string{Tag: texts}}
}

var latinOrPlaceholder = regexp.MustCompile(`\{[^}]*\}|[A-Za-z]`)

// Text returns an English text in the language: every letter is another one.
func Text(english string) string {
	return latinOrPlaceholder.ReplaceAllStringFunc(english, func(s string) string {
		if strings.HasPrefix(s, "{") {
			return s
		}
		return "ж"
	})
}

// Texts returns the texts of the language.
func Texts() (*language.Texts, error) {
	set, err := Config().Set()
	if err != nil {
		return nil, err
	}
	return set.All()[0], nil
}

var (
	unseen    = regexp.MustCompile(`(?s)<style>.*?</style>|<!doctype html>`)
	attribute = regexp.MustCompile(`\s(?:placeholder|title|alt|aria-label)="([^"]*)"`)
	element   = regexp.MustCompile(`(?s)<[^>]*>`)
	word      = regexp.MustCompile(`[A-Za-z]+`)
)

// Untranslated returns the words of a page or a mail, as HTML or as text, that people see and that
// are in Latin letters, except in the names and addresses that the page is about.
func Untranslated(page string, names ...string) []string {
	page = unseen.ReplaceAllString(page, "")
	var seen strings.Builder
	for _, found := range attribute.FindAllStringSubmatch(page, -1) {
		seen.WriteString(found[1] + "\n")
	}
	seen.WriteString(element.ReplaceAllString(page, "\n"))
	text := html.UnescapeString(seen.String())
	for _, name := range names {
		if name != "" {
			text = strings.ReplaceAll(text, name, " ")
		}
	}
	return word.FindAllString(text, -1)
}
