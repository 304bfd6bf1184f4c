package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// CreateVerificationToken adds t through GORM. It returns ErrConflict if the token exists.
func (a *Adapter) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	r := a.token.newRow()
	r.set("Token", t.Token)
	r.set("Expires", new(utcMillis(t.Expires)))
	r.set("Identifier", t.Identifier)
	if r.err != nil {
		return fmt.Errorf("create verification token: %w", r.err)
	}
	if err := a.layouts.fit(ctx, "create verification token", r); err != nil {
		return err
	}
	err := a.db.retry(ctx, func() error { // one that is added late overwrites nothing, and nobody has it
		return a.db.queued(ctx, func() error {
			return withUnknownResult(a.db.writer(ctx, a.token).Omit(clause.Associations).Create(r.entity).Error)
		})
	})
	if err != nil {
		return a.errors.wrap(ctx, "create verification token", err)
	}
	return nil
}

// ConsumeVerificationToken removes the token and returns it, even if it has expired. If several
// calls ask for the same token, exactly one gets it; the others, and calls for a token that does
// not exist, get ErrNotFound.
func (a *Adapter) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	expires, err := a.tokens.consume(ctx, identifier, token)
	if err != nil {
		return nil, a.errors.wrap(ctx, "consume verification token", err)
	}
	return &cardea.VerificationToken{Identifier: identifier, Token: token, Expires: utcMillis(expires)}, nil
}

// DeleteVerificationTokens removes all tokens with exactly that identifier, and returns how many it
// removed.
func (a *Adapter) DeleteVerificationTokens(ctx context.Context, identifier string) (int, error) {
	n, err := a.db.exec(ctx, a.statements.deleteTokens, identifier)
	if err != nil {
		return 0, a.errors.wrap(ctx, "delete verification tokens", err)
	}
	return int(n), nil
}

// DeleteExpiredVerificationTokens removes at most limit tokens that expired before the given time,
// and returns how many it removed. It removes none if limit is 0 or less.
func (a *Adapter) DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := a.db.deleteExpired(ctx, a.statements.deleteExpiredTokens, before, limit)
	if err != nil {
		return 0, a.errors.wrap(ctx, "delete expired verification tokens", err)
	}
	return n, nil
}

// tokenConsumer reads and deletes single-use tokens, so that each is returned only once.
type tokenConsumer struct {
	db         *database
	statements *statements
}

// consume deletes the token and returns its expiry, or ErrNotFound.
func (c tokenConsumer) consume(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	if c.statements.consumeToken == nil {
		return c.readAndDelete(ctx, identifier, token)
	}
	err = c.db.retry(ctx, func() error { // a token that is used up late overwrites nothing
		return c.db.queued(ctx, func() error {
			expires, err = c.deleteReturning(ctx, identifier, token)
			return withUnknownResult(err)
		})
	})
	return expires, err
}

// deleteReturning runs DELETE ... RETURNING. It reads all rows, because SQLite commits the deletion
// only when no row is left to read.
func (c tokenConsumer) deleteReturning(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	rows, err := c.db.query(ctx, c.statements.consumeToken, token, identifier)
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

// readAndDelete is for databases without RETURNING. Several callers may read the token, but only
// one of them deletes it, and only that one gets it.
func (c tokenConsumer) readAndDelete(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	err = c.db.transact(ctx, func(ctx context.Context) error {
		expires, err = c.expiry(ctx, identifier, token)
		if err != nil {
			return err
		}
		n, err := c.db.exec(ctx, c.statements.deleteToken, token, identifier)
		if err == nil && n == 0 {
			err = cardea.ErrNotFound
		}
		return err
	})
	return expires, err
}

// expiry returns when the token expires, or ErrNotFound.
func (c tokenConsumer) expiry(ctx context.Context, identifier, token string) (expires time.Time, err error) {
	rows, err := c.db.query(ctx, c.statements.token, token, identifier)
	if err != nil {
		return expires, err
	}
	defer rows.Close()
	if !rows.Next() {
		return expires, cmp.Or(rows.Err(), cardea.ErrNotFound)
	}
	return expires, rows.Scan(&expires)
}
