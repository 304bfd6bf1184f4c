package factor

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/cardea-auth/cardea/internal/redact"
)

// Factor is something that a user has beside the first proof: an authenticator app.
type Factor struct {
	ID     string // chosen by who creates it, unique among all factors; 64 characters at most
	UserID string // the id of the user
	Kind   string // "totp"; 16 characters at most
	Name   string // what the user calls it; 64 characters at most, possibly ""
	Secret string `json:"-"` // encrypted; any length

	// LastStep is the time step of the code that was used last, of RFC 6238 § 4.2. No code of this
	// step or of one before counts again.
	LastStep int64

	CreatedAt  time.Time // when it was confirmed
	LastUsedAt time.Time // zero if it was never used for a sign-in
}

// Format implements [fmt.Formatter]. It writes everything but the secret.
func (f Factor) Format(s fmt.State, _ rune) { redact.Format(s, f) }

// LogValue implements [slog.LogValuer]. It contains what Format writes.
func (f Factor) LogValue() slog.Value { return redact.Value(f) }

// Store is what an Adapter also needs for second factors; gormadapter and memadapter are one. The
// rules of [cardea.Adapter] hold: the methods may be called concurrently, take part in the
// transaction that ctx carries, keep times to the millisecond and return them in UTC, and compare
// texts byte for byte.
//
// A Store should also have this method, which writes the same secret, sealed with Config.Secret, if
// the stored text is old. Otherwise it returns [cardea.ErrConflict]. With it an app that is used
// can be used after the secret of before is gone:
//
//	ReplaceFactorSecret(ctx context.Context, userID, id, old, sealed string) error
//
// If a user is deleted, the feature deletes the factors and recovery codes with DeleteFactors. A
// database may do it itself.
type Store interface {
	// Factors returns the factors of a user, ordered by CreatedAt and then by ID. If the user has
	// none or does not exist, the list is empty and the error is nil.
	Factors(ctx context.Context, userID string) ([]*Factor, error)

	// CreateFactor adds f. If the ID exists, for any user, the error is [cardea.ErrConflict]; if
	// the user does not exist, [cardea.ErrNotFound].
	CreateFactor(ctx context.Context, f *Factor) error

	// UseFactor sets LastStep of a factor of that user to a higher value, and LastUsedAt to used,
	// in one atomic step. If several callers set the same value at the same time, exactly one
	// succeeds. If step is not above the stored value, or if the user has no such factor, the error
	// is [cardea.ErrConflict].
	UseFactor(ctx context.Context, userID, id string, step int64, used time.Time) error

	// DeleteFactor deletes a factor if it belongs to that user. If there is no such factor, the
	// error is nil.
	DeleteFactor(ctx context.Context, userID, id string) error

	// DeleteFactors deletes all factors and all recovery codes of a user. If there are none, the
	// error is nil.
	DeleteFactors(ctx context.Context, userID string) error

	// ReplaceRecoveryCodes deletes the recovery codes of a user and adds those with the given
	// hashes, all or nothing. Of several callers at the same time, the codes of one are left. A
	// hash has 64 characters. If the user does not exist, the error is [cardea.ErrNotFound].
	ReplaceRecoveryCodes(ctx context.Context, userID string, hashes []string) error

	// CountRecoveryCodes returns how many recovery codes a user has.
	CountRecoveryCodes(ctx context.Context, userID string) (int, error)

	// UseRecoveryCode deletes the recovery code of that user with exactly that hash, in one atomic
	// step. If several callers use the same code at the same time, exactly one succeeds. If the
	// user has no such code, the error is [cardea.ErrNotFound].
	UseRecoveryCode(ctx context.Context, userID, hash string) error
}

// secretReplacer is the method that a [Store] should have.
type secretReplacer interface {
	ReplaceFactorSecret(ctx context.Context, userID, id, old, sealed string) error
}
