package cardea

import (
	"context"
	"time"
)

// Adapter is the store of users and their accounts. Module adapter/gormadapter has one for GORM,
// and package memadapter one in memory. Package adaptertest tests whether another one keeps this
// contract.
//
// These rules hold for all methods:
//   - They may be called concurrently.
//   - They take part in the transaction that ctx carries (see Transact), and stop when ctx ends.
//   - If nothing is found, the error is [ErrNotFound]. If a value that must be unique is taken, it
//     is [ErrConflict]. Both may be wrapped. Any other error is a failure of the store.
//   - Strings compare byte for byte.
//   - Times are stored to the millisecond or better, and returned in UTC.
//
// The id of a user is a string. A store with other keys, such as numbers, writes them as strings.
// CreateUser refuses an id that is not a valid key; for the other methods no such user exists.
//
// Sessions with [StrategyDatabase] also need a [SessionStore], sign-in by mail a [TokenStore], and
// passkeys an [AuthenticatorStore].
type Adapter interface {
	// Transact runs fn in one transaction. What fn writes through its ctx is kept if fn returns
	// nil, and undone if fn returns an error or panics.
	//
	// If ctx carries a transaction already, such as the application's, fn joins it. An error of fn
	// then undoes what fn wrote, and leaves the outer transaction usable. The adapter may run fn
	// again, a bounded number of times, if the database gave up the transaction, for example
	// because of a deadlock or a serialization failure.
	Transact(ctx context.Context, fn func(ctx context.Context) error) error

	// NewUser returns a pointer to a new, empty user entity of the application's type, such as
	// *User for gormadapter.WithUser[User]. [User.Entity] holds such a pointer. An adapter without
	// entities of the application always returns nil.
	NewUser() any

	// CreateUser adds u. If u.ID is empty, the adapter fills it. u.Entity is nil or comes from
	// NewUser with the application's fields filled: the fields of u are written over it, and
	// u.Entity is the stored row afterwards. An empty name, e-mail or image is stored as no value,
	// so any number of users may have no e-mail. A taken id or e-mail is ErrConflict.
	CreateUser(ctx context.Context, u *User) error

	// UserByID returns the user with that id, or ErrNotFound.
	UserByID(ctx context.Context, id string) (*User, error)

	// UserByEmail returns the user with exactly that e-mail, or ErrNotFound. Callers pass it in
	// lower case. An empty e-mail finds nobody.
	UserByEmail(ctx context.Context, email string) (*User, error)

	// UserByAccount returns the user to whom the provider's account is linked, or ErrNotFound.
	UserByAccount(ctx context.Context, provider, providerAccountID string) (*User, error)

	// UpdateUser writes name, e-mail, e-mail verification and image of the user with u.ID, and
	// leaves every other column unchanged. u.Entity is the stored row afterwards. If there is no
	// such user, the error is ErrNotFound; if the e-mail is taken, ErrConflict.
	UpdateUser(ctx context.Context, u *User) error

	// LockUser blocks other LockUser calls for this user until the transaction that ctx carries
	// ends; later reads see its result. Other methods need not wait. It is called before the
	// transaction reads anything. If there is no such user, the error is ErrNotFound.
	LockUser(ctx context.Context, id string) error

	// DeleteUser deletes the user with all accounts and sessions of the user, in one transaction.
	// If there is no such user, the error is nil.
	DeleteUser(ctx context.Context, id string) error

	// LinkAccount adds a. If the account is linked already, to any user, the error is ErrConflict;
	// if the user does not exist, ErrNotFound. a.Entity is nil or a row of the application with its
	// own fields filled: the fields of a are written over it, and a.Entity is the stored row
	// afterwards, if the store has such rows.
	LinkAccount(ctx context.Context, a *Account) error

	// UpdateAccount writes the type and the tokens of a to the account with its Provider and
	// ProviderAccountID. The owner and every other column never change.
	//
	// A field that is empty in a keeps its stored value, because many providers send a refresh
	// token only once. The expiry belongs to the access token: with a new access token a zero
	// expiry removes the stored one. If there is no such account, the error is ErrNotFound.
	UpdateAccount(ctx context.Context, a *Account) error

	// ForgetTokens removes the refresh token, the access token with its expiry, and the ID token of
	// the account, and leaves every other column unchanged. If there is no such account, the error
	// is nil.
	ForgetTokens(ctx context.Context, provider, providerAccountID string) error

	// UnlinkAccount removes the account. If there is no such account, the error is nil.
	UnlinkAccount(ctx context.Context, provider, providerAccountID string) error

	// Accounts returns the accounts of a user, ordered by provider and account id; none for a user
	// who has none or does not exist.
	Accounts(ctx context.Context, userID string) ([]*Account, error)
}

// SessionStore is what an [Adapter] also needs for sessions with [StrategyDatabase]. The rules of
// Adapter hold.
type SessionStore interface {
	// CreateSession adds s. If the token exists, the error is ErrConflict; if the user does not
	// exist, ErrNotFound. s.Entity is as in LinkAccount.
	CreateSession(ctx context.Context, s *Session) error

	// Session returns the session with that token and its user in Session.User, in one round trip,
	// whether it has expired or not. A session without its user counts as not found: ErrNotFound.
	Session(ctx context.Context, token string) (*Session, error)

	// RenewSession changes the expiry of a session. It never brings back a deleted one: if there is
	// no such session, the error is ErrNotFound.
	RenewSession(ctx context.Context, token string, expires time.Time) error

	// DeleteSession deletes the session. If there is no such session, the error is nil.
	DeleteSession(ctx context.Context, token string) error

	// Sessions returns the sessions of a user, expired or not, without Session.User, ordered by
	// token; none for a user who has none or does not exist.
	Sessions(ctx context.Context, userID string) ([]*Session, error)

	// DeleteSessions deletes the sessions of a user except the one with the token except, and
	// returns how many. If except is empty, or belongs to another user, it deletes all of them. If
	// there are none, the error is nil.
	DeleteSessions(ctx context.Context, userID, except string) (int, error)

	// DeleteExpiredSessions deletes at most limit sessions that expired before the given time, and
	// returns how many.
	DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error)
}

// TokenStore is what an [Adapter] also needs for sign-in by mail, and for [Auth.AccessToken] in
// several processes. The rules of Adapter hold.
type TokenStore interface {
	// CreateVerificationToken adds t. If the token exists, the error is ErrConflict.
	CreateVerificationToken(ctx context.Context, t *VerificationToken) error

	// ConsumeVerificationToken deletes the token and returns it, expired or not, in one atomic
	// step: of any number of concurrent callers exactly one gets it, the others ErrNotFound. A
	// token of another identifier is ErrNotFound and stays.
	ConsumeVerificationToken(ctx context.Context, identifier, token string) (*VerificationToken, error)

	// DeleteVerificationTokens deletes the tokens of exactly that identifier, and returns how many.
	// If there are none, the error is nil.
	DeleteVerificationTokens(ctx context.Context, identifier string) (int, error)

	// DeleteExpiredVerificationTokens deletes at most limit tokens that expired before the given
	// time, and returns how many.
	DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (int, error)
}

// VerificationToken is a single-use token: that of a link or code that was mailed, or a lock that
// one process holds while it refreshes the tokens of an account.
type VerificationToken struct {
	Identifier string    // the e-mail address; for a lock "refresh:" and the provider's id
	Token      string    // a hash, never what was mailed
	Expires    time.Time // when it becomes worthless
}
