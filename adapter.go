package cardea

import (
	"context"
	"time"
)

// Adapter is the store of users and their accounts. Module adapter/gormadapter implements it for
// GORM, package memadapter in memory. Package adaptertest tests whether another implementation
// keeps this contract.
//
// These rules hold for all methods:
//   - They may be called concurrently.
//   - What one has written and returned, the others find, also in other processes and on other
//     servers of the database. Otherwise visitors who have just signed in would be told that they
//     are not, and would lose their cookie. A store may make an exception for
//     [SessionStore.Session] of a session that was changed or deleted, as with read replicas.
//   - They take part in the transaction that ctx carries (see Transact), and stop when ctx ends.
//   - If nothing is found, the error is [ErrNotFound]. If a value that must be unique is taken, it
//     is [ErrConflict]. Both may be wrapped. Any other error is a failure of the store.
//   - Strings compare byte for byte.
//   - Times are stored to the millisecond or better, and returned in UTC.
//
// A text that the store cannot hold, because a column is too short or has too few characters, is
// never cut or changed. If it is optional, the row is stored without it: a name, a picture, and the
// texts of an account that UpdateAccount can change, but not its type. An expiry is not stored
// without its access token. If the text is required, the error is [ErrRefused].
//
// The id of a user is a string. A store with other keys, such as numbers, writes them as strings.
// CreateUser refuses an id that is not a valid key; for the other methods no such user exists.
//
// Sessions with [StrategyDatabase] also need a [SessionStore], sign-in by mail a [TokenStore], and
// passkeys an [AuthenticatorStore].
//
// An adapter may also have this method, with which most sign-ins take two statements less:
//
//	LockReads(ctx context.Context, of Adapter) (locking context.Context, ok bool)
//
// It is called in a transaction, before that reads anything. With the context that it returns,
// UserByID, UserByEmail and UserByAccount lock the user whom they return, as LockUser does, and
// read what was committed last. A user whom UserByAccount returns keeps the account until the
// transaction has ended. If ok is false, the store cannot do that. It is also called before a
// transaction, and then only says whether one may be able to.
//
// Of is the adapter of the site. If it is another one than the receiver, ok must be false: it may
// embed the receiver, and answer one of the three itself, such as from a cache. One that always
// asks the receiver has the method too, and passes the receiver on as of.
type Adapter interface {
	// Transact runs fn in one transaction. What fn writes through its ctx is kept if fn returns
	// nil, and undone if fn returns an error or panics.
	//
	// If ctx carries a transaction already, such as the application's, fn joins it. An error of fn
	// then undoes what fn wrote, and leaves the outer transaction usable. If the database aborts
	// the transaction, for example because of a deadlock or a serialization failure, the adapter
	// may run fn again, a limited number of times.
	Transact(ctx context.Context, fn func(ctx context.Context) error) error

	// NewUser returns a pointer to a new, empty user entity of the application's type, such as
	// *User for gormadapter.WithUser[User]. [User.Entity] holds such a pointer. An adapter without
	// entities of the application always returns nil.
	NewUser() any

	// CreateUser adds u. If u.ID is empty, the adapter fills it. An empty name, e-mail or image is
	// stored as no value, so any number of users may have no e-mail. If the id or the e-mail is
	// taken, the error is ErrConflict.
	//
	// u.Entity is nil, or comes from NewUser and has the application's fields filled. CreateUser
	// writes the fields of u over it. Afterwards u.Entity is the stored row.
	CreateUser(ctx context.Context, u *User) error

	// UserByID returns the user with that id, or ErrNotFound. If the user is deleted and the row is
	// kept, it returns the user together with [ErrUserDeleted]. So do UserByEmail and
	// UserByAccount. All other methods treat such a user as one who does not exist.
	UserByID(ctx context.Context, id string) (*User, error)

	// UserByEmail returns the user with exactly that e-mail, or ErrNotFound. Callers pass the
	// e-mail in lower case. For an empty e-mail the error is ErrNotFound.
	//
	// If the store lets only one user have an e-mail in whatever case, and has it in another case,
	// UserByEmail returns that user. Only A to Z and a to z count as the same letters.
	UserByEmail(ctx context.Context, email string) (*User, error)

	// UserByAccount returns the user to whom the provider's account is linked, or ErrNotFound.
	UserByAccount(ctx context.Context, provider, providerAccountID string) (*User, error)

	// UpdateUser writes name, e-mail, e-mail verification and image of the user with u.ID, and
	// changes no other column. Afterwards u.Entity is the stored row. If there is no such user, the
	// error is ErrNotFound; if the e-mail is taken, ErrConflict.
	UpdateUser(ctx context.Context, u *User) error

	// LockUser makes other calls of LockUser and UpdateUser for this user wait until the
	// transaction that ctx carries has ended. A caller that has waited then reads what that
	// transaction has written. Other methods need not wait. LockUser is called before the
	// transaction reads anything. If there is no such user, the error is ErrNotFound.
	LockUser(ctx context.Context, id string) error

	// DeleteUser deletes the user with all accounts and sessions of the user, in one transaction.
	// If there is no such user, the error is nil.
	DeleteUser(ctx context.Context, id string) error

	// LinkAccount adds a. If the account is linked already, to any user, the error is ErrConflict;
	// if the user does not exist, ErrNotFound.
	//
	// a.Entity is nil, or a row of the application that has the application's fields filled.
	// LinkAccount writes the fields of a over it. If the store has such rows, a.Entity is the
	// stored row afterwards.
	LinkAccount(ctx context.Context, a *Account) error

	// UpdateAccount writes the type and the tokens of a to the stored account with the same
	// Provider and ProviderAccountID. It changes neither the owner nor any other column.
	//
	// If a field of a is empty, the stored value stays, because many providers send a refresh token
	// only once. The expiry belongs to the access token: if a has an access token and a zero
	// expiry, the stored expiry is removed. If there is no such account, the error is ErrNotFound.
	UpdateAccount(ctx context.Context, a *Account) error

	// ForgetTokens removes the refresh token, the access token with its expiry, and the ID token of
	// the account, and changes no other column. If there is no such account, the error is nil.
	ForgetTokens(ctx context.Context, provider, providerAccountID string) error

	// UnlinkAccount removes the account. If there is no such account, the error is nil.
	UnlinkAccount(ctx context.Context, provider, providerAccountID string) error

	// Accounts returns the accounts of a user, ordered by provider and account id. If the user has
	// none or does not exist, the list is empty and the error is nil.
	Accounts(ctx context.Context, userID string) ([]*Account, error)
}

// SessionStore is what an [Adapter] also needs for sessions with [StrategyDatabase]. The rules of
// Adapter hold.
type SessionStore interface {
	// CreateSession adds s. If the token exists, the error is ErrConflict; if the user does not
	// exist, ErrNotFound. s.Entity is as in LinkAccount.
	//
	// What describes the sign-in (Methods, Level, AuthTime, CreatedAt, SeenAt, IP and UserAgent) is
	// optional: a store that has no place for one of them leaves it out, and returns its zero
	// value. It may set it to the zero value in s too; then the log says so. Methods contain no
	// spaces; joined by spaces they have at most 64 bytes. The texts are ASCII; IP has at most 45
	// characters, UserAgent 255.
	CreateSession(ctx context.Context, s *Session) error

	// Session returns the session with that token and its user in Session.User, in one round trip,
	// whether it has expired or not. If the session or its user does not exist, the error is
	// ErrNotFound. Every request of a signed-in visitor calls it, so it may leave out IP and
	// UserAgent, which only lists need.
	Session(ctx context.Context, token string) (*Session, error)

	// RenewSession changes the expiry of a session, and nothing else. It never restores a deleted
	// session: if there is no such session, the error is ErrNotFound.
	//
	// In a transaction it makes other calls for this session that write wait until the transaction
	// has ended. So if several transactions renew a session and then delete it, one of them finds
	// it.
	RenewSession(ctx context.Context, token string, expires time.Time) error

	// DeleteSession deletes the session. If there is no such session, the error is nil.
	DeleteSession(ctx context.Context, token string) error

	// Sessions returns the sessions of a user, expired or not, without Session.User, ordered by
	// token. If the user has none or does not exist, the list is empty and the error is nil.
	Sessions(ctx context.Context, userID string) ([]*Session, error)

	// DeleteSessions deletes the sessions of a user, and returns how many. The session whose token
	// is except stays. If except is empty, or the token of another user's session, all sessions of
	// the user are deleted. If there are none, the error is nil.
	DeleteSessions(ctx context.Context, userID, except string) (int, error)

	// DeleteExpiredSessions deletes at most limit sessions that expired before the given time, and
	// returns how many.
	DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error)
}

// SessionTracker is what a [SessionStore] also needs so that sessions know when they were last
// used. Without it, SeenAt stays the time of the sign-in. The rules of Adapter hold.
type SessionTracker interface {
	// TouchSession stores seen as SeenAt of the session with that token, if SeenAt is not stored or
	// not later than before. In the same step it stores created as CreatedAt, if CreatedAt is not
	// stored. It changes nothing else. If there is no such session, or the store has no place for
	// SeenAt, the error is nil.
	TouchSession(ctx context.Context, token string, before, seen, created time.Time) error
}

// TokenStore is what an [Adapter] also needs for sign-in by mail. If several processes serve the
// site, [Auth.AccessToken] needs it, and what may be used once is then used once by all of them:
// the callback of a sign-in, and what [oauth.Redirection.Once] gets. The rules of Adapter hold.
type TokenStore interface {
	// CreateVerificationToken adds t. If the token exists, the error is ErrConflict.
	CreateVerificationToken(ctx context.Context, t *VerificationToken) error

	// ConsumeVerificationToken deletes the token and returns it, expired or not, in one atomic
	// step. If several callers consume a token at the same time, exactly one gets it; the error of
	// the others is ErrNotFound. If the token belongs to another identifier, it stays, and the
	// error is ErrNotFound.
	ConsumeVerificationToken(ctx context.Context, identifier, token string) (*VerificationToken, error)

	// DeleteVerificationTokens deletes the tokens of exactly that identifier, and returns how many.
	// If there are none, the error is nil.
	DeleteVerificationTokens(ctx context.Context, identifier string) (int, error)

	// DeleteExpiredVerificationTokens deletes at most limit tokens that expired before the given
	// time, and returns how many.
	DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (int, error)
}

// VerificationToken is a single-use token: for a link or code in a mail, for a [Feature], for the
// lock that a process holds while it refreshes the tokens of an account, or for something that was
// used and must not be used again.
type VerificationToken struct {
	Identifier string    // the e-mail address; otherwise a word, a colon and perhaps a provider or user ID
	Token      string    `json:"-"` // a hash, never the text in the mail
	Expires    time.Time // when it expires; afterwards it is not accepted
}
