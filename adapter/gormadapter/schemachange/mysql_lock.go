package schemachange

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"ariga.io/atlas/sql/schema"
)

// mysqlLock is the lock under which one process changes the schema.
type mysqlLock interface {
	// keep returns an error if the process does not have the lock any more. It is called before
	// each statement.
	keep(ctx context.Context) error

	// release is called when the schema is changed, or as it was.
	release(ctx context.Context) error
}

// lockWait is how long a process waits for another one.
const lockWait = 60 * time.Second

var errLocked = errors.New("lock: another process has held it for 60 seconds: wait until its change has ended")

// lockMySQL waits for the lock.
func lockMySQL(ctx context.Context, conn *sql.Conn) (mysqlLock, error) {
	inGalera, err := isGalera(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if inGalera {
		return lockCluster(ctx, conn)
	}
	return serverLock{conn}, lockServer(ctx, conn)
}

func isGalera(ctx context.Context, conn *sql.Conn) (bool, error) {
	pairs, err := queryPairs(ctx, conn, "SHOW VARIABLES LIKE 'wsrep_on'")
	return len(pairs) == 1 && pairs[0][1] == "ON", err
}

// serverLock is GET_LOCK, which one server knows. It ends with the connection too.
type serverLock struct{ conn *sql.Conn }

// mysqlLockName is the name of the lock. It contains a hash of the database's name, because locks
// are shared by all databases of the server, and a name has at most 64 characters. The hash is
// SHA2, because MySQL 9.6 has no MD5.
const mysqlLockName = "CONCAT('cardea.schema.', LEFT(SHA2(DATABASE(), 256), 32))"

func lockServer(ctx context.Context, conn *sql.Conn) error {
	var got sql.NullInt64
	query := fmt.Sprintf("SELECT GET_LOCK(%s, %d)", mysqlLockName, int(lockWait.Seconds()))
	if err := conn.QueryRowContext(ctx, query).Scan(&got); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if got.Int64 != 1 {
		return errLocked
	}
	return nil
}

func (serverLock) keep(context.Context) error { return nil }

func (l serverLock) release(ctx context.Context) error {
	return execAll(ctx, l.conn, "DO RELEASE_LOCK("+mysqlLockName+")")
}

// clusterLock is a row of a table, because the nodes of a Galera cluster have no other lock in
// common. The table exists only while a process waits for the lock or has it.
//
// A process that dies keeps the lock until lockTime has passed. A statement that takes longer
// keeps it too: while it changes a table, no node writes anything.
type clusterLock struct {
	conn   *sql.Conn
	holder string
}

const (
	lockTable   = "cardea_schema_lock"
	lockTime    = "INTERVAL 45 SECOND"
	createLock  = "CREATE TABLE IF NOT EXISTS " + lockTable + " (id INT PRIMARY KEY, holder CHAR(26), expires DATETIME)"
	insertLock  = "INSERT INTO " + lockTable + " VALUES (1, ?, UTC_TIMESTAMP() + " + lockTime + ")"
	takeExpired = "UPDATE " + lockTable + " SET holder = ?, expires = UTC_TIMESTAMP() + " + lockTime +
		" WHERE expires < UTC_TIMESTAMP()"
	renewLock = "UPDATE " + lockTable + " SET expires = UTC_TIMESTAMP() + " + lockTime + " WHERE holder = ?"
	haveLock  = "SELECT COUNT(*) FROM " + lockTable + " WHERE holder = ?"

	expiredLock = "SELECT holder, '' FROM " + lockTable + " WHERE expires < UTC_TIMESTAMP()"
)

func lockCluster(ctx context.Context, conn *sql.Conn) (mysqlLock, error) {
	l := clusterLock{conn, rand.Text()}
	deadline := time.Now().Add(lockWait)
	for {
		err := l.take(ctx)
		if err == nil {
			return l, nil
		}
		if !isTaken(err) {
			return nil, fmt.Errorf("lock: %w", err)
		}
		if time.Now().After(deadline) {
			return nil, errLocked
		}
		if !waitBeforeRetry(ctx) {
			return nil, ctx.Err()
		}
	}
}

// take tries to get the lock once.
func (l clusterLock) take(ctx context.Context) error {
	if err := execAll(ctx, l.conn, createLock); err != nil {
		return err
	}
	_, err := l.conn.ExecContext(ctx, insertLock, l.holder)
	if err != nil && hasMySQLError(err, 1062) {
		if _, err = l.conn.ExecContext(ctx, takeExpired, l.holder); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	return l.keep(ctx)
}

var errLockLost = errors.New("lock: another process has it")

// isTaken reports whether another process has the lock, or has taken or released it meanwhile.
func isTaken(err error) bool {
	return errors.Is(err, errLockLost) || hasMySQLError(err, 1213, 1205, 1146, 1050, 1412)
}

// keep makes the lock last longer.
func (l clusterLock) keep(ctx context.Context) error {
	if _, err := l.conn.ExecContext(ctx, renewLock, l.holder); err != nil {
		return err
	}
	// A row that is renewed in the same second does not change, so the number of rows says nothing.
	var holds int
	if err := l.conn.QueryRowContext(ctx, haveLock, l.holder).Scan(&holds); err != nil {
		return err
	}
	if holds == 0 {
		return errLockLost
	}
	return nil
}

// release drops the table. Processes that wait create it again.
func (l clusterLock) release(ctx context.Context) error {
	if err := l.keep(ctx); err != nil {
		return nil // it is the lock of another process by now
	}
	return execAll(ctx, l.conn, "DROP TABLE IF EXISTS "+lockTable)
}

// waitForCluster waits until no process of a Galera cluster changes the schema. One whose lock has
// expired has died.
func waitForCluster(ctx context.Context, q schema.ExecQuerier) error {
	deadline := time.Now().Add(lockWait)
	for {
		pairs, err := queryPairs(ctx, q, "SELECT table_name, '' FROM information_schema.tables "+
			"WHERE table_schema = DATABASE() AND table_name = ?", lockTable)
		if err != nil || len(pairs) == 0 || time.Now().After(deadline) {
			return err
		}
		// It fails if the lock was released meanwhile.
		if expired, err := queryPairs(ctx, q, expiredLock); err == nil && len(expired) > 0 {
			return nil
		}
		if !waitBeforeRetry(ctx) {
			return ctx.Err()
		}
	}
}

// hasMySQLError reports whether err has one of the numbers of MySQL's errors.
func hasMySQLError(err error, numbers ...int) bool {
	for _, n := range numbers {
		if strings.Contains(err.Error(), fmt.Sprintf("Error %d ", n)) {
			return true
		}
	}
	return false
}
