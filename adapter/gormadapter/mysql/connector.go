package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// connector connects to the first of several servers that can be used. It prepares the connections
// to a node of a Galera cluster.
type connector struct {
	servers  []driver.Connector
	syncWait bool // the DSN does not set wsrep_sync_wait
}

// newConnector returns a connector for the servers at config.Addr, which are separated by commas.
func newConnector(config *mysql.Config) (*connector, error) {
	_, set := config.Params[syncWait]
	c := &connector{syncWait: !set}
	for address := range strings.SplitSeq(config.Addr, ",") {
		one := config.Clone()
		one.Addr = address
		server, err := mysql.NewConnector(one)
		if err != nil {
			return nil, err
		}
		c.servers = append(c.servers, server)
	}
	return c, nil
}

// Driver returns the driver of the connections.
func (c *connector) Driver() driver.Driver { return c.servers[0].Driver() }

const (
	maxNotReady   = 8 // how often Connect tries while it is given nodes that are not ready
	notReadyPause = 100 * time.Millisecond
)

// Connect connects to the first server that can be used. If that is a Galera node that is not
// ready, Connect tries again: a proxy may choose another node.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	for try := 1; ; try++ {
		conn, err := c.connect(ctx)
		if err == nil || !errors.Is(err, errNotReady) || try == maxNotReady {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(notReadyPause):
		}
	}
}

// connect tries each server once.
func (c *connector) connect(ctx context.Context) (driver.Conn, error) {
	var failed []error
	for _, server := range c.servers {
		conn, err := server.Connect(ctx)
		if err == nil {
			if err = c.prepare(ctx, conn); err == nil {
				return conn, nil
			}
			err = errors.Join(err, conn.Close())
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	if len(failed) == 1 {
		return nil, failed[0]
	}
	return nil, errors.Join(failed...)
}

const syncWait = "wsrep_sync_wait"

var errReadOnly = errors.New("the server is read-only")

// errNotReady has the number with which a node that is not ready answers to statements.
var errNotReady = &mysql.MySQLError{Number: 1047, Message: "the server is a Galera node that is not ready: it has " +
	"lost the others, or still gets what it missed"}

// prepare sets wsrep_sync_wait at a node of a Galera cluster, so that each statement sees what the
// other nodes have acknowledged. It returns an error if another server must be used: if the node is
// not ready, or if the server is read-only and is not the only one.
func (c *connector) prepare(ctx context.Context, conn driver.Conn) error {
	variables, err := show(ctx, conn,
		"SHOW VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_sync_wait', 'read_only')")
	if err != nil {
		return err
	}
	if len(c.servers) > 1 && variables["read_only"] == "ON" {
		return errReadOnly
	}
	if variables["wsrep_on"] != "ON" {
		return nil
	}
	status, err := show(ctx, conn, "SHOW STATUS LIKE 'wsrep_ready'")
	if err != nil {
		return err
	}
	if status["wsrep_ready"] == "OFF" {
		return errNotReady
	}
	if !c.syncWait {
		return nil
	}
	set, err := strconv.Atoi(variables[syncWait])
	if err != nil {
		return fmt.Errorf("read %s: %w", syncWait, err)
	}
	_, err = conn.(driver.ExecerContext).ExecContext(ctx, fmt.Sprintf("SET %s = %d", syncWait, set|everyStatement), nil)
	return err
}

// everyStatement is the value of wsrep_sync_wait for reads, for updates and deletes, and for
// inserts.
const everyStatement = 1 | 2 | 4

// show runs a statement whose rows have a name and a value.
func show(ctx context.Context, conn driver.Conn, statement string) (map[string]string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, statement, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values, row := map[string]string{}, make([]driver.Value, 2)
	for {
		err := rows.Next(row)
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		values[fmt.Sprintf("%s", row[0])] = fmt.Sprintf("%s", row[1])
	}
}
