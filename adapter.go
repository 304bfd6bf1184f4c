package cardea

import (
	"context"
	"time"
)

// Adapter is the store of users and their accounts. Package adapter/gormadapter has the one for
// GORM, package memadapter one in memory; package adaptertest tells whether one of your own keeps
// this contract.
//
// All methods may be called concurrently, take part in the transaction that ctx carries (see
// Transact), and stop when ctx ends. Nothing found is [ErrNotFound], a value that must be unique
// and is taken is [ErrConflict], both possibly wrapped; everything else is a failure of the store.
// Strings compare byte for byte. Times are kept to the millisecond at least and come back in UTC.
//
// The id of a user is a text. A store whose keys are something else, such as numbers, writes them
// as text, refuses in CreateUser what is none of its keys, and takes it for a user who does not
// exist everywhere else.
//
// An adapter that also is a [SessionStore] can serve the [StrategyDatabase] strategy, one that also
// is a [TokenStore] sign-in by e-mail, and one that also is an [AuthenticatorStore] passkeys.
type Adapter interface {
	// Transact runs fn in one transaction: all that fn writes through the ctx it is given is kept
	// when fn returns nil, and none of it when fn returns an error or panics. A transaction that
	// ctx already carries, the application's own included, is joined: an error of fn then undoes
	// what fn wrote and leaves the outer transaction usable. The adapter may run fn again, a
	// bounded number of times, when the database gave up the transaction for reasons of its own (a
	// deadlock, a serialization failure).
	Transact(ctx context.Context, fn func(ctx context.Context) error) error

	// NewUser returns a pointer to a new, empty user entity of the application's type, such as
	// *User for gormadapter.WithUser[User]. It is what [User.Entity] holds. An adapter without
	// entities of the application's returns nil, always.
	NewUser() any

	// CreateUser adds u. An empty u.ID is filled by the adapter. u.Entity is nil or comes from
	// NewUser, with the application's own fields filled: the fields of u are written over it, and
	// the row as stored is in u.Entity afterwards. An empty name, e-mail or image is stored as no
	// value, so any number of users may be without e-mail. A taken id or e-mail is ErrConflict.
	CreateUser(ctx context.Context, u *User) error

	// UserByID returns the user with that id, or ErrNotFound.
	UserByID(ctx context.Context, id string) (*User, error)

	// UserByEmail returns the user with exactly that e-mail, or ErrNotFound. Callers pass it in
	// lower case. An empty e-mail finds nobody.
	UserByEmail(ctx context.Context, email string) (*User, error)

	// UserByAccount returns the user to whom the provider's account is linked, or ErrNotFound.
	UserByAccount(ctx context.Context, provider, providerAccountID string) (*User, error)

	// UpdateUser writes name, e-mail, e-mail verification and image of the user u.ID and leaves
	// every other column alone; u.Entity is the row as it then is. No such user is ErrNotFound, a
	// taken e-mail ErrConflict.
	UpdateUser(ctx context.Context, u *User) error

	// LockUser makes whoever locks the same user wait until the transaction that ctx carries has
	// ended, and finds what that transaction left; other methods need not wait. It is called before
	// anything is read in the transaction. No such user is ErrNotFound.
	LockUser(ctx context.Context, id string) error

	// DeleteUser removes the user with all accounts and sessions that hang on it, in one
	// transaction. No such user is no error.
	DeleteUser(ctx context.Context, id string) error

	// LinkAccount adds a. An account that is linked already, to whomever, is ErrConflict; a user
	// who does not exist is ErrNotFound. a.Entity is nil or a row of the application's with its own
	// fields filled: the fields of a are written over it, and the row as stored is in a.Entity
	// afterwards, where the store has such rows.
	LinkAccount(ctx context.Context, a *Account) error

	// UpdateAccount writes the type and the tokens of a to the account with its Provider and
	// ProviderAccountID. A field that is empty in a keeps its stored value, because many providers
	// send a refresh token only once; but the expiry is of the access token, and with a new one a
	// zero expiry removes the stored one. The owner and every other column never change. No such
	// account is ErrNotFound.
	UpdateAccount(ctx context.Context, a *Account) error

	// ForgetTokens removes the refresh token, the access token with its expiry, and the ID token of
	// the account, and leaves every other column alone. No such account is no error.
	ForgetTokens(ctx context.Context, provider, providerAccountID string) error

	// UnlinkAccount removes the account. No such account is no error.
	UnlinkAccount(ctx context.Context, provider, providerAccountID string) error

	// Accounts returns the accounts of a user, ordered by provider and account id; none for a user
	// who has none or does not exist.
	Accounts(ctx context.Context, userID string) ([]*Account, error)
}

// SessionStore is what an [Adapter] needs beside its own methods for the [StrategyDatabase] session
// strategy. The rules of Adapter hold.
type SessionStore interface {
	// CreateSession adds s. A token that exists is ErrConflict, a user who does not exist is
	// ErrNotFound. s.Entity is as in LinkAccount.
	CreateSession(ctx context.Context, s *Session) error

	// Session returns the session with that token and its user in Session.User, in one round trip,
	// whether it has expired or not. A session without its user counts as not found: ErrNotFound.
	Session(ctx context.Context, token string) (*Session, error)

	// RenewSession moves the expiry of a session. It never brings back a deleted one: no such
	// session is ErrNotFound.
	RenewSession(ctx context.Context, token string, expires time.Time) error

	// DeleteSession removes the session. No such session is no error.
	DeleteSession(ctx context.Context, token string) error

	// Sessions returns the sessions of a user, expired or not, without Session.User, ordered by
	// token; none for a user who has none or does not exist.
	Sessions(ctx context.Context, userID string) ([]*Session, error)

	// DeleteSessions removes the sessions of a user, all but the one with the token except, and
	// returns how many. An except that is empty, or of another user's session, spares none. None is
	// no error.
	DeleteSessions(ctx context.Context, userID, except string) (int, error)

	// DeleteExpiredSessions removes at most limit sessions that expired before the given time, and
	// returns how many.
	DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error)
}

// TokenStore is what an [Adapter] needs beside its own methods for sign-in by e-mail, and for
// [Auth.AccessToken] in several processes. The rules of Adapter hold.
type TokenStore interface {
	// CreateVerificationToken adds t. A token that exists is ErrConflict.
	CreateVerificationToken(ctx context.Context, t *VerificationToken) error

	// ConsumeVerificationToken removes the token and returns it, expired or not, in one atomic
	// step: of any number of concurrent callers exactly one gets it, the others ErrNotFound. A
	// token of another identifier is ErrNotFound and stays.
	ConsumeVerificationToken(ctx context.Context, identifier, token string) (*VerificationToken, error)

	// DeleteVerificationTokens removes the tokens of exactly that identifier, and returns how many.
	// None is no error.
	DeleteVerificationTokens(ctx context.Context, identifier string) (int, error)

	// DeleteExpiredVerificationTokens removes at most limit tokens that expired before the given
	// time, and returns how many.
	DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (int, error)
}

// VerificationToken is a single-use token sent to an e-mail address. Token is a hash, never what
// was sent. While a provider's tokens are being refreshed, one is the sign of it to other
// processes: then Identifier is no address.
type VerificationToken struct {
	Identifier string
	Token      string
	Expires    time.Time
}
