package password

import (
	"context"

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

// refused returns a page that repeats its form with what is wrong with it. Own and path are the
// application's page and the built-in one.
func refused(t *language.Texts, page feature.Page, code, own, path string) feature.Page {
	page.Error = faultText(t, code)
	page.Refusal = &feature.Refusal{Error: code, Message: faultText(nil, code), Path: path}
	page.Own = own
	return page
}
