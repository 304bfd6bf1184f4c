package memadapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
)

// passwords are the passwords of an adapter's users.
type passwords struct {
	adapter *Adapter
	rows    map[string]storedPassword // by user ID
}

// storedPassword is the password of a user.
type storedPassword struct {
	hash    string
	changed time.Time
}

// PasswordHash returns the hash of the user's password and when the user got it, or
// [cardea.ErrNotFound].
func (p *passwords) PasswordHash(ctx context.Context, userID string) (hash string, changed time.Time, err error) {
	err = p.adapter.do(ctx, func(*transaction) error {
		row, ok := p.rows[userID]
		if !ok {
			return cardea.ErrNotFound
		}
		hash, changed = row.hash, row.changed
		return nil
	})
	return hash, changed, err
}

// SetPasswordHash gives the user a password, in the place of another one if there is one. A user
// who does not exist is [cardea.ErrNotFound].
func (p *passwords) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	return p.adapter.do(ctx, func(tx *transaction) error {
		if _, ok := p.adapter.users[userID]; !ok {
			return cardea.ErrNotFound
		}
		put(tx, p.rows, userID, storedPassword{hash, stored(changed)})
		return nil
	})
}

// ReplacePasswordHash writes another hash of the same password if the stored one is old. Otherwise
// it is [cardea.ErrConflict].
func (p *passwords) ReplacePasswordHash(ctx context.Context, userID, old, hash string) error {
	return p.adapter.do(ctx, func(tx *transaction) error {
		row, ok := p.rows[userID]
		if !ok || row.hash != old {
			return cardea.ErrConflict
		}
		put(tx, p.rows, userID, storedPassword{hash, row.changed})
		return nil
	})
}

// DeletePassword removes the password of the user. No password is no error.
func (p *passwords) DeletePassword(ctx context.Context, userID string) error {
	return p.adapter.do(ctx, func(tx *transaction) error {
		if _, ok := p.rows[userID]; ok {
			remove(tx, p.rows, userID)
		}
		return nil
	})
}
