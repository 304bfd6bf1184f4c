package password

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// The codes of forms that are not of a new password alone.
const (
	CodeSame  = "password_same"  // the new password is the current one
	CodeWrong = "password_wrong" // the current password is another one
	CodeLast  = "password_last"  // the password is the last way in, and cannot be removed
)

// faults are the keys of the texts for what is wrong with a form, by its code.
var faults = map[string]string{
	CodeShort:    "password.short",
	CodeLong:     "password.long",
	CodeCommon:   "password.common",
	CodePersonal: "password.personal",
	CodeBreached: "password.breached",
	CodeSame:     "password.same",
	CodeWrong:    "password.wrong",
	CodeLast:     "password.last",
	CodeFields:   "password.fields",

	string(cardea.CodeEmailSignIn): "email.invalid",
}

// faultText returns the text for a code, and "" for one that is no fault.
func faultText(t *language.Texts, code string) string {
	if key, ok := faults[code]; ok {
		return t.Text(key)
	}
	return ""
}

// fault returns the code for what is wrong with a new password, and "" for nothing. That the list
// of known passwords does not answer is no reason to refuse one.
func (f *Feature) fault(ctx context.Context, password string, about ...string) (string, error) {
	code, err := f.checker.Check(ctx, password, about...)
	if err != nil {
		if ctx.Err() != nil {
			return "", f.host.StoreError("check the new password", ctx.Err())
		}
		f.host.Log().Warn("password: accepted without the list of known passwords", "cause", err)
	}
	return code, nil
}

// formFault is what is wrong with a form.
type formFault struct {
	*Feature
	code string
}

// answer answers the form: a program with JSON, a browser with the application's own page if there
// is one, and otherwise with the built-in page. Path is that of the built-in page.
func (f formFault) answer(r *http.Request, own, path string, page feature.Page) error {
	ctx := r.Context()
	to := f.withCode(f.host.URL(ctx, path), own)
	switch {
	case readsJSON(r, f.host.Form(ctx)):
		return f.host.JSON(ctx, http.StatusBadRequest, map[string]string{
			"url": to, "error": f.code, "message": faultText(nil, f.code), // programs read English
		})
	case own != "":
		return f.host.Redirect(ctx, to)
	}
	return f.host.Page(ctx, page)
}

// readsJSON reports whether a program has sent the request: a client of Auth.js or next-auth, or
// one that asks for JSON and not for a page.
func readsJSON(r *http.Request, form map[string]string) bool {
	accept := r.Header.Get("Accept")
	return r.Header.Get("X-Auth-Return-Redirect") != "" || form["json"] == "true" ||
		strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// withCode returns the URL of the page that says what is wrong: of own, or of the built-in one.
func (f formFault) withCode(builtIn, own string) string {
	u, err := url.Parse(builtIn)
	if err != nil {
		return builtIn
	}
	if own != "" {
		if page, err := u.Parse(own); err == nil {
			u = page
		}
	}
	query := u.Query()
	query.Set("error", f.code)
	u.RawQuery = query.Encode()
	return u.String()
}
