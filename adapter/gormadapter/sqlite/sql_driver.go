package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// The types in this file wrap those of the driver, because the driver reads some times wrongly. It
// takes an integer below 10^12 in a time column for seconds, so a birthday in 1990, written as
// milliseconds, would become a day in the year 22000.

// connector makes connections whose rows have times in milliseconds.
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
	return timeConn{conn}, nil
}

// driverConn has the methods of the driver's connections that database/sql uses.
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

// timeConn is a connection whose rows have times in milliseconds.
type timeConn struct{ driverConn }

// Prepare prepares a statement.
func (c timeConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext prepares a statement whose rows have times in milliseconds.
func (c timeConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	inner, err := c.driverConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	stmt, ok := inner.(driverStmt)
	if !ok {
		inner.Close()
		return nil, fmt.Errorf("sqlite: %T lacks methods of a statement", inner)
	}
	return timeStmt{stmt}, nil
}

// QueryContext runs a query whose rows have times in milliseconds.
func (c timeConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return withTimes(c.driverConn.QueryContext(ctx, query, args))
}

// driverStmt has the methods of the driver's statements that database/sql uses.
type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// timeStmt is a statement whose rows have times in milliseconds.
type timeStmt struct{ driverStmt }

// QueryContext runs the statement.
func (s timeStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return withTimes(s.driverStmt.QueryContext(ctx, args))
}

// driverRows has the methods of the driver's rows that database/sql uses.
type driverRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// timeRows are rows with times in milliseconds.
type timeRows struct{ driverRows }

// withTimes wraps the rows that the driver returns. It returns err if that is not nil.
func withTimes(inner driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	r, ok := inner.(driverRows)
	if !ok {
		inner.Close()
		return nil, fmt.Errorf("sqlite: %T lacks methods of rows", inner)
	}
	return timeRows{r}, nil
}

// Next reads a row. It turns the integers in columns of a time type, which are Unix milliseconds,
// into times in UTC.
func (r timeRows) Next(dest []driver.Value) error {
	if err := r.driverRows.Next(dest); err != nil {
		return err
	}
	for i, v := range dest {
		if n, ok := v.(int64); ok && isTimeType(r.ColumnTypeDatabaseTypeName(i)) {
			dest[i] = time.UnixMilli(n).UTC()
		}
	}
	return nil
}

// isTimeType reports whether a column type, in upper case, is for times. It also recognizes the
// types of other databases, such as TIMESTAMPTZ and DATETIME(3).
func isTimeType(databaseType string) bool {
	return strings.HasPrefix(databaseType, "DATE") || strings.HasPrefix(databaseType, "TIME")
}
