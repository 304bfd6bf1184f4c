package feature

import "context"

// Guess is one try of a visitor to sign in as an account with something that can be guessed, such
// as a password; see cardea.Host.Guess. It belongs to one request.
type Guess interface {
	// Known counts the try for the user whom the account belongs to, so that all names of the user
	// share a limit. Call it before the check. If the account belongs to nobody, userID is empty:
	// call it then too, so that the answer and its time are the same. The error is one to return
	// from the handler.
	//
	// Credential is a text that is another one when the credential was changed, such as the stored
	// hash of a password, or "" if there is none. After a change of it, no browser counts as known.
	Known(ctx context.Context, userID, credential string) error

	// Right says that the visitor is the user. The try then does not count, and the browser is
	// known to be the user's, by a cookie that lasts a year. Call it before the request is
	// answered.
	Right(ctx context.Context, userID string)
}
