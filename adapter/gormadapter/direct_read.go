package gormadapter

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
)

// directReader reads the row of a brief statement on PostgreSQL without the rows of database/sql:
// it asks the driver for the row, on a connection of the pool. For a context that can be canceled
// the rows of database/sql start a goroutine for each query, which waits for it. The driver, whose
// query ends with the context in any case, has one of its own. BenchmarkSession and
// BenchmarkSessionCheck measure it: it is a fifth of the query's processor time.
type directReader struct{ *database }

// read is readOnce. It returns false if database/sql must read the whole row: in a transaction, for
// a driver that can only prepare statements, for a field that needs a conversion, and after a
// connection turned out to be broken, because database/sql then tries others.
func (d directReader) read(
	ctx context.Context, s *statement, args, leading []any, rows ...*row,
) (done bool, err error) {
	pool := cmp.Or(d.replica(ctx), d.pool)
	if d.dialect != postgreSQLDialect || pool == nil || s.isConverted.Load() || d.transaction(ctx) != nil {
		return false, nil
	}
	if !d.dialect.allStorable(args) {
		return true, cardea.ErrNotFound
	}
	trace := d.trace(ctx, s)
	conn, err := pool.Conn(ctx)
	if err == nil {
		err = conn.Raw(func(connection any) error {
			dest, ok := destinations(ctx, leading, rows)
			if !ok {
				return errConverted
			}
			return readRow(ctx, connection, s, args, dest)
		})
		conn.Close()
	}
	switch {
	case errors.Is(err, errConverted):
		s.isConverted.Store(true)
		return false, nil
	case errors.Is(err, driver.ErrBadConn):
		return false, nil
	case errors.Is(err, cardea.ErrNotFound): // to the log this is a query without rows
		trace(-1, nil)
	default:
		trace(-1, err)
	}
	return true, err
}

// errConverted is returned by readRow if the driver or a value needs what database/sql does.
var errConverted = errors.New("needs a conversion")

// readRow reads the row of a statement, which has a value for each destination.
func readRow(ctx context.Context, connection any, s *statement, args, dest []any) error {
	queryer, ok := connection.(driver.QueryerContext)
	if !ok {
		return errConverted
	}
	var named []driver.NamedValue
	for i, arg := range s.args(args) {
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	found, err := queryer.QueryContext(ctx, s.sql, named)
	if errors.Is(err, driver.ErrSkip) {
		return errConverted
	}
	if err != nil {
		return err
	}
	defer found.Close()
	var room [16]driver.Value // for the columns of the default user
	values := slices.Grow(room[:0], len(dest))[:len(dest)]
	if err := found.Next(values); errors.Is(err, io.EOF) {
		return cardea.ErrNotFound
	} else if err != nil {
		return err
	}
	for i, value := range values {
		if !assignDriverValue(dest[i], value) {
			return errConverted
		}
	}
	return found.Close()
}

// destinations returns pointers to what a row is read into: leading, then the fields of rows. It
// returns false if only GORM can set one of them.
func destinations(ctx context.Context, leading []any, rows []*row) ([]any, bool) {
	for _, r := range rows {
		for i, field := range r.fields {
			if !r.scansDirectly[i] {
				return nil, false
			}
			leading = append(leading, pointerTo(ctx, field, r.value))
		}
	}
	return leading, true
}

// assignDriverValue sets a field of one of the default entities' types to a value as the driver
// returns it. It reports false for another type, and for what database/sql would convert or refuse.
func assignDriverValue(field any, value driver.Value) bool {
	switch value := value.(type) {
	case nil:
		switch p := field.(type) {
		case **string:
			*p = nil
			return true
		case **time.Time:
			*p = nil
			return true
		}
	case string:
		switch p := field.(type) {
		case *string:
			*p = value
			return true
		case **string:
			*p = &value
			return true
		}
	case time.Time:
		switch p := field.(type) {
		case *time.Time:
			*p = value
			return true
		case **time.Time:
			*p = &value
			return true
		}
	}
	return false
}
