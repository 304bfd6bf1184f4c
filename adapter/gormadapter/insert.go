package gormadapter

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"
)

// insert adds a row that belongs to a user. It returns ErrNotFound if the user does not exist: the
// database reports that if there is a foreign key, otherwise insert looks for the user first. op
// names the operation in errors.
func (a *Adapter) insert(ctx context.Context, op string, r *row, userID string) error {
	key, err := a.user.key(userID)
	if err == nil && !r.hasForeignKey {
		err = a.db.exists(ctx, a.statements.userByID.statement, key)
	}
	if err != nil {
		return a.errors.wrap(ctx, op, err)
	}
	r.set("UserID", userID)
	if r.err != nil {
		return fmt.Errorf("%s: %w", op, r.err)
	}
	if err := a.layouts.fit(ctx, op, r); err != nil {
		return err
	}
	err = a.db.write(ctx, func(ctx context.Context) error {
		omitted := append(r.omittedColumns(ctx), clause.Associations)
		return a.db.writer(ctx, r.table).Omit(omitted...).Create(r.entity).Error
	})
	if err != nil {
		return a.errors.wrapOwned(ctx, op, err)
	}
	return nil
}
