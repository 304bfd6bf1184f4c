package account

import (
	"net/url"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/language"
)

// The values of the query parameter success, which the pages of an application get when something
// was done.
const (
	SuccessAddressMailed   = "address_mailed"   // at VerifyRequest: the new address got a mail
	SuccessAddressChanged  = "address_changed"  // at Account: the user has another address
	SuccessAddressRestored = "address_restored" // on the built-in page: the user has the old address again
	SuccessUnlinked        = "account_unlinked" // at Account: a way in was removed
	SuccessSessionEnded    = "session_ended"    // at Account: another session has ended
	SuccessSessionsEnded   = "sessions_ended"   // at Account: all other sessions have ended
	SuccessDeletionAsked   = "deletion_asked"   // at Account: the account will be deleted
	SuccessKept            = "deletion_ended"   // at Account: it will not be deleted any more
	SuccessDeleted         = "account_deleted"  // at Options.AfterDelete: the account is deleted
)

// successes are the values for the endpoint of a path.
var successes = map[string][]feature.Success{
	pathAddress: {{
		Value:  SuccessAddressMailed,
		Mailed: func(t *language.Texts) string { return t.Text("address.mailed") },
	}},
	pathConfirm:   {{Value: SuccessAddressChanged}},
	pathUndo:      {{Value: SuccessAddressRestored}},
	pathUnlink:    {{Value: SuccessUnlinked}},
	pathEnd:       {{Value: SuccessSessionEnded}},
	pathEndOthers: {{Value: SuccessSessionsEnded}},
	pathDelete:    {{Value: SuccessDeletionAsked}, {Value: SuccessDeleted}},
	pathKeep:      {{Value: SuccessKept}},
}

// withSuccess adds a value to a path or URL.
func withSuccess(to, success string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	query := u.Query()
	query.Set("success", success)
	u.RawQuery = query.Encode()
	return u.String()
}
