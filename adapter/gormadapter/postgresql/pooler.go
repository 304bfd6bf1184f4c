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

// poolOptions are those of the connection pool.
func poolOptions(o gormadapter.Options) []stdlib.OptionOpenDB {
	if !o.TransactionPooler {
		return nil
	}
	return []stdlib.OptionOpenDB{stdlib.OptionBeforeConnect(withoutCancelRequests)}
}

// withoutCancelRequests makes a connection that closes without asking the server to cancel its
// statement. pgx asks by dialing once more. PgBouncer before 1.21 may crash on such a request (its
// issue 822), so a visitor who leaves could take down the pooler.
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
