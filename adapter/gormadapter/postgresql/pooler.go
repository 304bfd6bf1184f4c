package postgresql

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// poolOptions returns the options of pgx for the connection pool.
func poolOptions(o gormadapter.Options) []stdlib.OptionOpenDB {
	if !o.TransactionPooler {
		return nil
	}
	return []stdlib.OptionOpenDB{stdlib.OptionBeforeConnect(withoutCancelRequests)}
}

// withoutCancelRequests makes a connection send no cancel request when a context ends while a
// statement runs. The connection is then only closed.
//
// PgBouncer before 1.21 may crash on a cancel request (PgBouncer issue 822), so a visitor who
// leaves the page could stop the pooler. pgx opens a second connection for the request; here the
// second call of DialFunc fails.
func withoutCancelRequests(_ context.Context, config *pgx.ConnConfig) error {
	var connected atomic.Bool
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if connected.Load() {
			return nil, errors.New("no cancel requests through a pooler")
		}
		return dial(ctx, network, address)
	}
	config.AfterConnect = func(context.Context, *pgconn.PgConn) error {
		connected.Store(true)
		return nil
	}
	return nil
}
