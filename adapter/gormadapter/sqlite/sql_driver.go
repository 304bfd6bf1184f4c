package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// The types here stand between database/sql and the driver for one reason: times that are kept as
// integers. The driver reads an integer below 10^12 as seconds, so that a birthday in 1990, written
// as milliseconds, would come back in the year 22000.

type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := inner.(driverConn)
	if !ok {
		inner.Close()
		return nil, fmt.Errorf("sqlite: %T lacks methods of a connection", inner)
	}
	return connection{conn}, nil
}

type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type connection struct{ driverConn }

func (c connection) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c connection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	inner, err := c.driverConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	stmt, ok := inner.(driverStmt)
	if !ok {
		inner.Close()
		return nil, fmt.Errorf("sqlite: %T lacks methods of a statement", inner)
	}
	return statement{stmt}, nil
}

func (c connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return withTimes(c.driverConn.QueryContext(ctx, query, args))
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type statement struct{ driverStmt }

func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return withTimes(s.driverStmt.QueryContext(ctx, args))
}

type driverRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

type rows struct{ driverRows }

func withTimes(inner driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	r, ok := inner.(driverRows)
	if !ok {
		inner.Close()
		return nil, fmt.Errorf("sqlite: %T lacks methods of rows", inner)
	}
	return rows{r}, nil
}

// Next reads integers in columns of a time's type as Unix milliseconds.
func (r rows) Next(dest []driver.Value) error {
	if err := r.driverRows.Next(dest); err != nil {
		return err
	}
	for i, v := range dest {
		if n, ok := v.(int64); ok && isTime(r.ColumnTypeDatabaseTypeName(i)) {
			dest[i] = time.UnixMilli(n).UTC()
		}
	}
	return nil
}

// isTime also knows types of other databases, such as timestamptz and datetime(3).
func isTime(databaseType string) bool {
	return strings.HasPrefix(databaseType, "DATE") || strings.HasPrefix(databaseType, "TIME")
}
