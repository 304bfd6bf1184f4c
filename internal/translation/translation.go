// Package translation has the built-in texts of the pages and mails in all languages, as data: a
// folder of text for each language, and in it a file for each part of the library. Package language
// says what a text looks like.
//
// Every language has the same keys, except that plural forms are those of the language.
package translation

import (
	"embed"
	"encoding/json"
	"io/fs"
	"slices"
	"sync"
)

//go:embed text/*/*.json
var files embed.FS

// tags are the languages in the order in which a site offers them. From English the others are
// made.
var tags = []string{"en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans"}

// Tags returns the tags of the languages, English first.
func Tags() []string { return slices.Clone(tags) }

// tables are the texts by language and key. A language is read when it is first used: all of them
// take more memory than the rest of a small program, and most visitors of a site read one or two.
var tables = func() map[string]func() map[string]string {
	tables := map[string]func() map[string]string{}
	for _, tag := range tags {
		tables[tag] = sync.OnceValue(func() map[string]string { return read(tag) })
	}
	return tables
}()

// read returns the texts of a language by key.
func read(tag string) map[string]string {
	table := map[string]string{}
	names, err := fs.Glob(files, "text/"+tag+"/*.json")
	must(err)
	for _, name := range names {
		content, err := files.ReadFile(name)
		must(err)
		must(json.Unmarshal(content, &table)) // adds the texts of the file
	}
	return table
}

// must panics if a file cannot be read. The files are part of the program, so every test finds such
// a fault.
func must(err error) {
	if err != nil {
		panic("translation: " + err.Error())
	}
}

// IsBuiltIn reports whether there are texts for a language. It reads none.
func IsBuiltIn(tag string) bool { return tables[tag] != nil }

// Texts returns the texts of a language by key, and nil for a language that is not built in. They
// must not be changed.
func Texts(tag string) map[string]string {
	if table := tables[tag]; table != nil {
		return table()
	}
	return nil
}
