package password

import (
	"context"
	"time"
)

// Store keeps one password of each user, as a hash that says how it was made. A [cardea.Adapter]
// that is a Store can have passwords. All methods may be called concurrently, and join the
// transaction that ctx carries. Package adaptertest tests this contract.
type Store interface {
	// PasswordHash returns the hash and when the user got the password, in UTC. It returns
	// [cardea.ErrNotFound] if the user has none.
	PasswordHash(ctx context.Context, userID string) (hash string, changed time.Time, err error)

	// SetPasswordHash gives the user a password. If the user has one, both its hash and its time
	// are replaced. A user who does not exist is [cardea.ErrNotFound].
	SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error

	// ReplacePasswordHash writes another hash of the same password if the stored hash is old. It
	// does not change the time. Otherwise it returns [cardea.ErrConflict]. Of any number of
	// concurrent callers exactly one succeeds. If the hash cannot be stored, such as in a column
	// that is too narrow, it returns [cardea.ErrRefused], and the transaction can go on.
	ReplacePasswordHash(ctx context.Context, userID, old, hash string) error

	// DeletePassword removes the password of the user. It does nothing if there is none.
	DeletePassword(ctx context.Context, userID string) error
}
