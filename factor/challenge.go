package factor

import (
	"context"
	"errors"
	"html/template"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// challenges are the second proofs of sign-ins.
type challenges struct{ *Feature }

// condition holds the sign-in of a user who has a second factor and has not proven it, and of one
// who must have a factor and has none.
func (f challenges) condition(ctx context.Context, in *cardea.SignIn) (redirect string, err error) {
	if isStrong(in.Methods) {
		return "", nil
	}
	var has []*Factor
	if in.User.ID != "" && !in.FirstProof { // what was set up before may be a stranger's, and ends
		if has, err = f.factors(ctx, in.User.ID); err != nil {
			return "", err
		}
	}
	if len(has) > 0 {
		if skip, err := f.isRemembered(ctx, in); skip || err != nil {
			return "", err
		}
		return f.host.Hold(ctx, in, pathChallenge)
	}
	if f.isRequired(ctx, in.User) {
		return f.host.Hold(ctx, in, pathRequired)
	}
	return "", nil
}

// held returns the sign-in that waits in this browser.
func (f challenges) held(ctx context.Context) (*feature.Held, error) {
	held, err := f.host.Held(ctx)
	if err == nil && held == nil {
		err = &cardea.Error{Code: cardea.CodeInvalidCheck, Err: errors.New("no sign-in waits for a second factor")}
	}
	return held, err
}

// showChallenge asks somebody whose sign-in waits for a code.
func (f challenges) showChallenge(_ http.ResponseWriter, r *http.Request) error {
	if _, err := f.held(r.Context()); err != nil {
		return err
	}
	return showPage(f.Feature, r, f.challengePage(r.Context()))
}

func (f challenges) challengePage(ctx context.Context) feature.Page {
	t := language.Of(ctx)
	fields := []feature.Field{codeField(t)}
	if f.options.Remember > 0 {
		fields = append(fields, feature.Field{
			Name: "remember", Type: "checkbox",
			Label: t.Text("factor.remember", "time", t.Count("time.day", days(f.options.Remember))),
		})
	}
	return feature.Page{
		Title: t.Text("factor.challenge.heading"), Text: []string{t.Text("factor.type")},
		HTML:  linkTo(f.host.URL(ctx, pathRecovery), t.Text("factor.challenge.recovery")),
		Forms: []feature.Form{{Path: pathChallenge, Button: t.Text("factor.signin"), Fields: fields}},
	}
}

// linkTo is a link as a paragraph.
func linkTo(url, text string) template.HTML {
	return template.HTML(`<p class="lead"><a href="` + template.HTMLEscapeString(url) + `">` +
		template.HTMLEscapeString(text) + `</a></p>`)
}

// challenge answers the form of the page.
func (f challenges) challenge(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	held, err := f.held(ctx)
	if err != nil {
		return err
	}
	ok, err := f.useOTP(ctx, held.UserID, f.host.Form(ctx)["code"])
	switch {
	case err != nil:
		return err
	case !ok:
		return refuse(ctx, f.Feature, pathChallenge, CodeWrong, f.challengePage(ctx))
	}
	if f.host.Form(ctx)["remember"] != "" {
		if err := f.remember(ctx, held.UserID); err != nil {
			return err
		}
	}
	return f.host.Resume(ctx, methodOTP)
}

// showRecovery asks somebody whose sign-in waits for a recovery code.
func (f challenges) showRecovery(_ http.ResponseWriter, r *http.Request) error {
	if _, err := f.held(r.Context()); err != nil {
		return err
	}
	return showPage(f.Feature, r, f.recoveryPage(r.Context()))
}

func (f challenges) recoveryPage(ctx context.Context) feature.Page {
	t := language.Of(ctx)
	return feature.Page{
		Title: t.Text("factor.recovery.heading"), Text: []string{t.Text("factor.recovery.text")},
		HTML: linkTo(f.host.URL(ctx, pathChallenge), t.Text("factor.recovery.app")),
		Forms: []feature.Form{{Path: pathRecovery, Button: t.Text("factor.signin"), Fields: []feature.Field{
			{Name: "code", Label: t.Text("factor.recovery.field"), Autocomplete: "off", Required: true},
		}}},
	}
}

// recover answers the form of the page.
func (f challenges) recover(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	held, err := f.held(ctx)
	if err != nil {
		return err
	}
	ok, err := f.useRecoveryCode(ctx, held.UserID, f.host.Form(ctx)["code"])
	switch {
	case err != nil:
		return err
	case !ok:
		return refuse(ctx, f.Feature, pathRecovery, CodeWrongRecovery, f.recoveryPage(ctx))
	}
	return f.host.Resume(ctx, methodRecovery)
}

// tellOfRecovery tells a user that a recovery code was used, and how many are left. Ctx carries the
// transaction in which it is.
func (f challenges) tellOfRecovery(ctx context.Context, userID string) error {
	u, err := f.host.Adapter().UserByID(ctx, userID)
	if err != nil {
		return f.host.StoreError("read the user", err)
	}
	codes, err := f.store.CountRecoveryCodes(ctx, userID)
	if err != nil {
		return f.host.StoreError("count the recovery codes", err)
	}
	return f.notify(ctx, u, Mail{Kind: MailRecovery, Left: codes})
}

// showRequired shows the secret of an enrolment to somebody whose sign-in waits until they have a
// factor.
func (f challenges) showRequired(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	e, u, err := f.required(ctx)
	if err != nil || u == nil {
		return err
	}
	return showPage(f.Feature, r, f.requiredPage(ctx, e, u))
}

func (f challenges) requiredPage(ctx context.Context, e enrolment, u *cardea.User) feature.Page {
	p := f.pageOf(ctx, e, u, pathRequired)
	p.Text = append([]string{language.Of(ctx).Text("factor.required")}, p.Text...)
	return p
}

// required returns the enrolment of the user whose sign-in waits, begun now if there is none. If
// the user has a factor already, u is nil, and the visitor is asked for it: who has proven only the
// first factor must not add another second one.
func (f challenges) required(ctx context.Context) (e enrolment, u *cardea.User, err error) {
	held, err := f.held(ctx)
	if err != nil {
		return e, nil, err
	}
	has, err := f.factors(ctx, held.UserID)
	if err != nil {
		return e, nil, err
	}
	if len(has) > 0 {
		return e, nil, f.host.Redirect(ctx, f.host.URL(ctx, pathChallenge))
	}
	if u, err = f.host.Adapter().UserByID(ctx, held.UserID); err != nil {
		return e, nil, f.host.StoreError("read the user", err)
	}
	e, ok := f.enrolmentOf(ctx, u.ID)
	if !ok {
		e, err = f.newEnrolment(ctx, u.ID, "")
	}
	return e, u, err
}

// enrolRequired answers the form of the page.
func (f challenges) enrolRequired(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	e, u, err := f.required(ctx)
	if err != nil || u == nil {
		return err
	}
	row, fault, err := f.confirmed(ctx, e)
	if err != nil {
		return err
	}
	if fault != "" {
		return refuse(ctx, f.Feature, pathRequired, fault, f.requiredPage(ctx, e, u))
	}
	codes := f.makeCodes(ctx)
	err = f.host.EndSessions(ctx, u.ID, func(ctx context.Context) error { return f.add(ctx, u, row, codes) })
	if err != nil {
		f.host.Cookie(ctx, cookieCodes).Clear()
		return err
	}
	f.host.Cookie(ctx, cookieEnrolment).Clear()
	return f.host.Resume(ctx, methodOTP)
}
