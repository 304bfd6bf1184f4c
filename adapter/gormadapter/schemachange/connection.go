package schemachange

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"ariga.io/atlas/sql/schema"
)

// callPlan calls plan and then closes the rows that plan has left open. Atlas leaves rows open if
// it returns an error, and the connection cannot be closed before its rows are.
func callPlan(q schema.ExecQuerier, plan planFunc) (*Plan, error) {
	t := &rowTracker{ExecQuerier: q}
	defer t.close()
	return plan(t)
}

// rowTracker is a connection that remembers the rows that were opened through it.
type rowTracker struct {
	schema.ExecQuerier
	rows []*sql.Rows
}

// QueryContext runs the query and remembers its rows.
func (t *rowTracker) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := t.ExecQuerier.QueryContext(ctx, query, args...)
	if err == nil {
		t.rows = append(t.rows, rows)
	}
	return rows, err
}

func (t *rowTracker) close() {
	for _, rows := range t.rows {
		rows.Close()
	}
}

// discard closes a connection instead of returning it to the pool.
func discard(conn *sql.Conn) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) {
		return nil
	}
	return err
}
