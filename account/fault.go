package account

import (
	"context"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// The codes of forms that cannot be accepted.
const (
	CodeAddressInvalid = "address_invalid" // what was typed is no address
	CodeAddressSame    = "address_same"    // the user has the address already
	CodeAddressTaken   = "address_taken"   // another user has got the address meanwhile
	CodeLast           = "account_last"    // the account is the last way in, and cannot be removed
	CodeUnconfirmed    = "account_confirm" // what confirms a deletion was not typed
	CodeUnsent         = "account_unsent"  // the mail about the deletion cannot be sent, so nothing was done
)

// faults are the keys of the texts for each code, by the section that shows it.
var faults = map[string]map[string]string{
	SectionAddress: {
		CodeAddressInvalid: "address.invalid", CodeAddressSame: "address.same", CodeAddressTaken: "address.taken",
	},
	SectionSignIns: {CodeLast: "ways.last"},
	SectionDelete:  {CodeUnconfirmed: "delete.wrong", CodeUnsent: "delete.unsent"},
}

// faultText returns what a section says about a code, and "" if the code is not of the section.
func faultText(t *language.Texts, section, code string) string {
	if key, ok := faults[section][code]; ok {
		return t.Text(key)
	}
	return ""
}

// refuse answers a form of a section that cannot be accepted with the section.
func (f *Feature) refuse(ctx context.Context, section, code string, page feature.Page) error {
	page.Error = faultText(language.Of(ctx), section, code)
	page.Refusal = &feature.Refusal{Error: code, Message: faultText(nil, section, code), Path: "account"}
	return f.host.Page(ctx, page)
}
