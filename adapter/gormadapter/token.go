package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// CreateVerificationToken adds t through GORM.
func (a *Adapter) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	r := a.token.fill(a.entities.token.new())
	r.set("Token", t.Token)
	r.set("Expires", new(stored(t.Expires)))
	r.set("Identifier", t.Identifier)
	if r.err != nil {
		return fmt.Errorf("create verification token: %w", r.err)
	}
	create := func() error { return a.writer(ctx, a.token).Omit(clause.Associations).Create(r.entity).Error }
	if err := a.retried(ctx, create); err != nil {
		return a.errors.wrap(ctx, "create verification token", err)
	}
	return nil
}

// ConsumeVerificationToken removes the token and returns it, to exactly one of its callers.
func (a *Adapter) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	consume := a.consumeInOne
	if a.statements.consumeToken == nil {
		consume = a.consumeInTwo
	}
	expires, err := consume(ctx, identifier, token)
	if err != nil {
		return nil, a.errors.wrap(ctx, "consume verification token", err)
	}
	return &cardea.VerificationToken{Identifier: identifier, Token: token, Expires: stored(expires)}, nil
}

// consumeInOne is one DELETE ... RETURNING. It reads to the end, because only the step that finds
// no more rows commits the deletion.
func (a *Adapter) consumeInOne(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	err = a.retried(ctx, func() error {
		expires, err = a.deleteReturning(ctx, identifier, token)
		return err
	})
	return expires, err
}

func (a *Adapter) deleteReturning(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	rows, err := a.query(ctx, a.statements.consumeToken, token, identifier)
	if err != nil {
		return expires, err
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		found = true
		if err := rows.Scan(&expires); err != nil {
			return expires, err
		}
	}
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
		return expires, err
	}
	if !found {
		return expires, cardea.ErrNotFound
	}
	return expires, nil
}

// consumeInTwo is for databases without RETURNING: of all who have read the token, one deletes it.
func (a *Adapter) consumeInTwo(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	err = a.Transact(ctx, func(ctx context.Context) error {
		if expires, err = a.tokenExpiry(ctx, identifier, token); err != nil {
			return err
		}
		n, err := a.exec(ctx, a.statements.deleteToken, token, identifier)
		if err == nil && n == 0 {
			err = cardea.ErrNotFound
		}
		return err
	})
	return expires, err
}

func (a *Adapter) tokenExpiry(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	rows, err := a.query(ctx, a.statements.token, token, identifier)
	if err != nil {
		return expires, err
	}
	defer rows.Close()
	if !rows.Next() {
		return expires, cmp.Or(rows.Err(), cardea.ErrNotFound)
	}
	return expires, rows.Scan(&expires)
}

// DeleteExpiredVerificationTokens removes at most limit tokens that expired before the given time,
// and returns how many.
func (a *Adapter) DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (int, error) {
	return a.deleteExpired(ctx, "delete expired verification tokens", a.statements.deleteExpiredTokens, before, limit)
}
