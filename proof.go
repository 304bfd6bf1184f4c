package cardea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cardea-auth/cardea/internal/emailaddr"
	"github.com/cardea-auth/cardea/oauth"
)

// Proof says who signs in, for [Auth.SignIn]: the application has made sure of it.
type Proof struct {
	// UserID is the id of the user. With a [Config.Adapter] the user must exist in the store.
	// Either UserID or Email must be set.
	UserID string

	// Email is the address that the person has proven to be theirs, for example with a link that
	// was mailed to it, as sign-in by mail stores it: in lower case. The user with this address
	// signs in or, if there is none, a new user, as in a sign-in by mail: a user who never proved
	// the address and can sign in in another way loses it. It needs an Adapter.
	Email string

	// User has the name, the address and the picture of the session if there is no Adapter, and the
	// name and picture of a new user with Email. Its ID is empty or UserID. Otherwise it is
	// ignored, because the row is read. Defaults to a user who has only the ID or the Email.
	User *User

	// Raw is what else is known about a new user with Email, such as what was typed when the person
	// signed up: [Config.OnCreateUser] gets it as Profile.Raw. Otherwise it is ignored. Defaults to
	// nothing.
	Raw oauth.Claims

	// Within runs in the transaction that stores the user and the session, which ctx carries, after
	// the user is stored, so that rows of the application are stored with them or not at all, such
	// as a password or a used invitation. It may run more than once. An error undoes the sign-in;
	// see [Callbacks] for its meaning. If a feature holds the sign-in for a second proof, Within
	// runs once, when the first is stored, and what it writes stays. It needs an Adapter. Defaults
	// to nothing.
	Within func(ctx context.Context, u *User) error

	// Methods are how the person has proven who they are, for [Session.Methods]: names of RFC 8176,
	// such as pwd and otp, or of your own. All of them together, with spaces between them, have at
	// most 64 bytes. Defaults to none, as for impersonation.
	Methods []string

	// Confirms says that the user was signed in already, and has proven again who they are: their
	// session gets a new key, and AuthTime is now. When it ends, [SessionConfig].Lifetime after its
	// sign-in, stays. It needs UserID; if somebody else is signed in, or nobody, the error is an
	// [Error] with [CodeAccessDenied]. Methods are those of the session afterwards, so they usually
	// have the old ones too. Defaults to false: a new sign-in.
	Confirms bool

	// Provider tells callbacks, events and the log how the person has signed in, as
	// Account.Provider, such as "registration", "invitation" or "impersonation": lower-case
	// letters, digits, hyphens and underscores. Defaults to "application".
	Provider string
}

// defaultProofProvider is the Account.Provider of a Proof without Provider.
const defaultProofProvider = "application"

// check returns what is wrong with a proof. Own are the addresses of the feature whose proof it is,
// if it has some: then Email is as the feature spells it.
func (p Proof) check(a *Auth, own *addresses) error {
	switch {
	case (p.UserID == "") == (p.Email == ""):
		return errors.New("want either Proof.UserID or Proof.Email")
	case p.Email != "" && own != nil && !own.isStored(p.Email):
		return errors.New("Proof.Email is not an address as the feature normalizes it")
	case p.Email != "" && own == nil &&
		(p.Email != strings.ToLower(emailaddr.Clean(p.Email)) || !strings.Contains(p.Email, "@")):
		return errors.New("Proof.Email is not an address in lower case")
	case (p.Email != "" || p.Within != nil) && a.config.Adapter == nil:
		return errors.New("Proof.Email and Proof.Within need a Config.Adapter")
	case p.Confirms && p.UserID == "":
		return errors.New("Proof.Confirms needs Proof.UserID")
	case p.User != nil && p.User.ID != "" && p.User.ID != p.UserID:
		return errors.New("Proof.User has another ID than Proof.UserID")
	case p.Provider != "" && !providerIDPattern.MatchString(p.Provider):
		return fmt.Errorf("Proof.Provider: want lower-case letters, digits, - and _, have %q", p.Provider)
	}
	if err := checkMethods(p.Methods); err != nil {
		return fmt.Errorf("Proof.Methods: %w", err)
	}
	return nil
}

// identity returns the identity that a proof is of.
func (p Proof) identity() identity {
	u := User{}
	if p.User != nil {
		u = *p.User
	}
	u.ID = p.UserID
	provider := cmp.Or(p.Provider, defaultProofProvider)
	id := namedIdentity(&u, provider)
	if p.Email != "" {
		id = identity{
			profile: &oauth.Profile{
				ID: p.Email, Name: u.Name, Email: p.Email, EmailVerified: true, Image: u.Image, Raw: p.Raw,
			},
			account:   &Account{Type: TypeEmail, Provider: provider, ProviderAccountID: p.Email},
			isAddress: true,
		}
	}
	id.methods, id.within = p.Methods, p.Within
	if p.Confirms {
		id.confirms = p.UserID
	}
	return id
}

// SignIn signs a user in from the application's own code, for example after the application has
// registered or invited the user, or for a colleague who helps the user (impersonation). It sets
// the session cookie in the header of w and returns the new session. What the visitor then sees is
// for the application to write, usually a redirect.
//
// SignIn ends where every sign-in ends. [Callbacks.SignIn] decides, Callbacks.JWT and the events
// run, and both values of [Strategy] work. Account.Type is [TypeCredentials] or, with Proof.Email,
// [TypeEmail], Account.Provider is Proof.Provider. The session that the browser had ends, whoever
// it belonged to, and the CSRF token changes. A second call with the same w replaces the session of
// the first.
//
// Call SignIn before anything of the response is written, and after the transaction that stores the
// user has committed. SignIn sets Cache-Control to "private, no-store"; do not change it, because
// the response has the session cookie. [SessionFrom] and [UserAs] still return what the request
// came with.
//
// SignIn does not check who has sent the request. A handler that calls it should refuse requests of
// other sites, with [http.CrossOriginProtection] or a token; otherwise another site can sign a
// visitor in as somebody else.
//
// If somebody signs in as another user, neither the session nor its row says so. Callbacks.SignIn
// and Events.SignIn see it in SignIn.Current and Account.Provider, and a JWT can keep it as a
// claim, such as act of RFC 8693 § 4.1. The application can also keep it under [Session.ID].
//
// If SignIn returns an error, w has no cookie of a new session. If the error is
//   - an [Error] with a Redirect, the visitor must go there first, for example to give a second
//     proof; w may have a cookie for that;
//   - an Error with [CodeInvalidCheck], Proof.Email is the address of the user who is signed in,
//     who has never proven it, and SignIn cannot ask whether it is theirs: they must sign out
//     first;
//   - any other Error, such as one with [CodeAccessDenied], a callback has refused, and the visitor
//     may see its Code;
//   - [ErrNotFound], possibly wrapped in an Error, there is no such user, or the user was deleted.
//
// Any other error is a mistake in the call, such as a response that was written already, or a
// failure of the store.
//
// SignIn proves no address. If the application signs people in with credentials of its own, such as
// passwords, it must set [Callbacks.HasOtherCredential]; otherwise the person who proves an address
// by mail may share a user with a stranger who has registered it.
//
// SignIn may be called concurrently, with different requests.
func (a *Auth) SignIn(w http.ResponseWriter, r *http.Request, p Proof) (*Session, error) {
	s, err := p.signIn(a, w, r)
	if err != nil {
		return nil, fmt.Errorf("cardea: sign in: %w", err)
	}
	return s, nil
}

// errWritten is the error of a method that cannot set a cookie any more.
var errWritten = errors.New("the header of the response was written already")

func (p Proof) signIn(a *Auth, w http.ResponseWriter, r *http.Request) (*Session, error) {
	if err := p.check(a, nil); err != nil {
		return nil, err
	}
	if headerWritten(w) {
		return nil, errWritten
	}
	e, err := a.newExchange(w, r)
	if err != nil {
		return nil, err
	}
	defer e.tasks.start(&a.tasks)
	res, to, err := completion{e}.do(p.identity())
	if _, ok := errors.AsType[*linkQuestion](err); ok {
		return nil, noConsent()
	}
	if err != nil {
		return nil, err
	}
	if to != "" {
		e.writeCookies()
		return nil, &Error{
			Code: CodeAccessDenied, Redirect: to,
			Err: errors.New("a callback or a feature sends the visitor elsewhere first"),
		}
	}
	e.writeCookies()
	if res.session == nil {
		return nil, fail(CodeAccessDenied, "Callbacks.JWT has ended the session")
	}
	return res.session, nil
}

// SignOut ends the session of the request from the application's own code, for example if the user
// deletes a project or closes an account. It clears the session cookie in the header of w, changes
// the CSRF token and calls Events.SignOut, as POST signout does. If nobody is signed in, it does
// nothing and the error is nil.
//
// Call SignOut before anything of the response is written. It sets Cache-Control to "private,
// no-store". If the store fails, the cookie is cleared all the same, and the error says that the
// session still exists.
//
// A handler that calls SignOut should refuse requests of other sites, as for [Auth.SignIn].
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request) error {
	if headerWritten(w) {
		return fmt.Errorf("cardea: sign out: %w", errWritten)
	}
	e, err := a.newExchange(w, r)
	if err == nil {
		err = e.signOut()
		e.writeCookies()
	}
	if err != nil {
		return fmt.Errorf("cardea: sign out: %w", err)
	}
	return nil
}

// writeCookies writes the cookies to the response of an application's handler, which no cache may
// store then.
func (e *exchange) writeCookies() {
	e.jar.Write(e.w.Header())
	(&uncacheable{ResponseWriter: e.w}).forbid()
}
