// Package credentials is sign-in with what people type into a form of your own site, such as a name
// and a password. The application checks it; Cardea does the rest: the form, its protection, the
// session.
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
// An answer, and how long it takes, must not tell who has an account. Where passwords are checked,
// [Password] sees to it: the same work and the same answer for a name that nobody has, a wrong
// password, a user without password, and one who is locked out. A check of another kind has to: do
// the expensive step exactly once whatever is found, refuse with the same code, and tell a reason
// only to who has proven to be that user.
//
// Nothing here limits how often somebody tries. A check should: by the name in the one way to write
// it, by the address of [Input.Request], and for names that nobody has just as for others. A
// [cardea.Error] with the code [cardea.CodeRateLimited] tells the visitor.
package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// Options are what [New] needs: Fields, and Password or Authorize.
type Options struct {
	ID     string // Defaults to "credentials".
	Name   string // For people. Defaults to "Credentials".
	Fields []cardea.Field

	// Password is the check of a name with a password.
	Password *Password

	// Authorize is any other check. It returns who signs in, and an error made by [Refuse] for who
	// does not. A nil user is refused too; every other error is a failure of the site, which is
	// logged and shown as Configuration.
	//
	// With an adapter the user must exist in the store, and only its ID counts: a check that lets
	// new people in creates them first. Without an adapter the session holds what Authorize
	// returns.
	Authorize func(ctx context.Context, in Input) (*cardea.User, error)

	// Messages are what the built-in sign-in page says for a code of [Refuse]. Defaults to one text
	// for all.
	Messages map[string]string

	Style oauth.Style
}

// New returns the provider for cardea.Config. What is wrong with o is reported by cardea.New.
func New(o Options) *cardea.CredentialsProvider {
	p := &cardea.CredentialsProvider{
		ID: cmp.Or(o.ID, "credentials"), Name: cmp.Or(o.Name, "Credentials"), Fields: o.Fields, Messages: o.Messages,
		Style: o.Style,
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

// Input is what somebody typed. Package fmt and logs show nothing of it.
type Input struct {
	values  map[string]string
	request *http.Request
}

// Get returns the value of a field of the form, "" when it was left out. It has at most 4096 bytes,
// is valid UTF-8 without NUL, and is otherwise as it was typed, spaces included.
func (in Input) Get(field string) string { return in.values[field] }

// Request is the request that sent the form. Its body has been read.
func (in Input) Request() *http.Request { return in.request }

// Format hides what was typed.
func (in Input) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[what was typed]") }

// Refuse returns the error by which a check refuses. The sign-in page gets the code beside
// error=CredentialsSignin, as ?code=, for a text of its own; an empty code is "credentials", as is
// one that is not 1 to 64 letters, digits, -, . and _. Everybody who looks learns the code: see the
// security notes.
func Refuse(code string) error {
	return &cardea.Error{
		Code: cardea.CodeCredentialsSignIn, Reason: code, Err: errors.New("refused by the application's check"),
	}
}
