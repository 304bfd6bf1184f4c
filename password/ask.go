package password

import (
	"context"
	"net/http"
	"net/url"
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
	ctx, code := r.Context(), r.URL.Query().Get("error")
	page.Own = withError(own, code)
	page.Error = faultText(language.Of(ctx), code)
	return f.host.Page(ctx, page)
}

// withError adds a code to a page of the application, if there is one.
func withError(own, code string) string {
	u, err := url.Parse(own)
	if err != nil || own == "" || code == "" {
		return own
	}
	query := u.Query()
	query.Set("error", code)
	u.RawQuery = query.Encode()
	return u.String()
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
		return f.host.Page(ctx, refused(language.Of(ctx), page, CodeFields, f.options.Pages.SignUp, pathSignUp))
	}
	form := askForm{f.options.Pages.SignUp, pathSignUp, page, SuccessSignUpMailed}
	return f.ask(r, form, func(ctx context.Context, address string, u *cardea.User) error {
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
	form := askForm{f.options.Pages.Forgot, pathForgot, pageForgot(language.Of(r.Context())), SuccessResetMailed}
	return f.ask(r, form, func(ctx context.Context, _ string, u *cardea.User) error {
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

// askForm is a form that asks for a mail.
type askForm struct {
	own, path string // the application's page with the form, and the built-in one
	page      feature.Page
	success   string // that a mail was sent
}

// ask answers a form that asks for a mail. Answer and time are the same whether the address belongs
// to a user: everything that depends on it happens after the answer.
func (f *Feature) ask(
	r *http.Request, form askForm, send func(ctx context.Context, address string, u *cardea.User) error,
) error {
	ctx := r.Context()
	address, err := email.Normalize(f.host.Form(ctx)["email"])
	if err != nil {
		code := string(cardea.CodeEmailSignIn)
		return f.host.Page(ctx, refused(language.Of(ctx), form.page, code, form.own, form.path))
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
	return f.host.Redirect(ctx, f.host.URL(ctx, "verify-request")+"?success="+form.success)
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
