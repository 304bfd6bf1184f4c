package options

import (
	"cmp"
	"database/sql"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// ConnectTimeout limits how long it takes to connect, if the DSN has no limit.
const ConnectTimeout = 10 * time.Second

// Host returns the server's name or address, for options without a DSN.
func Host(o gormadapter.Options) string { return cmp.Or(o.Host, "127.0.0.1") }

// Limit sets the limits of the options, or their defaults, on a connection pool to a server.
func Limit(pool *sql.DB, o gormadapter.Options) {
	pool.SetMaxOpenConns(maxOpenConns(o))
	pool.SetMaxIdleConns(cmp.Or(o.MaxIdleConns, maxOpenConns(o)))
	pool.SetConnMaxLifetime(cmp.Or(o.ConnMaxLifetime, 5*time.Minute))
}

func maxOpenConns(o gormadapter.Options) int { return cmp.Or(o.MaxOpenConns, 20) }
