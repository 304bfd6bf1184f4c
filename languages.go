package cardea

import (
	"context"

	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/language"
)

// languagesOf returns the languages of a site, and the built-in ones if the configuration has a
// fault, which validate reports.
func languagesOf(c *Config) *language.Set {
	set, err := c.Languages.Set()
	if err != nil {
		set, _ = language.Config{}.Set()
	}
	return set
}

// newPages returns the built-in pages of a site with the buttons of its sign-in page.
func newPages(a *Auth, buttons func(*language.Texts) []page.Provider) (*page.Pages, error) {
	return page.New(page.Theme(a.config.Theme), buttons, a.languages, a.config.leadsToHTTP())
}

// languageOf returns the language of the visitor who has sent a request.
func languageOf(e *exchange) *language.Texts {
	return e.auth.languages.Match(e.r.Header["Accept-Language"]...)
}

// languageOfMail returns the language of a mail that is sent because of ctx: that of the request,
// or the first one of the site if there is none.
func languageOfMail(ctx context.Context, h *Host) *language.Texts {
	if requestOf(ctx, h) == nil && backgroundOf(ctx) == nil {
		return h.auth.languages.All()[0]
	}
	return language.Of(ctx)
}
