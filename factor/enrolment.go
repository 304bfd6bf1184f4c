package factor

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/qr"
	"github.com/cardea-auth/cardea/internal/totp"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

const (
	kindTOTP = "totp"

	maxFactors = 5  // of a user: each one more is a secret more that a guess may match
	maxName    = 64 // characters of the name of a factor

	cookieEnrolment   = "enrolment"
	enrolmentLifetime = 15 * time.Minute
)

// enrolment is an app that is not confirmed yet. It exists in a cookie alone, so what nobody has
// confirmed counts nowhere.
type enrolment struct {
	id     string // of the factor that it becomes, so that it becomes one once
	userID string
	secret totp.Secret
	next   string // where the visitor goes afterwards; "" for the account page
}

// newEnrolment starts an enrolment of a user in this browser.
func (f *Feature) newEnrolment(ctx context.Context, userID, next string) (enrolment, error) {
	e := enrolment{id: rand.Text(), userID: userID, secret: totp.NewSecret(), next: next}
	err := f.host.Cookie(ctx, cookieEnrolment).Set(enrolmentLifetime, oauth.Claims{
		"id": e.id, "user": e.userID, "secret": e.secret.Text(), "next": e.next,
	})
	return e, err
}

// enrolmentOf returns the enrolment of a user in this browser, and false if there is none.
func (f *Feature) enrolmentOf(ctx context.Context, userID string) (enrolment, bool) {
	cookie := f.host.Cookie(ctx, cookieEnrolment).Values()
	secret, err := totp.ParseSecret(cookie.String("secret"))
	e := enrolment{
		id: cookie.String("id"), userID: cookie.String("user"), secret: secret, next: cookie.String("next"),
	}
	return e, err == nil && e.userID == userID
}

// hasNone reports whether a user has no second factor.
func (f *Feature) hasNone(ctx context.Context, userID string) (bool, error) {
	has, err := f.Has(ctx, userID)
	return !has, err
}

// fieldReturn is the hidden input of a form that was opened on the way to another page.
const fieldReturn = "return"

// showStart tells somebody why another page has led them here. Who has a factor by now goes on.
func (f *Feature) showStart(_ http.ResponseWriter, r *http.Request) error {
	ctx, t := r.Context(), language.Of(r.Context())
	has, err := f.factors(ctx, cardea.SessionFrom(ctx).UserID)
	if err != nil {
		return err
	}
	if len(has) > 0 {
		return f.host.Redirect(ctx, "")
	}
	return f.host.Page(ctx, feature.Page{
		Title: t.Text("factor.heading"), Text: []string{t.Text("factor.needed"), t.Text("factor.text")},
		Forms: []feature.Form{{
			Path: pathStart, Button: t.Text("factor.start"), Hidden: map[string]string{fieldReturn: "yes"},
		}},
	})
}

// start answers the form of that page, and that of the account page.
func (f *Feature) start(_ http.ResponseWriter, r *http.Request) error {
	ctx, next := r.Context(), ""
	if f.host.Form(ctx)[fieldReturn] != "" {
		next = f.host.CallbackURL(ctx)
	}
	if _, err := f.newEnrolment(ctx, cardea.SessionFrom(ctx).UserID, next); err != nil {
		return err
	}
	return f.host.Redirect(ctx, f.host.URL(ctx, pathEnrol))
}

// showEnrolment shows the secret of the enrolment.
func (f *Feature) showEnrolment(_ http.ResponseWriter, r *http.Request) error {
	ctx, u := r.Context(), cardea.SessionFrom(r.Context()).User
	e, ok := f.enrolmentOf(ctx, u.ID)
	if !ok {
		return f.toAccount(ctx, "")
	}
	return showPage(f, r, f.pageOf(ctx, e, u, pathEnrol))
}

// enrol answers the form of the page.
func (f *Feature) enrol(_ http.ResponseWriter, r *http.Request) error {
	ctx, own := r.Context(), cardea.SessionFrom(r.Context())
	e, ok := f.enrolmentOf(ctx, own.UserID)
	if !ok {
		return f.toAccount(ctx, "")
	}
	row, fault, err := f.confirmed(ctx, e)
	if err != nil {
		return err
	}
	if fault != "" {
		return refuse(ctx, f, pathEnrol, fault, f.pageOf(ctx, e, own.User, pathEnrol))
	}
	has, err := f.factors(ctx, own.UserID)
	if err != nil {
		return err
	}
	f.host.SetCallbackURL(ctx, cmp.Or(e.next, f.accountURL(ctx, SuccessAdded)))
	var codes *newCodes // with the first factor
	if len(has) == 0 {
		codes = f.makeCodes(ctx)
	}
	err = f.raise(ctx, methodOTP, func(ctx context.Context) error {
		f.host.Cookie(ctx, cookieEnrolment).Clear()
		return f.add(ctx, own.User, row, codes)
	})
	if err != nil {
		f.host.Cookie(ctx, cookieCodes).Clear()
	}
	return err
}

// pageOf shows the secret of an enrolment, for the camera of a phone and for people who type it,
// and asks for a code of the app.
func (f *Feature) pageOf(ctx context.Context, e enrolment, u *cardea.User, path string) feature.Page {
	t, uri := language.Of(ctx), e.secret.URI(f.issuer(ctx), nameOf(u))
	image := ""
	if svg, err := qr.SVG(uri, t.Text("factor.enrol.picture")); err == nil { // otherwise the text is too long for one
		image = `<div class="code">` + svg + `</div>`
	}
	return feature.Page{
		Title: t.Text("factor.enrol.heading"), Text: []string{t.Text("factor.enrol.text")},
		HTML: template.HTML(image+`<p class="lead"><code>`+e.secret.Groups()+`</code></p>`) +
			linkTo(uri, t.Text("factor.enrol.open")),
		Forms: []feature.Form{{Path: path, Button: t.Text("factor.confirm.button"), Fields: []feature.Field{
			{Name: "name", Label: t.Text("factor.enrol.name"), Autocomplete: "off"},
			codeField(t),
		}}},
	}
}

// codeField is the input for a code of an app.
func codeField(t *language.Texts) feature.Field {
	return feature.Field{
		Name: "code", Label: t.Text("factor.code"), Autocomplete: "one-time-code", InputMode: "numeric",
		Required: true,
	}
}

// issuer is the name of the site for apps.
func (f *Feature) issuer(ctx context.Context) string {
	if f.options.Issuer != "" {
		return f.options.Issuer
	}
	return siteOf(f.host.URL(ctx, pathEnrol))
}

// nameOf is the name of a user for apps.
func nameOf(u *cardea.User) string {
	for _, name := range []string{u.Email, u.Name} {
		if name != "" {
			return name
		}
	}
	return u.ID
}

func siteOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// confirmed returns the factor that an enrolment becomes, or the code for what is wrong with the
// form.
func (f *Feature) confirmed(ctx context.Context, e enrolment) (row *Factor, fault string, err error) {
	form, now := f.host.Form(ctx), f.now()
	name := cleanName(form["name"])
	if utf8.RuneCountInString(name) > maxName {
		return nil, CodeName, nil
	}
	step, ok := e.secret.Match(form["code"], now)
	if !ok {
		return nil, CodeWrong, nil
	}
	row = &Factor{ID: e.id, UserID: e.userID, Kind: kindTOTP, Name: name, LastStep: step, CreatedAt: now}
	row.Secret, err = f.sealer(row).Seal(e.secret.Text())
	return row, "", err
}

// cleanName returns a name as people see it: text in one line.
func cleanName(typed string) string {
	printable := func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}
	return strings.Join(strings.Fields(strings.Map(printable, strings.ToValidUTF8(typed, ""))), " ")
}

// sealer seals the secret of a factor. The secret belongs to this row of this user.
func (f *Feature) sealer(row *Factor) feature.Sealer {
	return f.host.Sealer(row.UserID, row.ID, row.Kind)
}

// add stores a factor of a user and, with the first one, recovery codes, and tells the user. Ctx
// carries the transaction, in which the user is locked.
func (f *Feature) add(ctx context.Context, u *cardea.User, row *Factor, codes *newCodes) error {
	has, err := f.factors(ctx, row.UserID)
	switch {
	case err != nil:
		return err
	case len(has) >= maxFactors:
		return &cardea.Error{Code: cardea.CodeAccessDenied, Err: errors.New("the user has too many second factors")}
	case (len(has) == 0) != (codes != nil):
		return &cardea.Error{Code: cardea.CodeInvalidCheck, Err: errors.New("the user has another second factor now")}
	}
	err = f.store.CreateFactor(ctx, row)
	if errors.Is(err, cardea.ErrConflict) {
		return &cardea.Error{Code: cardea.CodeInvalidCheck, Err: errors.New("the app was confirmed before")}
	} else if err != nil {
		return f.host.StoreError("store the second factor", err)
	}
	if codes != nil {
		if err := f.storeCodes(ctx, row.UserID, codes); err != nil {
			return err
		}
	}
	return f.notify(ctx, u, Mail{Kind: MailAdded, Factor: row.Name})
}
