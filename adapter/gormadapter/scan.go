package gormadapter

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// read runs s and scans the first row that it finds: the first columns into leading, the others
// into the entities of rows. It returns ErrNotFound if there is no row.
func (d *database) read(ctx context.Context, s *statement, args []any, leading []any, rows ...*row) error {
	return d.retry(ctx, func() error { return d.readOnce(ctx, s, args, leading, rows...) })
}

func (d *database) readOnce(ctx context.Context, s *statement, args []any, leading []any, rows ...*row) error {
	if s.isBrief {
		if done, err := (directReader{d}).read(ctx, s, args, leading, rows...); done {
			if err != nil {
				return err
			}
			return d.runAfterFind(ctx, rows...)
		}
	}
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
	if err := scan(ctx, found, leading, rows...); err != nil {
		return err
	}
	if err := found.Close(); err != nil { // now, because a hook may need the connection
		return err
	}
	return d.runAfterFind(ctx, rows...)
}

// readAll runs s and returns all rows that it finds, each with an entity of t. It returns none if
// there are none.
func (d *database) readAll(ctx context.Context, s *statement, t *table, args ...any) (rows []*row, err error) {
	err = d.retry(ctx, func() error {
		rows, err = d.readAllOnce(ctx, s, t, args...)
		return err
	})
	return rows, err
}

func (d *database) readAllOnce(ctx context.Context, s *statement, t *table, args ...any) ([]*row, error) {
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

// runAfterFind calls the hook AfterFind of entities, because they were read without GORM.
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

// scan scans the current row: the first columns into leading, the others into the entities of rows.
// If database/sql cannot scan straight into the entities, scan does it again through GORM's fields,
// which convert more types.
func scan(ctx context.Context, found *sql.Rows, leading []any, rows ...*row) error {
	if err := scanInto(ctx, found, leading, rows, true); err == nil {
		return nil
	}
	return scanInto(ctx, found, leading, rows, false)
}

// scanInto scans the current row. If direct is true, database/sql fills the fields that it can
// fill. All other fields are scanned into a value of GORM's and set by GORM.
func scanInto(ctx context.Context, found *sql.Rows, leading []any, rows []*row, direct bool) error {
	n := 0
	for _, r := range rows {
		n += len(r.fields)
	}
	dest := slices.Grow(leading, n)
	for _, r := range rows {
		for i, field := range r.fields {
			if direct && r.scansDirectly[i] {
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
	dest = dest[len(leading):]
	for _, r := range rows {
		if err := r.setScanned(ctx, dest, direct); err != nil {
			return err
		}
		dest = dest[len(r.fields):]
	}
	return nil
}
