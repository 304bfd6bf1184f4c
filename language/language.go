// Package language is the languages of the built-in pages and mails: which ones a site offers, and
// the texts that it replaces or adds.
//
//	auth, err := cardea.New(cardea.Config{
//		…
//		Languages: language.Config{
//			Offer: []string{"en", "de"},
//			Texts: map[string]map[string]string{"de": {"signin.heading": "Willkommen zurück"}},
//		},
//	})
//
// Built in are English (en), German (de), French (fr), Spanish (es), Portuguese of Brazil (pt-BR),
// Japanese (ja) and simplified Chinese (zh-Hans).
//
// Most applications need [Config] and [BuiltIn] alone. Features with pages of their own call [Of].
package language

import (
	"context"
	"maps"
	"slices"

	"github.com/cardea-auth/cardea/internal/translation"
)

// Config says which languages a site has. The zero value offers all built-in languages, English if
// the browser asks for none of them.
type Config struct {
	// Offer are the languages of the site, as tags of BCP 47 such as "en" and "pt-BR". A visitor
	// gets the one that their browser prefers (Accept-Language), and the first one if it wants none
	// of them. One language alone is that of everybody. Defaults to the built-in languages, English
	// first, and those of Texts.
	Offer []string

	// Texts are the application's own texts, by language and key, in place of the built-in ones;
	// see [BuiltIn] for the keys. With a language that is not built in, they add it: a text that is
	// missing there is that of the language without its last subtags, or else English. Defaults to
	// none.
	//
	// A text has the placeholders of the built-in one, such as {site}, and no line breaks. It is
	// text and no HTML: characters such as < are escaped.
	Texts map[string]map[string]string
}

// BuiltIn returns the built-in texts of a language by key, and nil for a language that is not built
// in. The caller may change them.
func BuiltIn(tag string) map[string]string { return maps.Clone(translation.Texts(tag)) }

// Texts are the texts of one language of a site. It never changes. Nil is English with the built-in
// texts.
type Texts struct {
	tag   tag
	table func() map[string]string // reads the texts when it is first called
	first *Texts                   // the first language of the site; nil for the built-in English texts
}

var english = &Texts{
	tag:   tag{language: "en"},
	table: func() map[string]string { return translation.Texts("en") },
}

// Tag returns the tag of the language, such as "pt-BR".
func (t *Texts) Tag() string { return t.orEnglish().tag.String() }

// String returns the tag.
func (t *Texts) String() string { return t.Tag() }

// MarshalText returns the tag.
func (t *Texts) MarshalText() ([]byte, error) { return []byte(t.Tag()), nil }

// IsRightToLeft reports whether the language is written from right to left.
func (t *Texts) IsRightToLeft() bool { return t.orEnglish().tag.isRightToLeft() }

// Also returns the second language of a notice to the owner of an account: the first one of the
// site, and nil if that is t. Whoever causes a notice chooses t by their browser, and may be a
// stranger who wants the owner not to understand it.
func (t *Texts) Also() *Texts {
	if t == nil || t.first == t {
		return nil
	}
	return t.first
}

func (t *Texts) orEnglish() *Texts {
	if t == nil {
		return english
	}
	return t
}

type contextKey struct{}

// With returns a context in which the visitor reads this language. Package cardea calls it for each
// request of a feature, and for its mails; others need it for tests alone.
func With(ctx context.Context, t *Texts) context.Context {
	return context.WithValue(ctx, contextKey{}, t)
}

// Of returns the language of the visitor of a request, and English for any other context. It is
// for handlers of features. The middleware of package cardea does not put a language into the
// context: pages of an application call [Set.Match].
func Of(ctx context.Context) *Texts {
	t, _ := ctx.Value(contextKey{}).(*Texts)
	return t.orEnglish()
}

// Set is the languages of one site. Package cardea makes it for its pages and mails, and
// [Config.Set] for those of the application. It is safe for concurrent use.
type Set struct{ offered []*Texts }

// All returns the languages, the default first.
func (s *Set) All() []*Texts { return slices.Clone(s.offered) }
