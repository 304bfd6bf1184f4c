package password

import (
	"context"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

// The kinds of tokens. Both lead to the page on which somebody chooses a password.
const (
	kindReset  = "password-reset"  // of a user who has proven the address before
	kindSignUp = "password-signup" // of somebody whose address is not proven yet

	resetLifetime  = 30 * time.Minute
	signUpLifetime = 24 * time.Hour
)

// The values of tokens.
const (
	valueEmail   = "email"   // the address to which the link was sent
	valueName    = "name"    // what was typed at the sign-up
	valueFields  = "fields"  // what was typed into Options.Fields
	valueChanged = "changed" // when the password was changed, in milliseconds
	valueAsked   = "asked"   // when the link was asked for, in milliseconds
)

func (f *Feature) showSignUp(_ http.ResponseWriter, r *http.Request) error {
	return showPage(f, r, f.options.Pages.SignUp, signUpFields(f.options.Fields).page(language.Of(r.Context())))
}

// showPage shows a page, or the application's own one.
func showPage(f *Feature, r *http.Request, own string, page feature.Page) error {
	code := r.URL.Query().Get("error")
	switch {
	case own != "" && code != "":
		return f.host.Redirect(r.Context(), formFault{f, code}.withCode(f.host.URL(r.Context(), ""), own))
	case own != "":
		return f.host.Redirect(r.Context(), own)
	}
	page.Error = faultText(language.Of(r.Context()), code)
	return f.host.Page(r.Context(), page)
}

// page is the page for the sign-up.
func (fields signUpFields) page(t *language.Texts) feature.Page {
	return feature.Page{
		Title: t.Text("password.signup.heading"), Text: []string{t.Text("password.signup.text")},
		Forms: []feature.Form{{Path: pathSignUp, Button: t.Text("password.ask.button"), Fields: fields.inputs(t)}},
	}
}

// addressField is the input for the address of a user or of somebody who signs up.
func addressField(t *language.Texts) feature.Field {
	return feature.Field{
		Name: "email", Label: t.Text("password.email"), Type: "email", Autocomplete: "username", Required: true,
	}
}

// signUp answers the form of the page. It stores nothing: what was typed is sealed in the link.
func (f *Feature) signUp(_ http.ResponseWriter, r *http.Request) error {
	ctx, fields := r.Context(), signUpFields(f.options.Fields)
	page := fields.page(language.Of(ctx))
	t, ok := fields.read(f.host.Form(ctx))
	if !ok {
		page.Error = faultText(language.Of(ctx), CodeFields)
		return formFault{f, CodeFields}.answer(r, f.options.Pages.SignUp, pathSignUp, page)
	}
	notAnAddress := invalidAddress{f.options.Pages.SignUp, pathSignUp, page}
	return f.ask(r, notAnAddress, func(ctx context.Context, address string, u *cardea.User) error {
		if u != nil && !u.EmailVerified.IsZero() {
			return f.send(ctx, Mail{Kind: MailTaken, To: u.Email, URL: f.host.URL(ctx, pathForgot), User: u})
		}
		return f.sendSignUp(ctx, address, t)
	})
}

func (f *Feature) showForgot(_ http.ResponseWriter, r *http.Request) error {
	return showPage(f, r, f.options.Pages.Forgot, pageForgot(language.Of(r.Context())))
}

func pageForgot(t *language.Texts) feature.Page {
	return feature.Page{
		Title: t.Text("password.forgot.heading"), Text: []string{t.Text("password.forgot.text")},
		Forms: []feature.Form{{
			Path: pathForgot, Button: t.Text("password.ask.button"), Fields: []feature.Field{addressField(t)},
		}},
	}
}

// forgot answers the form of the page. The mail goes to the address that is stored, never to the
// typed one.
func (f *Feature) forgot(_ http.ResponseWriter, r *http.Request) error {
	notAnAddress := invalidAddress{f.options.Pages.Forgot, pathForgot, pageForgot(language.Of(r.Context()))}
	return f.ask(r, notAnAddress, func(ctx context.Context, _ string, u *cardea.User) error {
		switch {
		case u == nil:
			return nil
		case u.EmailVerified.IsZero(): // a stranger may have registered the address
			return f.sendSignUp(ctx, u.Email, typed{})
		}
		changed, err := f.changedAt(ctx, u.ID)
		if err != nil {
			return err
		}
		token, err := f.host.NewToken(ctx, kindReset, u.ID, resetLifetime,
			oauth.Claims{valueEmail: u.Email, valueChanged: milliseconds(changed)})
		if err != nil {
			return err
		}
		return f.send(ctx, Mail{Kind: MailReset, To: u.Email, URL: f.link(ctx, kindReset, token), User: u})
	})
}

// invalidAddress is where a form leads whose address is none: the application's page, or the
// built-in one at a path.
type invalidAddress struct {
	own, path string
	page      feature.Page
}

// ask answers a form that asks for a mail. Answer and time are the same whether the address belongs
// to a user: everything that depends on it happens after the answer.
func (f *Feature) ask(
	r *http.Request, invalid invalidAddress, send func(ctx context.Context, address string, u *cardea.User) error,
) error {
	ctx := r.Context()
	address, err := email.Normalize(f.host.Form(ctx)["email"])
	if err != nil {
		code := string(cardea.CodeEmailSignIn)
		invalid.page.Error = faultText(language.Of(ctx), code)
		return formFault{f, code}.answer(r, invalid.own, invalid.path, invalid.page)
	}
	if err := f.host.TakeMail(ctx, address); err != nil {
		return err
	}
	err = f.host.SendMail(ctx, address, func(ctx context.Context) error {
		u, err := f.userOf(ctx, address)
		if err != nil {
			return err
		}
		return send(ctx, address, u)
	})
	if err != nil {
		return err
	}
	return f.host.Redirect(ctx, f.host.URL(ctx, "verify-request"))
}

// sendSignUp mails a link with which the owner of an address becomes a user.
func (f *Feature) sendSignUp(ctx context.Context, address string, t typed) error {
	token, err := f.host.NewToken(ctx, kindSignUp, "", signUpLifetime, t.claims(oauth.Claims{
		valueEmail: address, valueAsked: milliseconds(f.host.Now()),
	}))
	if err != nil {
		return err
	}
	return f.send(ctx, Mail{Kind: MailSignUp, To: address, URL: f.link(ctx, kindSignUp, token)})
}

// link returns the URL of a link in a mail.
func (f *Feature) link(ctx context.Context, kind, token string) string {
	return f.host.URL(ctx, pathChoose) + "?kind=" + kind + "&token=" + token
}
