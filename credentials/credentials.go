// Package credentials is sign-in with a form on your own site, such as one for a name and a
// password. The application checks the input. Cardea shows the form, protects it against cross-site
// requests and creates the session.
//
//	credentials.New(credentials.Options{
//		Fields: []cardea.Field{
//			{Name: "email", Label: "Email", Type: "email", Autocomplete: "username", Required: true},
//			{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Required: true},
//		},
//		Password: &credentials.Password{Find: find, Verify: verify, Decoy: decoy},
//	})
//
// # Security notes
//
// Neither a response nor its timing may reveal who has an account. [Password] takes care of that:
// it does the same work and gives the same response for an unknown name, a wrong password, a user
// without password, and a user who is locked. Another check must do the same: run the expensive
// step exactly once in each case, refuse with the same code, and give a reason only to a visitor
// who has proven to be that user.
//
// The number of tries that fail is limited for each account and each client, by Limits of
// [cardea.Config], before the check runs; see docs/limits.md. With [Password] all names of a user
// share the limit. A check that has limits of its own returns a [cardea.Error] with the code
// [cardea.CodeRateLimited].
package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// Options configure sign-in with a form. Fields is required, and either Password or Authorize.
type Options struct {
	// ID is the provider's ID, which is part of URLs. Defaults to "credentials".
	ID string

	// Name is the provider's name on the sign-in page. Defaults to "Credentials".
	Name string

	// Fields are the fields of the form, in their order on the page.
	Fields []cardea.Field

	// Account are the names of the fields that together name the account, for the limits of tries,
	// such as those of a tenant and a user. Defaults to the one field that is no secret, or to the
	// one of them with the Autocomplete username, or else to the one of the type email.
	Account []string

	// Password checks a name and a password.
	Password *Password

	// Authorize is another check. It returns the user who signs in, or an error of [Refuse]. A nil
	// user without an error is refused too. Any other error is a failure of the site: it is logged,
	// and the visitor gets the error code Configuration. Authorize may be called concurrently.
	//
	// With an adapter the user must exist in the store, and only the ID of the returned one is
	// used. To let new users in, create them in Authorize. Without an adapter the session has the
	// user as Authorize returns it.
	Authorize func(ctx context.Context, in Input) (*cardea.User, error)

	// Methods are what the check proves, for [cardea.Session.Methods], such as "pwd" and "otp" if
	// the form asks for both: names of RFC 8176, or of your own. Defaults to "pwd".
	Methods []string

	// Messages are the texts of the built-in sign-in page, by code of [Refuse]. Defaults to the
	// same text for all codes.
	Messages map[string]string

	// Style is how the provider looks on the sign-in page.
	Style oauth.Style
}

// New returns a provider for [cardea.Config]. [cardea.New] reports what is wrong with o.
func New(o Options) *cardea.CredentialsProvider {
	p := &cardea.CredentialsProvider{
		ID: cmp.Or(o.ID, "credentials"), Name: cmp.Or(o.Name, "Credentials"), Fields: o.Fields, Account: o.Account,
		Methods: o.Methods, Messages: o.Messages, Style: o.Style,
	}
	authorize := o.Authorize
	switch {
	case (o.Authorize == nil) == (o.Password == nil):
		p.Err = errors.New("want either Password or Authorize")
	case o.Password != nil:
		p.Err = o.Password.check(o.Fields)
		authorize = o.Password.authorize
	}
	p.Authorize = func(ctx context.Context, values map[string]string, r *http.Request) (*cardea.User, error) {
		return authorize(ctx, Input{values, r})
	}
	return p
}

// Input is the content of a submitted form. Package fmt and loggers print none of its values. It is
// safe for concurrent use.
type Input struct {
	values  map[string]string
	request *http.Request
}

// Get returns the value of a field, or "" if it is empty or not in the form. A value has 4096 bytes
// at most and is valid UTF-8 without NUL. It is not changed otherwise: spaces are kept.
func (in Input) Get(field string) string { return in.values[field] }

// Request returns the HTTP request that submitted the form. Its body has been read.
func (in Input) Request() *http.Request { return in.request }

// Format implements [fmt.Formatter]. It writes a constant text instead of the values.
func (in Input) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, formInput) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (in Input) LogValue() slog.Value { return slog.StringValue(formInput) }

const formInput = "[form input]"

// Refuse returns the error with which a check refuses the visitor. The sign-in page gets
// error=CredentialsSignin and code=code in its query, and can show a text for the code. A code has
// 1 to 64 letters, digits, hyphens, dots and underscores; any other, the empty one included,
// becomes "credentials". The visitor can read the code: see the security notes.
func Refuse(code string) error {
	return &cardea.Error{
		Code: cardea.CodeCredentialsSignIn, Reason: code, Err: errors.New("refused by the application's check"),
	}
}
