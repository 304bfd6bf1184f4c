package factor

import (
	"context"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/recovery"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

const (
	cookieCodes   = "codes"
	codesLifetime = 10 * time.Minute

	fewCodes = 2 // with so many or fewer, people are told to make new ones
)

// newCodes are recovery codes that are shown next, once.
type newCodes struct {
	codes []string
	next  string // where the visitor goes afterwards
}

// makeCodes returns new recovery codes, which are not stored yet, and leads the visitor to the page
// that shows them before anything else. The answer in which they are made is a redirect, so that
// nobody makes new ones by reloading a page.
func (f *Feature) makeCodes(ctx context.Context) *newCodes {
	c := &newCodes{recovery.New(), f.host.CallbackURL(ctx)}
	f.host.SetCallbackURL(ctx, f.host.URL(ctx, pathCodes))
	return c
}

// storeCodes replaces the recovery codes of a user, and keeps the new ones in a cookie for the
// page. If the transaction of ctx is undone, the caller clears the cookie.
func (f *Feature) storeCodes(ctx context.Context, userID string, c *newCodes) error {
	hashes := make([]string, len(c.codes))
	for i, code := range c.codes {
		hashes[i], _ = recovery.Hash(code)
	}
	if err := f.store.ReplaceRecoveryCodes(ctx, userID, hashes); err != nil {
		return f.host.StoreError("store the recovery codes", err)
	}
	return f.host.Cookie(ctx, cookieCodes).Set(codesLifetime, oauth.Claims{
		"user": userID, "codes": strings.Join(c.codes, " "), "next": c.next,
	})
}

// renewCodes answers the form of the account page.
func (f *Feature) renewCodes(_ http.ResponseWriter, r *http.Request) error {
	ctx, u := r.Context(), cardea.SessionFrom(r.Context()).User
	f.host.SetCallbackURL(ctx, f.accountURL(ctx, SuccessCodes))
	codes, stored := f.makeCodes(ctx), false
	err := f.host.Transact(ctx, func(ctx context.Context) error {
		has, err := f.factors(ctx, u.ID)
		if stored = len(has) > 0; err != nil || !stored {
			return err
		}
		if err := f.storeCodes(ctx, u.ID, codes); err != nil {
			return err
		}
		return f.notify(ctx, u, Mail{Kind: MailCodes})
	})
	if err != nil {
		f.host.Cookie(ctx, cookieCodes).Clear()
		return err
	}
	if !stored {
		return f.toAccount(ctx, "")
	}
	return f.host.Redirect(ctx, f.host.CallbackURL(ctx))
}

// showCodes shows new recovery codes, once.
func (f *Feature) showCodes(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	cookie := f.host.Cookie(ctx, cookieCodes).Values()
	codes := strings.Fields(cookie.String("codes"))
	if cookie.String("user") != cardea.SessionFrom(ctx).UserID || len(codes) == 0 {
		return f.toAccount(ctx, "")
	}
	f.host.Cookie(ctx, cookieCodes).Clear()
	t := language.Of(ctx)
	return f.host.Page(ctx, feature.Page{
		Title: t.Text("factor.codes.heading"),
		Text:  []string{t.Text("factor.codes.text"), t.Text("factor.codes.advice")},
		HTML:  listOf(t, codes, cookie.String("next")),
	})
}

// listOf shows recovery codes, which are letters, digits and hyphens, and the links below them.
func listOf(t *language.Texts, codes []string, next string) template.HTML {
	var b strings.Builder
	b.WriteString(`<ul class="codes">`)
	for _, code := range codes {
		b.WriteString("<li><code>" + code + "</code></li>")
	}
	file := base64.StdEncoding.EncodeToString([]byte(strings.Join(codes, "\r\n") + "\r\n"))
	b.WriteString(`</ul><p class="lead"><a download="recovery-codes.txt" href="data:text/plain;base64,` + file +
		`">` + template.HTMLEscapeString(t.Text("factor.codes.download")) + `</a></p>`)
	b.WriteString(`<div class="actions"><a class="button primary" href="` + template.HTMLEscapeString(next) +
		`"><span>` + template.HTMLEscapeString(t.Text("factor.codes.next")) + `</span></a></div>`)
	return template.HTML(b.String())
}
