package factor

import (
	"context"
	"net/http"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// The codes of forms that cannot be accepted.
const (
	CodeWrong         = "factor_code"     // the code is not one of the app, or was used before
	CodeWrongRecovery = "factor_recovery" // the recovery code is none of the user's
	CodeName          = "factor_name"     // the name of the app is too long
	CodeNeeded        = "factor_needed"   // the site asks the user for the factor that would be removed
)

// The values of the query parameter success, which the pages of an application get when something
// was done.
const (
	SuccessAdded   = "factor_added"        // at Account: the user has one more second factor
	SuccessRemoved = "factor_removed"      // at Account: the user has one fewer
	SuccessCodes   = "recovery_codes_made" // at Account: the user has seen new recovery codes
)

// successes are the values for the endpoint of a path.
var successes = map[string][]feature.Success{
	pathEnrol:  {{Value: SuccessAdded}},
	pathRemove: {{Value: SuccessRemoved}},
	pathCodes:  {{Value: SuccessCodes}},
}

// faultText returns the text for a code, and "" for one that is no fault.
func faultText(t *language.Texts, code string) string {
	switch code {
	case CodeWrong:
		return t.Text("factor.wrong")
	case CodeWrongRecovery:
		return t.Text("factor.recovery.wrong")
	case CodeName:
		return t.Count("factor.enrol.long", maxName)
	case CodeNeeded:
		return t.Text("factor.last")
	}
	return ""
}

// sectionFault is what the account page says about a code.
func sectionFault(ctx context.Context, code string) string {
	if code != CodeNeeded { // no other one is of a form of the section
		return ""
	}
	return faultText(language.Of(ctx), code)
}

// refuse answers a form of a page that cannot be accepted with the page.
func refuse(ctx context.Context, f *Feature, path, code string, page feature.Page) error {
	page.Error = faultText(language.Of(ctx), code)
	page.Refusal = &feature.Refusal{Error: code, Message: faultText(nil, code), Path: path}
	return f.host.Page(ctx, page)
}

// showPage shows a page, with what is wrong with its form if the URL has a code.
func showPage(f *Feature, r *http.Request, page feature.Page) error {
	page.Error = faultText(language.Of(r.Context()), r.URL.Query().Get("error"))
	return f.host.Page(r.Context(), page)
}
