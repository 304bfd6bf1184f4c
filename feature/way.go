package feature

import (
	"context"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

// Handler serves one request of a feature. It answers with a method of cardea.Host or by writing to
// w. An error is answered as a failure: a *cardea.Error with its code, any other as a fault of the
// site, which is logged.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Way is a way to sign in that a feature offers. It is on the sign-in page, in the answer of GET
// providers, and the clients of Auth.js start it by its id. ID, Name and one of Start and Finish
// must be set. It has no account rows.
type Way struct {
	// ID names the way in URLs and as Account.Provider: lower-case letters, digits, hyphens and
	// underscores. No provider of the site has the same.
	ID string

	// Name is shown to people.
	Name string

	// Style is how the way looks on the sign-in page. Each field has a default.
	Style oauth.Style

	// Fields are the inputs of the form that Finish gets. Defaults to none: a mere button.
	Fields []Field

	// Links are shown below the form, such as one to a page for a forgotten password. Defaults to
	// none.
	Links []Link

	// Translate returns the way with the Name, Fields and Links that the sign-in page shows in a
	// language of the site. It gets the way as it is. cardea.New calls it for the first language,
	// and the first page in a language for that one; it may be called concurrently. Defaults to the
	// same texts in every language.
	Translate func(w Way, t *language.Texts) Way

	// Messages are the texts that the built-in sign-in page shows for each Error.Reason. Defaults
	// to one text for all reasons.
	Messages map[string]string

	// Start answers POST signin/{ID}, for a way that leads somewhere else first. It has kept the
	// rule SenderOwnPage and VisitorAnybody. Defaults to leading to the sign-in page.
	Start Handler

	// Finish answers POST callback/{ID}, for a way that checks a form. It has kept the rule
	// SenderOwnPage and VisitorAnybody. To the clients of Auth.js the way is then one of
	// credentials. Defaults to a failure.
	Finish Handler

	// Mailed says that Start mails a link or a code to the address that the visitor has typed, the
	// input email of Start's form, and that Finish and Return sign in whoever has got the mail; see
	// [Addresses]. The way is then one of email: the sign-in page has an input for the address, and
	// so have the clients of Auth.js. It needs Start and Finish, and has no Fields.
	//
	// Mailed returns the address to which this browser has asked for a mail with a code, and where
	// the visitor was going. The page that says that a mail was sent then has a form for the input
	// code, which Finish gets. If address is empty, the page has no form. Defaults to another way.
	Mailed func(ctx context.Context) (address, callbackURL string)

	// Return answers GET callback/{ID}, to which a browser comes back from elsewhere. Nothing was
	// checked: what the URL says must prove itself and belong to this browser. Defaults to a
	// failure.
	Return Handler
}

// Link is a link to a page of a feature.
type Link struct {
	Path string // path of a GET endpoint below Config.BasePath, such as "qr/help"
	Text string // text of the link
}

// Field is one input of a form. It becomes an HTML input element.
type Field struct {
	Name         string // name attribute: letters, digits, -, . and _; it begins with a letter
	Label        string // text that is shown to people; defaults to Name
	Type         string // type attribute, such as password; defaults to text
	Placeholder  string // placeholder attribute; defaults to none
	Autocomplete string // autocomplete attribute, such as username or current-password; defaults to none
	InputMode    string // inputmode attribute, such as numeric for a code of digits; defaults to none
	Required     bool   // if the value is empty, the form is refused and the check not called
}

// Rows are rows that a feature keeps for users.
type Rows struct {
	// Delete deletes the rows of a user. It is called when the user is deleted and, if the rows are
	// credentials, when the user is adopted by the owner of an address. Ctx carries the
	// transaction. It may be called more than once, and for users who have no rows.
	Delete func(ctx context.Context, userID string) error

	// HasCredential reports whether the user can sign in with these rows alone. Then another way in
	// may be removed, and somebody who proves the user's unproven address does not become the user.
	// Ctx carries the transaction. Defaults to rows that are no credentials, such as a log.
	HasCredential func(ctx context.Context, userID string) (bool, error)

	// Revoke deletes what a stranger may know or have added who has had the account since some
	// time: a password, a factor that is newer. It is called when the owner takes the account back
	// with the link of a mail and, since the zero time, when the first proof of an address makes
	// its owner the user. Ctx carries the transaction. Defaults to nothing.
	Revoke func(ctx context.Context, userID string, since time.Time) error

	// Export returns what a user may read about these rows, as a value for package json, and nil if
	// there is nothing. It must contain no secret. Defaults to nothing.
	Export func(ctx context.Context, userID string) (any, error)
}
