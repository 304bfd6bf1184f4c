package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"gorm.io/gorm/clause"
)

// factorStore is the [factor.Store] in tables factor and recovery_code.
type factorStore struct{ adapter *Adapter }

// Factors returns the factors of a user, ordered by CreatedAt and then by ID. It reads from the
// primary. It returns none and no error if there is no such user.
func (s factorStore) Factors(ctx context.Context, userID string) ([]*factor.Factor, error) {
	a := s.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return nil, nil // no user has that ID
	}
	rows, err := a.db.readAll(ctx, a.statements.factors, a.factor, key)
	if err != nil {
		return nil, a.errors.wrap(ctx, "list factors", err)
	}
	list := make([]*factor.Factor, len(rows))
	for i, r := range rows {
		list[i] = r.secondFactor()
	}
	slices.SortFunc(list, func(x, y *factor.Factor) int {
		return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), cmp.Compare(x.ID, y.ID))
	})
	return list, nil
}

// secondFactor returns the factor whose entity r has.
func (r *row) secondFactor() *factor.Factor {
	return &factor.Factor{
		ID: r.text("ID"), UserID: r.text("UserID"), Kind: r.text("Kind"), Name: r.text("Name"),
		Secret: r.text("Secret"), LastStep: numberAt(r.at("LastStep")), CreatedAt: timeAt(r.at("CreatedAt")),
		LastUsedAt: timeAt(r.at("LastUsedAt")),
	}
}

// CreateFactor adds f through GORM. It returns ErrNotFound if there is no such user, and
// ErrConflict if the ID is taken.
func (s factorStore) CreateFactor(ctx context.Context, f *factor.Factor) error {
	r := s.adapter.factor.newRow()
	r.set("ID", f.ID)
	r.set("Kind", f.Kind)
	r.set("Name", f.Name)
	r.set("Secret", f.Secret)
	r.set("LastStep", f.LastStep)
	r.set("CreatedAt", new(utcMillis(f.CreatedAt)))
	r.set("LastUsedAt", nullableTime(f.LastUsedAt))
	return s.adapter.insert(ctx, "create factor", r, f.UserID)
}

// UseFactor sets LastStep and LastUsedAt in one statement, if step is above the stored value. It
// returns ErrConflict if it is not, or if the user has no such factor. It runs no hooks.
func (s factorStore) UseFactor(ctx context.Context, userID, id string, step int64, used time.Time) error {
	a := s.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return a.errors.wrap(ctx, "use factor", cardea.ErrConflict)
	}
	n, err := a.db.exec(ctx, a.statements.useFactor, step, utcMillis(used), key, id)
	if err == nil && n == 0 {
		err = cardea.ErrConflict
	}
	if err != nil {
		return a.errors.wrap(ctx, "use factor", err)
	}
	return nil
}

// ReplaceFactorSecret writes another sealed text of the same secret if the stored one is old, in
// one statement. Otherwise it returns ErrConflict. It runs no hooks.
func (s factorStore) ReplaceFactorSecret(ctx context.Context, userID, id, old, sealed string) error {
	a := s.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return a.errors.wrap(ctx, "replace factor secret", cardea.ErrConflict) // no user has that ID
	}
	n, err := a.db.exec(ctx, a.statements.replaceFactorSecret, sealed, key, id, old)
	if err == nil && n == 0 && sealed != old {
		err = cardea.ErrConflict
	}
	if err != nil {
		return a.errors.wrap(ctx, "replace factor secret", err)
	}
	return nil
}

// DeleteFactor removes the factor if it belongs to that user. Otherwise it does nothing.
func (s factorStore) DeleteFactor(ctx context.Context, userID, id string) error {
	a := s.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return nil // no user has that ID
	}
	if _, err := a.db.exec(ctx, a.statements.deleteFactor, key, id); err != nil {
		return a.errors.wrap(ctx, "delete factor", err)
	}
	return nil
}

// DeleteFactors removes all factors and recovery codes of a user. It runs no hooks.
func (s factorStore) DeleteFactors(ctx context.Context, userID string) error {
	a := s.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return nil // no user has that ID
	}
	return a.Transact(ctx, func(ctx context.Context) error {
		for _, stmt := range []*statement{a.statements.deleteFactors, a.statements.deleteRecoveryCodes} {
			if _, err := a.db.exec(ctx, stmt, key); err != nil {
				return a.errors.wrap(ctx, "delete factors", err)
			}
		}
		return nil
	})
}

// ReplaceRecoveryCodes deletes the recovery codes of a user and adds those with the given hashes,
// in a transaction that locks the user. It returns ErrNotFound if there is no such user.
func (s factorStore) ReplaceRecoveryCodes(ctx context.Context, userID string, hashes []string) error {
	a := s.adapter
	return a.Transact(ctx, func(ctx context.Context) error {
		if err := a.LockUser(ctx, userID); err != nil {
			return fmt.Errorf("replace recovery codes: %w", err)
		}
		key, err := a.user.key(userID)
		if err == nil {
			_, err = a.db.exec(ctx, a.statements.deleteRecoveryCodes, key)
		}
		if err != nil {
			return a.errors.wrap(ctx, "replace recovery codes", err)
		}
		for _, hash := range hashes {
			r := a.recoveryCode.newRow()
			r.set("Hash", hash)
			if err := a.insert(ctx, "replace recovery codes", r, userID); err != nil {
				return err
			}
		}
		return nil
	})
}

// CountRecoveryCodes returns how many recovery codes a user has. It reads from the primary.
func (s factorStore) CountRecoveryCodes(ctx context.Context, userID string) (int, error) {
	a := s.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return 0, nil // no user has that ID
	}
	rows, err := a.db.readAll(ctx, a.statements.recoveryCodes, a.recoveryCode, key)
	if err != nil {
		return 0, a.errors.wrap(ctx, "count recovery codes", err)
	}
	return len(rows), nil
}

// UseRecoveryCode deletes a recovery code in one statement. It returns ErrNotFound if the user has
// no such code. It runs no hooks.
func (s factorStore) UseRecoveryCode(ctx context.Context, userID, hash string) error {
	a := s.adapter
	key, err := a.user.key(userID)
	if err != nil {
		return a.errors.wrap(ctx, "use recovery code", err)
	}
	n, err := a.db.exec(ctx, a.statements.deleteOneRecoveryCode, key, hash)
	if err == nil && n == 0 {
		err = cardea.ErrNotFound
	}
	if err != nil {
		return a.errors.wrap(ctx, "use recovery code", err)
	}
	return nil
}

// factors compiles the statements of factorStore.
func (c *compiler) factors(s *statements, t tables) {
	owned, id, step := t.factor.sameKey("UserID", param(0)), t.factor.column("ID"), t.factor.column("LastStep")
	s.factors = c.selectRows(t.factor, where(owned))
	s.useFactor = c.compile(t.factor.schema, clause.Update{}, clause.Set{
		{Column: clause.Column{Name: step.Name}, Value: param(0)},
		{Column: clause.Column{Name: t.factor.column("LastUsedAt").Name}, Value: param(1)},
	}, where(t.factor.sameKey("UserID", param(2)), c.sameText(id, 3), clause.Lt{Column: step, Value: param(0)}))
	secret := t.factor.column("Secret")
	s.replaceFactorSecret = c.update(t.factor, secret,
		where(t.factor.sameKey("UserID", param(1)), c.sameText(id, 2), c.sameText(secret, 3)))
	s.deleteFactor = c.deleteRows(t.factor, where(owned, c.sameText(id, 1)))
	s.deleteFactors = c.deleteRows(t.factor, where(owned))

	owned, hash := t.recoveryCode.sameKey("UserID", param(0)), t.recoveryCode.column("Hash")
	s.recoveryCodes = c.selectRows(t.recoveryCode, where(owned))
	s.deleteRecoveryCodes = c.deleteRows(t.recoveryCode, where(owned))
	s.deleteOneRecoveryCode = c.deleteRows(t.recoveryCode, where(owned, c.sameText(hash, 1)))
}
