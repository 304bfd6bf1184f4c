package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// The types in this file wrap the driver for one reason: times that are stored as integers. The
// driver reads an integer below 10^12 as seconds, so that a birthday in 1990, written as
// milliseconds, would be read as a day in the year 22000.

// connector makes connections that read times.
type connector struct{ driver.Connector }

// Connect opens a connection.
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

// driverConn are the methods of the driver's connections that database/sql uses.
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

// Prepare prepares a statement.
func (c connection) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext prepares a statement that reads times.
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

// QueryContext runs a query that reads times.
func (c connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return withTimes(c.driverConn.QueryContext(ctx, query, args))
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type statement struct{ driverStmt }

// QueryContext runs the statement, and reads times.
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

// Next reads a row. Integers in columns of a time type are Unix milliseconds.
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

// isTime reports whether a column type is for times, also in other databases: timestamptz,
// datetime(3).
func isTime(databaseType string) bool {
	return strings.HasPrefix(databaseType, "DATE") || strings.HasPrefix(databaseType, "TIME")
}
