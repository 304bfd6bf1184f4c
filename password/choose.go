package password

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

// cookieChoose keeps the token of a link, so that it leaves the URL before the page is shown.
const cookieChoose = "choose"

// link is a link of a mail that was opened.
type link struct {
	feature.OpenedLink
	userID string // "" for kindSignUp
	values oauth.Claims
}

func (l link) value(name string) string { return l.values.String(name) }

// showChoose shows the page on which somebody chooses a password. It uses no token, because
// programs that scan mails open links.
func (f *Feature) showChoose(_ http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	if token := query.Get("token"); token != "" {
		l := feature.OpenedLink{Kind: query.Get("kind"), Token: token}
		err := l.Keep(f.host.Cookie(ctx, cookieChoose), resetLifetime)
		if errors.Is(err, feature.ErrLongLink) {
			return &cardea.Error{Code: cardea.CodeVerification, Err: err}
		}
		if err != nil {
			return err
		}
		return f.host.Redirect(ctx, f.host.URL(ctx, pathChoose))
	}
	l, err := f.opened(ctx)
	if err != nil {
		return err
	}
	asksForFields := l.Kind == kindSignUp && query.Get("error") == CodeFields
	return showPage(f, r, l.ownPage(f.options.Pages.Choose), f.pageChoose(language.Of(ctx), l, asksForFields))
}

// opened returns the link that the browser has opened.
func (f *Feature) opened(ctx context.Context) (l link, err error) {
	l.OpenedLink = feature.LinkIn(f.host.Cookie(ctx, cookieChoose))
	if l.Kind != kindReset && l.Kind != kindSignUp {
		return l, &cardea.Error{Code: cardea.CodeVerification, Err: errors.New("the browser has opened no link")}
	}
	l.userID, l.values, err = f.host.Token(ctx, l.Kind, l.Token)
	return l, err
}

// pageChoose is the page of a link. It says whose password it is: the link may be another person's,
// who wants the visitor to sign in as them. With the fields it also asks for those once more: the
// link, which is not used up, has what was typed for them.
func (f *Feature) pageChoose(t *language.Texts, l link, withFields bool) feature.Page {
	var fields []feature.Field
	if withFields {
		fields = signUpFields(f.options.Fields).again(l)
	}
	return feature.Page{
		Title: t.Text("password.choose.heading"),
		Text:  []string{t.Text("password.choose.address", "address", l.value(valueEmail)), f.checker.advice(t)},
		Forms: []feature.Form{{
			Path: pathChoose, Button: t.Text("password.choose.button"), Fields: append(fields, newPassword(t)),
			Hidden: l.Hidden(), Username: l.value(valueEmail),
		}},
	}
}

// ownPage returns the path of Pages.Choose with what that page needs to know, and "" for none.
func (l link) ownPage(path string) string {
	own, err := url.Parse(path)
	if err != nil || path == "" {
		return path
	}
	query := own.Query()
	query.Set(feature.FieldLink, l.Mark())
	query.Set("email", l.value(valueEmail))
	own.RawQuery = query.Encode()
	return own.String()
}

// newPassword is the field for the password that the user will have.
func newPassword(t *language.Texts) feature.Field {
	return feature.Field{
		Name: "password", Label: t.Text("password.new"), Type: "password", Autocomplete: "new-password",
		Required: true,
	}
}

// choose answers the form of the page.
func (f *Feature) choose(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	l, err := f.opened(ctx)
	if err != nil {
		return err
	}
	form := f.host.Form(ctx)
	if !l.Marks(form) {
		return &cardea.Error{Code: cardea.CodeVerification, Err: errors.New("the form is of a page of another link")}
	}
	if shown, sent := form["email"]; shown != l.value(valueEmail) && (sent || f.options.Pages.Choose != "") {
		return &cardea.Error{Code: cardea.CodeVerification, Err: errors.New("the page has shown another address than " +
			"that of the link, or has not sent it in the field email")}
	}
	typed := form["password"]
	code, err := f.fault(ctx, typed, l.value(valueEmail), l.value(valueName))
	if err != nil {
		return err
	}
	fields := signUpFields(f.options.Fields)
	if code != "" {
		return refuseChoose(ctx, f, l, code)
	}
	if l.Kind == kindSignUp && !fields.amend(l, form) {
		return refuseChoose(ctx, f, l, CodeFields)
	}
	hash, err := f.hash(ctx, typed)
	if err != nil {
		return err
	}
	f.host.Cookie(ctx, cookieChoose).Clear()
	if l.Kind == kindReset {
		return f.finishReset(ctx, l, hash)
	}
	err = f.finishSignUp(ctx, l, hash)
	if len(fields) == 0 || !refusesFields(err) {
		return err
	}
	f.host.Log().WarnContext(ctx, "password: a user cannot be stored with the fields of the sign-up", "cause", err)
	if err := l.Keep(f.host.Cookie(ctx, cookieChoose), resetLifetime); err != nil {
		return err
	}
	return refuseChoose(ctx, f, l, CodeFields)
}

// refusesFields reports whether a sign-up has failed because of what was typed: the hook of the
// application says so, or the store refuses the row, such as for a value that another user has.
func refusesFields(err error) bool {
	failure, ok := errors.AsType[*cardea.Error](err)
	return ok && failure.Code == CodeFields || errors.Is(err, cardea.ErrRefused)
}

// refuseChoose shows the page of a link again.
func refuseChoose(ctx context.Context, f *Feature, l link, code string) error {
	t := language.Of(ctx)
	p := f.pageChoose(t, l, code == CodeFields)
	return f.host.Page(ctx, refused(t, p, code, l.ownPage(f.options.Pages.Choose), pathChoose))
}

// finishSignUp signs in the owner of the address, with a new user unless there is one. User,
// address and password are stored in the transaction in which the link is used.
//
// If a user has proven the address since the link was asked for, the link is outdated: it must not
// give a password to somebody who has removed theirs, or who has come to the address by a change.
func (f *Feature) finishSignUp(ctx context.Context, l link, hash string) error {
	owner, err := f.userOf(ctx, l.value(valueEmail))
	if err != nil {
		return err
	}
	if owner != nil && milliseconds(owner.EmailVerified) >= l.value(valueAsked) {
		return outdated()
	}
	return f.host.Complete(ctx, cardea.Proof{
		Email: l.value(valueEmail), User: &cardea.User{Name: l.value(valueName)}, Methods: []string{"mail"},
		Raw: l.fields(),
		Within: func(ctx context.Context, u *cardea.User) error {
			if _, _, err := f.host.UseToken(ctx, l.Kind, l.Token); err != nil {
				return err
			}
			if f.options.NoSignUp && (owner == nil || owner.ID != u.ID) {
				return errClosed
			}
			changed, err := f.changedAt(ctx, u.ID)
			if err != nil {
				return err
			}
			if !changed.IsZero() && milliseconds(changed) >= l.value(valueAsked) {
				return outdated()
			}
			return f.host.EndSessions(ctx, u.ID, func(ctx context.Context) error { return f.write(ctx, u.ID, hash) })
		},
	})
}

// finishReset stores the new password, in the transaction in which the link is used, and ends all
// sessions. It signs nobody in: the user does so with the new password, and with the second factor
// if there is one.
func (f *Feature) finishReset(ctx context.Context, l link, hash string) error {
	err := f.host.EndSessions(ctx, l.userID, func(ctx context.Context) error {
		if _, _, err := f.host.UseToken(ctx, l.Kind, l.Token); err != nil {
			return err
		}
		u, err := f.host.Adapter().UserByID(ctx, l.userID)
		if err != nil {
			return err
		}
		changed, err := f.changedAt(ctx, u.ID)
		if err != nil {
			return err
		}
		if milliseconds(changed) != l.value(valueChanged) || u.Email != l.value(valueEmail) {
			return outdated()
		}
		if err := f.write(ctx, u.ID, hash); err != nil {
			return err
		}
		return f.notify(ctx, u, MailChanged)
	})
	if err != nil {
		return err
	}
	return f.host.Redirect(ctx, f.host.URL(ctx, "signin/"+featureID)+"?success="+SuccessReset)
}

// errClosed is the error for a link that would make a user where nobody can sign up.
var errClosed = &cardea.Error{Code: cardea.CodeVerification, Err: errors.New("nobody can sign up (NoSignUp), and the " +
	"owner of the address is no user: the one who has it never proved it and can sign in otherwise, or is gone; " +
	"if your application knows that the address is theirs, set EmailVerified")}

// outdated is the error for a link that something newer has made worthless.
func outdated() error {
	return &cardea.Error{
		Code: cardea.CodeVerification, Err: errors.New("the password or the address is another one since the mail"),
	}
}

// write stores the hash of a new password.
func (f *Feature) write(ctx context.Context, userID, hash string) error {
	return f.host.StoreError("store the password", f.store.SetPasswordHash(ctx, userID, hash, f.host.Now()))
}

// changedAt returns when the user got the password, and the zero time if there is none.
func (f *Feature) changedAt(ctx context.Context, userID string) (time.Time, error) {
	_, changed, err := f.store.PasswordHash(ctx, userID)
	if errors.Is(err, cardea.ErrNotFound) {
		return time.Time{}, nil
	}
	return changed, f.host.StoreError("read the password", err)
}

// milliseconds is a time in a token, with as many digits for all times of this era, so that texts
// compare like times.
func milliseconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
