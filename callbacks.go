package cardea

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/cardea-auth/cardea/oauth"
)

// SignIn is a sign-in: one that is about to happen for [Callbacks], one that has happened for
// [Events].
type SignIn struct {
	// User is the stored user. For a new user it is built from the profile, and ID is empty until
	// the row exists.
	User *User

	// Account is the account at the provider, with its tokens. For sign-in by mail or credentials
	// it is not stored.
	Account *Account

	// Profile is the person as the provider describes them. For credentials it is built from the
	// user.
	Profile *oauth.Profile

	// IsNewUser says that the user is or was created by this sign-in.
	IsNewUser bool

	// VerificationRequest says that a mail is about to be sent to the user's address, and that
	// nothing is proven yet. Only Callbacks.SignIn sees it.
	VerificationRequest bool
}

// Trigger says why a session callback runs.
type Trigger string

// The triggers of Auth.js. A plain read of a session has the trigger "".
const (
	TriggerSignIn Trigger = "signIn" // a user who existed before signed in
	TriggerSignUp Trigger = "signUp" // the sign-in created the user
	TriggerUpdate Trigger = "update" // the browser asked for an update of the session
)

// TokenChange is a JWT session about to be written.
type TokenChange struct {
	// Claims are the content of the token: name, email, picture, sub and what the callback added
	// before.
	Claims oauth.Claims

	// Trigger says why the token is written; "" for a plain read.
	Trigger Trigger

	// SignIn is the sign-in for TriggerSignIn and TriggerSignUp, and nil otherwise.
	SignIn *SignIn

	// Update is the JSON that the browser sent with TriggerUpdate, and nil otherwise. Do not trust
	// it.
	Update json.RawMessage
}

// SessionView is what a browser is about to learn about its session.
type SessionView struct {
	// Session is the session. It must not be changed.
	Session *Session

	// User becomes the member user: name, email and image, and what the callback adds.
	User oauth.Claims

	// Extra becomes further members beside user and expires.
	Extra oauth.Claims

	// Trigger is TriggerUpdate if the browser asked for an update, and "" otherwise.
	Trigger Trigger

	// Update is the JSON that the browser sent with TriggerUpdate, and nil otherwise. Do not trust
	// it.
	Update json.RawMessage
}

// Callbacks let the application decide. All may run concurrently. An error ends the request: access
// is denied, the cause is logged, and the visitor sees the code of an [Error], or the code of the
// step that failed.
type Callbacks struct {
	// SignIn decides whether a person whom a provider has proven may sign in. Nothing is written
	// before it.
	//
	// An error denies the sign-in, with AccessDenied unless it is an [Error]. A redirect that is
	// not empty sends the visitor there instead of signing in. Defaults to letting everybody in.
	SignIn func(ctx context.Context, in *SignIn) (redirect string, err error)

	// Redirect decides where a visitor goes after signing in or out. Target is the requested URL,
	// base the origin of the site. It may be called again with its own result and must return it
	// unchanged.
	//
	// Defaults to the target if it has the same origin, and to base otherwise.
	Redirect func(ctx context.Context, target, base string) string

	// JWT changes the content of a JWT session, at sign-in, on each GET session and on update. Nil
	// claims end the session. The claim sid cannot be changed, because signing out needs it.
	// Defaults to keeping all claims.
	JWT func(ctx context.Context, t *TokenChange) (oauth.Claims, error)

	// Session changes what GET session tells the browser. Defaults to name, email, image and
	// expires.
	Session func(ctx context.Context, v *SessionView) error

	// Authorized is called whenever a session is read, by the middleware too. False means that the
	// session does not count, for example because the user was disabled. [Auth.AccessToken] calls
	// it with a session that has only UserID and User. Defaults to true.
	Authorized func(ctx context.Context, s *Session) (bool, error)

	// HasOtherCredential reports whether a user can sign in with something other than accounts,
	// mail and passkeys, such as a password. [Auth.UnlinkAccount] calls it before it removes the
	// last account, with a ctx that carries the transaction. Defaults to false.
	HasOtherCredential func(ctx context.Context, u *User) (bool, error)
}

// Events tell the application what happened, after it was stored. They run before the answer is
// sent, possibly concurrently, and cannot change it. Nil fields are not called.
type Events struct {
	CreateUser  func(ctx context.Context, u *User)                               // a user was created
	UpdateUser  func(ctx context.Context, u *User)                               // a sign-in changed a user
	LinkAccount func(ctx context.Context, u *User, a *Account, p *oauth.Profile) // an account was linked
	SignIn      func(ctx context.Context, in *SignIn)                            // somebody signed in
	SignOut     func(ctx context.Context, s *Session)                            // somebody signed out
	Session     func(ctx context.Context, s *Session)                            // a browser read its session
}

// UserHook is a function for [Config.OnCreateUser], made by [BeforeCreate]. The zero value does
// nothing.
type UserHook struct {
	entity reflect.Type
	fill   func(ctx context.Context, entity any, p *oauth.Profile) error
}

// BeforeCreate returns a hook that fills the application's columns of a new user from the profile.
//
// The hook runs in the transaction that then inserts the user, the account and the session; ctx
// carries that transaction. It may run more than once for one user, if the database asks for the
// transaction to be repeated. Sign-in then writes its own columns: id, name, email, email
// verification and image.
//
// An error undoes the sign-in. The visitor sees its code if it is an [Error], and 503 if the error
// says that a context has ended.
//
// U must be the type with which the adapter was made. Otherwise [New] returns an error.
func BeforeCreate[U any](fill func(ctx context.Context, u *U, p *oauth.Profile) error) UserHook {
	return UserHook{
		entity: reflect.TypeFor[*U](),
		fill: func(ctx context.Context, entity any, p *oauth.Profile) error {
			return fill(ctx, entity.(*U), p)
		},
	}
}

// typeOfUser is the type of the adapter's user entities, nil if it has none.
func typeOfUser(a Adapter) reflect.Type {
	if a == nil {
		return nil
	}
	return reflect.TypeOf(a.NewUser())
}
