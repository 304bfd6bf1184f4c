package memadapter

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
)

// factors are second factors and recovery codes.
type factors struct {
	adapter       *Adapter
	rows          map[string]factor.Factor // by ID
	recoveryCodes map[recoveryKey]struct{}
}

// recoveryKey is a recovery code of a user.
type recoveryKey struct{ userID, hash string }

// Factors returns the factors of a user, ordered by CreatedAt and then by ID. The list is empty if
// the user has none or does not exist.
func (s *factors) Factors(ctx context.Context, userID string) ([]*factor.Factor, error) {
	var list []*factor.Factor
	err := s.adapter.do(ctx, func(*transaction) error {
		for _, row := range s.rows {
			if row.UserID == userID {
				list = append(list, &row)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(x, y *factor.Factor) int {
		return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), cmp.Compare(x.ID, y.ID))
	})
	return list, err
}

// CreateFactor adds f. An ID that exists, of any user, is [cardea.ErrConflict]; a user who does not
// exist is [cardea.ErrNotFound].
func (s *factors) CreateFactor(ctx context.Context, f *factor.Factor) error {
	return s.adapter.do(ctx, func(tx *transaction) error {
		if _, taken := s.rows[f.ID]; taken {
			return cardea.ErrConflict
		}
		if _, ok := s.adapter.users[f.UserID]; !ok {
			return cardea.ErrNotFound
		}
		row := *f
		row.CreatedAt, row.LastUsedAt = stored(f.CreatedAt), stored(f.LastUsedAt)
		put(tx, s.rows, row.ID, row)
		return nil
	})
}

// UseFactor raises the last step of a factor. A step that is not above the stored one, and a factor
// that the user does not have, are [cardea.ErrConflict].
func (s *factors) UseFactor(ctx context.Context, userID, id string, step int64, used time.Time) error {
	return s.adapter.do(ctx, func(tx *transaction) error {
		row, ok := s.rows[id]
		if !ok || row.UserID != userID || step <= row.LastStep {
			return cardea.ErrConflict
		}
		row.LastStep, row.LastUsedAt = step, stored(used)
		put(tx, s.rows, id, row)
		return nil
	})
}

// ReplaceFactorSecret replaces the sealed secret of a factor. Another one than old, and a factor
// that the user does not have, are [cardea.ErrConflict].
func (s *factors) ReplaceFactorSecret(ctx context.Context, userID, id, old, sealed string) error {
	return s.adapter.do(ctx, func(tx *transaction) error {
		row, ok := s.rows[id]
		if !ok || row.UserID != userID || row.Secret != old {
			return cardea.ErrConflict
		}
		row.Secret = sealed
		put(tx, s.rows, id, row)
		return nil
	})
}

// DeleteFactor removes the factor if it belongs to that user. No such factor is no error.
func (s *factors) DeleteFactor(ctx context.Context, userID, id string) error {
	return s.adapter.do(ctx, func(tx *transaction) error {
		if row, ok := s.rows[id]; ok && row.UserID == userID {
			remove(tx, s.rows, id)
		}
		return nil
	})
}

// DeleteFactors removes all factors and recovery codes of a user.
func (s *factors) DeleteFactors(ctx context.Context, userID string) error {
	return s.adapter.do(ctx, func(tx *transaction) error {
		s.removeOf(tx, userID)
		return nil
	})
}

func (s *factors) removeOf(tx *transaction, userID string) {
	for id, row := range s.rows {
		if row.UserID == userID {
			remove(tx, s.rows, id)
		}
	}
	s.removeRecoveryCodes(tx, userID)
}

// ReplaceRecoveryCodes removes the recovery codes of a user and adds others. A user who does not
// exist is [cardea.ErrNotFound].
func (s *factors) ReplaceRecoveryCodes(ctx context.Context, userID string, hashes []string) error {
	return s.adapter.do(ctx, func(tx *transaction) error {
		if _, ok := s.adapter.users[userID]; !ok {
			return cardea.ErrNotFound
		}
		s.removeRecoveryCodes(tx, userID)
		for _, hash := range hashes {
			put(tx, s.recoveryCodes, recoveryKey{userID, hash}, struct{}{})
		}
		return nil
	})
}

// CountRecoveryCodes returns how many recovery codes a user has.
func (s *factors) CountRecoveryCodes(ctx context.Context, userID string) (n int, err error) {
	err = s.adapter.do(ctx, func(*transaction) error {
		for key := range s.recoveryCodes {
			if key.userID == userID {
				n++
			}
		}
		return nil
	})
	return n, err
}

// UseRecoveryCode removes a recovery code. A code that the user does not have is
// [cardea.ErrNotFound].
func (s *factors) UseRecoveryCode(ctx context.Context, userID, hash string) error {
	return s.adapter.do(ctx, func(tx *transaction) error {
		key := recoveryKey{userID, hash}
		if _, ok := s.recoveryCodes[key]; !ok {
			return cardea.ErrNotFound
		}
		remove(tx, s.recoveryCodes, key)
		return nil
	})
}

func (s *factors) removeRecoveryCodes(tx *transaction, userID string) {
	for key := range s.recoveryCodes {
		if key.userID == userID {
			remove(tx, s.recoveryCodes, key)
		}
	}
}
