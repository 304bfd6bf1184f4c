package gormadapter

import (
	"context"
	"database/sql"
	"errors"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// read fills more, and then the entities of rows, from the first row that s finds. It returns
// ErrNotFound if there is none.
func (d *database) read(ctx context.Context, s *statement, args []any, more []any, rows ...*row) error {
	found, err := d.query(ctx, s, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	if !found.Next() {
		if err := found.Err(); err != nil {
			return err
		}
		return cardea.ErrNotFound
	}
	if err := scan(ctx, found, more, rows...); err != nil {
		return err
	}
	if err := found.Close(); err != nil { // now, because a hook may need the connection
		return err
	}
	return d.runAfterFind(ctx, rows...)
}

// readAll returns all rows of t that s finds.
func (d *database) readAll(ctx context.Context, s *statement, t *table, args ...any) ([]*row, error) {
	found, err := d.query(ctx, s, args...)
	if errors.Is(err, cardea.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var rows []*row
	for found.Next() {
		r := t.newRow()
		if err := scan(ctx, found, nil, r); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	if err := found.Close(); err != nil {
		return nil, err
	}
	return rows, d.runAfterFind(ctx, rows...)
}

// runAfterFind runs GORM's hook of entities that were read without GORM.
func (d *database) runAfterFind(ctx context.Context, rows ...*row) error {
	for _, r := range rows {
		if hook, ok := r.entity.(interface{ AfterFind(*gorm.DB) error }); ok {
			if err := hook.AfterFind(d.session(ctx)); err != nil {
				return err
			}
		}
	}
	return nil
}

// scan fills more from the first columns of the current row, and the entities of rows from those
// that follow. What database/sql cannot convert, GORM may.
func scan(ctx context.Context, found *sql.Rows, more []any, rows ...*row) error {
	if err := scanInto(ctx, found, more, rows, true); err == nil {
		return nil
	}
	return scanInto(ctx, found, more, rows, false)
}

// scanInto scans fields that database/sql can fill straight into the entities, if direct is set.
func scanInto(ctx context.Context, found *sql.Rows, more []any, rows []*row, direct bool) error {
	n := len(more)
	for _, r := range rows {
		n += len(r.fields)
	}
	dest := append(make([]any, 0, n), more...)
	for _, r := range rows {
		for i, field := range r.fields {
			if direct && r.direct[i] {
				dest = append(dest, pointerTo(ctx, field, r.value))
				continue
			}
			value := field.NewValuePool.Get()
			defer field.NewValuePool.Put(value)
			dest = append(dest, value)
		}
	}
	if err := found.Scan(dest...); err != nil {
		return err
	}
	dest = dest[len(more):]
	for _, r := range rows {
		if err := r.take(ctx, dest, direct); err != nil {
			return err
		}
		dest = dest[len(r.fields):]
	}
	return nil
}
