package password

import (
	"context"
	"errors"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// currentPassword is the field for the password that the user has.
func currentPassword(t *language.Texts) feature.Field {
	return feature.Field{
		Name: "current", Label: t.Text("password.current"), Type: "password", Autocomplete: "current-password",
		Required: true,
	}
}

// section is what the account page shows about the password.
func (f *Feature) section(ctx context.Context) (feature.Page, error) {
	u := cardea.SessionFrom(ctx).User
	has, err := f.Has(ctx, u.ID)
	if err != nil {
		return feature.Page{}, f.host.StoreError("read the password", err)
	}
	return f.page(language.Of(ctx), u, has), nil
}

// sectionFault is what the account page says about a code.
func sectionFault(ctx context.Context, code string) string {
	if code == string(cardea.CodeEmailSignIn) { // no form of the section has an address
		return ""
	}
	return faultText(language.Of(ctx), code)
}

// page shows the form to change a password, or the one to set a first one.
func (f *Feature) page(t *language.Texts, u *cardea.User, has bool) feature.Page {
	p := feature.Page{Title: t.Text("password.heading"), Text: []string{f.checker.advice(t)}}
	form := feature.Form{Path: pathSet, Button: t.Text("password.set"), Fields: []feature.Field{newPassword(t)}}
	if has {
		form = feature.Form{
			Path: pathChange, Button: t.Text("password.change"),
			Fields: []feature.Field{currentPassword(t), newPassword(t)},
		}
	}
	form.Username = u.Email
	p.Forms = []feature.Form{form}
	if has {
		p.Forms = append(p.Forms, removal{f}.form(t))
	}
	return p
}

// toAccount leads to the account page.
func toAccount(ctx context.Context, f *Feature, success string) error {
	return f.host.Redirect(ctx, f.host.URL(ctx, "account")+"?success="+success+"#"+featureID)
}

// change answers the form of a user who has a password.
func (f *Feature) change(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u, form := cardea.SessionFrom(ctx).User, f.host.Form(ctx)
	hash, ok, err := f.verify(ctx, u, u.Email, form["current"])
	switch {
	case err != nil:
		return err
	case !ok:
		return refuseChange(f, r, true, CodeWrong)
	case form["current"] == form["password"]:
		return refuseChange(f, r, true, CodeSame)
	}
	return f.give(r, u, hash, form["password"])
}

// set answers the form of a user who has no password, and has signed in a short time ago.
func (f *Feature) set(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u := cardea.SessionFrom(ctx).User
	has, err := f.Has(ctx, u.ID)
	switch {
	case err != nil:
		return f.host.StoreError("read the password", err)
	case has: // before the cost of a hash
		return errOtherPassword
	}
	return f.give(r, u, "", f.host.Form(ctx)["password"])
}

// errOtherPassword says that the user has got a password, or another one, since the page was shown.
var errOtherPassword = &cardea.Error{
	Code: cardea.CodeAccessDenied, Err: errors.New("the user has another password now"),
}

// refuseChange answers with what is wrong with a form of the account page.
func refuseChange(f *Feature, r *http.Request, has bool, code string) error {
	ctx, t := r.Context(), language.Of(r.Context())
	page := f.page(t, cardea.SessionFrom(ctx).User, has)
	return f.host.Page(ctx, refused(t, page, code, f.options.Pages.Change, "account"))
}

// give gives the user another password if the stored hash is still the one that was verified, and
// ends the other sessions.
func (f *Feature) give(r *http.Request, u *cardea.User, old, typed string) error {
	ctx := r.Context()
	code, err := f.fault(ctx, typed, u.Email, u.Name)
	if err != nil {
		return err
	}
	if code != "" {
		return refuseChange(f, r, old != "", code)
	}
	hash, err := f.hash(ctx, typed)
	if err != nil {
		return err
	}
	kind, success := MailChanged, SuccessChanged
	if old == "" {
		kind, success = MailSet, SuccessSet
	}
	err = f.host.EndSessions(ctx, u.ID, func(ctx context.Context) error {
		stored, err := f.hashOf(ctx, u.ID)
		if err != nil {
			return err
		}
		if stored != old {
			return errOtherPassword
		}
		if err := f.write(ctx, u.ID, hash); err != nil {
			return err
		}
		return f.notify(ctx, u, kind)
	})
	if err != nil {
		return err
	}
	return toAccount(ctx, f, success)
}
