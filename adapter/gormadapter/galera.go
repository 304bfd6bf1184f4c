package gormadapter

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cardea-auth/cardea"
)

// cluster is what the adapter knows about the server: whether it is a node of a Galera cluster.
type cluster struct{ state atomic.Int32 }

const (
	clusterUnknown = iota
	clusterNone
	clusterGalera
)

// galeraSettings is prepared nowhere, because it usually runs once.
const galeraSettings = "SHOW VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_sync_wait')"

// everyStatement is the part of wsrep_sync_wait that the adapter needs: reads (1), updates and
// deletes (2), and inserts (4).
const everyStatement = 7

// inGalera reports whether the server is a node of a Galera cluster. It asks the server until it
// has an answer. It returns an error if the connection does not wait for what the other nodes have
// acknowledged.
func (d *database) inGalera(ctx context.Context) (bool, error) {
	if d.dialect != mySQLDialect {
		return false, nil
	}
	if state := d.cluster.state.Load(); state != clusterUnknown {
		return state == clusterGalera, nil
	}
	rows, err := d.session(ctx).Raw(galeraSettings).Rows()
	if err != nil || rows == nil { // nil if db has no connection, as for the statements of a new schema
		return false, err
	}
	defer rows.Close()
	settings := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return false, err
		}
		settings[name] = value
	}
	if err := rows.Err(); err != nil {
		return false, err
	}
	if settings["wsrep_on"] != "ON" {
		d.cluster.state.Store(clusterNone)
		return false, nil
	}
	if err := checkSyncWait(settings["wsrep_sync_wait"]); err != nil {
		return true, err
	}
	d.cluster.state.Store(clusterGalera)
	return true, nil
}

// errSyncWait is the error for a connection on which a node may answer before it has applied what
// another node has acknowledged. Then a visitor who has just signed in would not be found.
type errSyncWait struct{ value string }

// Error returns what to set.
func (e errSyncWait) Error() string {
	return fmt.Sprintf("db is a connection to a Galera cluster with wsrep_sync_wait=%s, so a node may not find what "+
		"another node has stored: add wsrep_sync_wait=7 to the DSN, or use Open", e.value)
}

func checkSyncWait(value string) error {
	if n, err := strconv.Atoi(value); err != nil || n&everyStatement != everyStatement {
		return errSyncWait{value}
	}
	return nil
}

// galeraTimeout limits how long New waits for the server.
const galeraTimeout = 5 * time.Second

// galeraFault returns what is wrong with a connection to a Galera cluster. If the server cannot be
// asked now, LockUser asks it.
func (d *database) galeraFault() error {
	ctx, cancel := context.WithTimeout(context.Background(), galeraTimeout)
	defer cancel()
	if inGalera, err := d.inGalera(ctx); inGalera {
		return err
	}
	return nil
}

// closeNotReady closes connections of the pool to nodes that are not ready. The pool would give
// them out again and again, because to the driver they are whole.
func (d *database) closeNotReady(ctx context.Context) {
	if d.pool == nil {
		return
	}
	for range d.pool.Stats().Idle {
		if !d.closeIfNotReady(ctx) {
			return
		}
	}
}

// closeIfNotReady takes a connection from the pool, and reports whether it had to be closed.
func (d *database) closeIfNotReady(ctx context.Context) (closed bool) {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	var name, ready string
	err = conn.QueryRowContext(ctx, "SHOW STATUS LIKE 'wsrep_ready'").Scan(&name, &ready)
	if err == nil && ready == "ON" {
		return false
	}
	return errors.Is(conn.Raw(func(any) error { return driver.ErrBadConn }), driver.ErrBadConn)
}

// lockIdentifier is the identifier of the rows that certifyLock writes.
const lockIdentifier = "lock"

// certifyLock makes the lock of a user hold between the nodes of a Galera cluster.
//
// The nodes exchange only what a transaction has changed. A row that is locked, or written without
// a change, is locked at one node alone. So the transaction writes a verification token for the
// user, and deletes it. If transactions at two nodes do that, the cluster aborts the later one, and
// the adapter runs it again.
func certifyLock(ctx context.Context, a *Adapter, id string) error {
	if a.db.transaction(ctx) == nil { // the lock has ended already
		return nil
	}
	inGalera, err := a.db.inGalera(ctx)
	if err != nil || !inGalera {
		return err
	}
	sum := sha256.Sum256([]byte(lockIdentifier + id))
	token := hex.EncodeToString(sum[:])
	err = a.CreateVerificationToken(ctx,
		&cardea.VerificationToken{Identifier: lockIdentifier, Token: token, Expires: time.Now()})
	if err != nil {
		return err
	}
	_, err = a.db.exec(ctx, a.statements.deleteToken, token, lockIdentifier)
	return err
}
