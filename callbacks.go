package cardea

import (
	"context"
	"encoding/json"

	"github.com/cardea-auth/cardea/oauth"
)

// SignIn is a sign-in. For [Callbacks] it is about to happen, for [Events] it has happened.
type SignIn struct {
	// User is the stored user who signs in, whether the account belongs to the user already or is
	// about to be linked. For a new user it is built from the profile, and its ID is empty until
	// the row exists.
	User *User

	// Account is the account at the provider, with its tokens. For sign-in by mail or credentials
	// it is not stored.
	Account *Account

	// Profile is the person as the provider describes them. For credentials it is built from the
	// user.
	Profile *oauth.Profile

	// IsNewUser says that this sign-in creates, or has created, the user.
	IsNewUser bool

	// Linking says that the account is a new one for an existing User: this sign-in links it, or
	// has linked it. With LinkByVerifiedEmail the user may be known by the address alone; otherwise
	// User is Current. It is false for sign-in by mail and credentials.
	Linking bool

	// Current is the user who is signed in in this browser, or was until this sign-in. It may be
	// another one than User, if the flow began before that user signed in. It is nil if nobody is
	// signed in, or if the user of the session does not exist any more.
	Current *User

	// Methods are how the person has proven who they are, as in [Session].Methods. They are nil if
	// nothing is proven yet.
	Methods []string

	// FirstProof says that the person becomes an existing user by being the first who proves the
	// address: nobody else can sign in as the user, or Adopt says that the person is the user. The
	// user's other sessions end then, and what features have of the user may be a stranger's, so it
	// is deleted.
	FirstProof bool

	// VerificationRequest says that a visitor asks for a mail to the user's address, and has not
	// proven yet that the address is theirs. It is true only for Callbacks.SignIn.
	VerificationRequest bool
}

// Trigger says why a session callback runs.
type Trigger string

// The triggers. The values are those of Auth.js. If a session is only read, the trigger is "".
const (
	TriggerSignIn Trigger = "signIn" // an existing user signs in
	TriggerSignUp Trigger = "signUp" // a new user signs in for the first time
	TriggerUpdate Trigger = "update" // the browser asked for an update of the session
)

// TokenChange is a JWT session that is about to be written, for Callbacks.JWT.
type TokenChange struct {
	// Claims are the content of the token: name, email, picture, sub and what the callback added
	// before. If the user has proven the address, verified_email is that address, and
	// verified_email_at is when, in seconds since 1970. They are dropped if email is another
	// address afterwards. A callback that returns a map of its own should keep them.
	Claims oauth.Claims

	// Trigger says why the token is written. It is "" if the browser reads its session.
	Trigger Trigger

	// SignIn is the sign-in for TriggerSignIn and TriggerSignUp, and nil otherwise.
	SignIn *SignIn

	// Update is the JSON that the browser sent with TriggerUpdate, and nil otherwise. Do not trust
	// it.
	Update json.RawMessage
}

// SessionView is what a browser is about to get as its session, for Callbacks.Session.
type SessionView struct {
	// Session is the session. It must not be changed.
	Session *Session

	// User is the member user of the answer: name, email and image, and what the callback adds. A
	// member without a value is nil.
	User oauth.Claims

	// Extra has further members of the answer, in addition to user and expires. It is empty at
	// first.
	Extra oauth.Claims

	// Trigger is TriggerUpdate if the browser asked for an update, and "" otherwise.
	Trigger Trigger

	// Update is the JSON that the browser sent with TriggerUpdate, and nil otherwise. Do not trust
	// it.
	Update json.RawMessage
}

// Callbacks are functions of the application that decide about sign-ins and sessions. They may be
// called concurrently. If one is nil, its default applies. [UserAs] with their ctx returns the
// application's row of the user whom the call is about.
//
// If a callback returns an error, the request fails and the error is logged. In a sign-in, the
// visitor sees the code of an [Error]; for any other error, the code of the step that failed.
type Callbacks struct {
	// SignIn decides whether a person may sign in. It is called when the provider has proven who
	// the person is, it is decided which user signs in, and nothing is stored yet. For sign-in by
	// mail it is also called before the mail is sent; see SignIn.VerificationRequest.
	//
	// What it allows is what happens. If the store changes meanwhile, so that another user would
	// sign in, another account would be linked or another address verified, it is called again with
	// what would happen now. A sign-in that is refused with CodeAccountNotLinked does not call it.
	//
	// An error denies the sign-in, with AccessDenied unless it is an [Error]. If redirect is not
	// empty, the visitor goes there and is not signed in. Defaults to letting everybody in.
	SignIn func(ctx context.Context, in *SignIn) (redirect string, err error)

	// DeletedUser decides about a person who was a user, is deleted, and whose row is kept (soft
	// deletion). In.User is that user, In.User.Entity the row. In.Profile says what is proven: if
	// its EmailVerified is false, somebody else may have the same address. It is called before
	// SignIn, and before anything is stored.
	//
	// To let the person come back as the same user, remove the mark and return nil. To let the
	// person start as a new user, delete the row for good, or remove its address and accounts, and
	// return nil. The user is then looked for again, and the sign-in is decided as usual. If the
	// user is still deleted, or the callback returns an error, the sign-in is denied, with
	// AccessDenied unless the error is an [Error]. Defaults to denying it.
	DeletedUser func(ctx context.Context, in *SignIn) error

	// Redirect decides where a visitor goes after signing in or out. Target is the requested URL,
	// base the origin of the site. The function may be called with its own result, and must then
	// return it unchanged. It is not asked about the pages of the handler, such as the one that
	// shows recovery codes.
	//
	// A result that is not an absolute http or https URL counts as base. Defaults to the target if
	// it has the same origin or one of Config.TrustedOrigins, and to base otherwise.
	Redirect func(ctx context.Context, target, base string) string

	// JWT changes the content of a JWT session: at sign-in, at each GET session, and at an update.
	// If it returns nil claims, the session ends. It can change neither the claim sid, which
	// signing out needs, nor the claim signin, which says when and how the user signed in. Defaults
	// to keeping all claims.
	JWT func(ctx context.Context, t *TokenChange) (oauth.Claims, error)

	// Session changes the answer of GET session. For columns of the user's own row, such as a role,
	// [Config.SessionUser] suffices. Defaults to name, email, image and expires.
	Session func(ctx context.Context, v *SessionView) error

	// Authorized is called whenever a session is read, by the middleware too. If it returns false,
	// the visitor is treated as not signed in, for example because the user was disabled. An error
	// is answered with 503. [Auth.AccessToken] calls it with a session that has only UserID and
	// User. Defaults to true.
	Authorized func(ctx context.Context, s *Session) (bool, error)

	// HasOtherCredential reports whether a user can sign in with something other than accounts,
	// mail, passkeys and Features, such as a password. [Auth.UnlinkAccount] calls it before it
	// removes the last account, with a ctx that carries the transaction.
	//
	// A sign-in calls it if it is the first proof of the address of a user who has nothing else to
	// sign in with. If it returns true, a stranger may have registered the address, so the person
	// does not become that user. With a [CredentialsProvider] that is so without asking. An
	// application that checks passwords itself and calls [Auth.SignIn] must set it.
	//
	// Defaults to false.
	HasOtherCredential func(ctx context.Context, u *User) (bool, error)
}

// Events are functions that are called after something has happened and is stored. They may be
// called concurrently. The answer is sent after they return, and they cannot change it. [UserAs]
// with their ctx returns the application's row of the user. Defaults to none.
type Events struct {
	CreateUser  func(ctx context.Context, u *User)                               // a user was created
	UpdateUser  func(ctx context.Context, u *User)                               // a sign-in changed a user's row
	LinkAccount func(ctx context.Context, u *User, a *Account, p *oauth.Profile) // an account was linked
	SignIn      func(ctx context.Context, in *SignIn)                            // somebody signed in
	SignOut     func(ctx context.Context, s *Session)                            // somebody signed out
	Session     func(ctx context.Context, s *Session)                            // a browser read its session
}
