package gormadapter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea"
	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
)

// failed turns what the database answered to op into an error of the contract. Where it is one of
// those the database's own text is left out, because MySQL's holds the value.
func (a *Adapter) failed(ctx context.Context, op string, err error) error {
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case a.isDuplicate(err):
		err = cardea.ErrConflict
	}
	return fmt.Errorf("%s: %w", op, err)
}

// failedOwned is failed for a row that hangs on a user.
func (a *Adapter) failedOwned(ctx context.Context, op string, err error) error {
	if ctx.Err() == nil && a.isOrphan(err) {
		err = cardea.ErrNotFound
	}
	return a.failed(ctx, op, err)
}

// The codes are SQLite's extended result codes, PostgreSQL's SQLSTATE, and the numbers of MySQL's
// and SQL Server's errors.

func (a *Adapter) isDuplicate(err error) bool {
	return errors.Is(a.translated(err), gorm.ErrDuplicatedKey) || hasSQLState(err, "23505") ||
		a.hasSQLiteCode(err, 2067, 1555) ||
		hasNumber(err, []uint16{1062, 1586}, []int32{2601, 2627}) ||
		strings.Contains(err.Error(), "UNIQUE constraint failed")
}

func (a *Adapter) isOrphan(err error) bool {
	return errors.Is(a.translated(err), gorm.ErrForeignKeyViolated) || hasSQLState(err, "23503") ||
		a.hasSQLiteCode(err, 787) ||
		hasNumber(err, []uint16{1216, 1452}, []int32{547}) ||
		strings.Contains(err.Error(), "FOREIGN KEY constraint failed")
}

// retryable reports whether the database gave up a transaction that may well succeed when it is run
// again: SQLITE_BUSY, SQLITE_BUSY_RECOVERY, SQLITE_BUSY_SNAPSHOT, a serialization failure, a
// deadlock, or MariaDB's "record has changed since last read" under snapshot isolation.
func (a *Adapter) retryable(err error) bool {
	return hasSQLState(err, "40001", "40P01") || a.hasSQLiteCode(err, 5, 261, 517) ||
		hasNumber(err, []uint16{1213, 1020}, []int32{1205}) ||
		// mattn's driver has its codes elsewhere
		a.dialect == "sqlite" && strings.Contains(err.Error(), "database is locked")
}

func (a *Adapter) translated(err error) error {
	if t, ok := a.db.Dialector.(gorm.ErrorTranslator); ok {
		return t.Translate(err)
	}
	return err
}

func hasSQLState(err error, states ...string) bool {
	var coded interface{ SQLState() string }
	return errors.As(err, &coded) && slices.Contains(states, coded.SQLState())
}

func hasNumber(err error, mySQL []uint16, sqlServer []int32) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return slices.Contains(mySQL, e.Number)
	}
	var numbered interface{ SQLErrorNumber() int32 } // github.com/microsoft/go-mssqldb's
	return errors.As(err, &numbered) && slices.Contains(sqlServer, numbered.SQLErrorNumber())
}

func (a *Adapter) hasSQLiteCode(err error, codes ...int) bool {
	var coded interface{ Code() int }
	return a.dialect == "sqlite" && errors.As(err, &coded) && slices.Contains(codes, coded.Code())
}
