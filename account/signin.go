package account

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// signIns lists the accounts of the person, and links to the sign-in page, where another one can be
// added.
func (f *Feature) signIns(ctx context.Context) (feature.Page, error) {
	t := language.Of(ctx)
	p := feature.Page{Title: t.Text("ways.heading")}
	accounts, err := f.host.Auth().Accounts(ctx, cardea.SessionFrom(ctx).UserID)
	if err != nil {
		return p, f.host.StoreError("read the accounts", err)
	}
	for _, a := range accounts {
		p.Forms = append(p.Forms, feature.Form{
			Path: pathUnlink,
			Text: f.host.Users().WayName(a.Provider) + ": " + a.ProviderAccountID, Button: t.Text("ways.remove"),
			Hidden: map[string]string{"provider": a.Provider, "providerAccountId": a.ProviderAccountID},
		})
	}
	page := f.host.URL(ctx, "signin") + "?callbackUrl=" + url.QueryEscape(f.host.URL(ctx, "account"))
	p.HTML = linkTo(page, t.Text("ways.add"))
	return p, nil
}

// linkTo returns a link as a paragraph.
func linkTo(url, text string) template.HTML {
	return template.HTML(`<p class="lead"><a href="` + template.HTMLEscapeString(url) + `">` +
		template.HTMLEscapeString(text) + `</a></p>`)
}

// unlink removes an account.
func (f *Feature) unlink(_ http.ResponseWriter, r *http.Request) error {
	ctx, own, form := r.Context(), cardea.SessionFrom(r.Context()).User, f.host.Form(r.Context())
	provider, id := form["provider"], form["providerAccountId"]
	err := f.host.Transact(ctx, func(ctx context.Context) error {
		accounts, err := f.host.Auth().Accounts(ctx, own.ID)
		if err != nil {
			return err
		}
		removed := slices.ContainsFunc(accounts, func(a *cardea.Account) bool {
			return a.Provider == provider && a.ProviderAccountID == id
		})
		if err := f.host.Auth().UnlinkAccount(ctx, own.ID, provider, id); err != nil || !removed {
			return err // not removed is another user's, or none
		}
		return f.tellOfWay(ctx, own, MailUnlinked, provider)
	})
	if errors.Is(err, cardea.ErrLastCredential) {
		p, err := f.signIns(ctx)
		if err != nil {
			return err
		}
		return f.refuse(ctx, SectionSignIns, CodeLast, p)
	} else if err != nil {
		return err
	}
	return f.back(ctx, SectionSignIns, SuccessUnlinked)
}
