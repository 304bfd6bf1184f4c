package options

import (
	"cmp"
	"database/sql"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// ConnectTimeout limits the time to connect if the DSN has no limit.
const ConnectTimeout = 10 * time.Second

// Hosts returns the names or addresses of the servers for options without a DSN. There is at least
// one.
func Hosts(o gormadapter.Options) []string {
	hosts := strings.Split(cmp.Or(o.Host, "127.0.0.1"), ",")
	for i, host := range hosts {
		hosts[i] = strings.TrimSpace(host)
	}
	return hosts
}

// Limit sets the limits that the options contain, or their defaults, on the connection pool of a
// server.
func Limit(pool *sql.DB, o gormadapter.Options) {
	pool.SetMaxOpenConns(maxOpenConns(o))
	pool.SetMaxIdleConns(cmp.Or(o.MaxIdleConns, maxOpenConns(o)))
	pool.SetConnMaxLifetime(cmp.Or(o.ConnMaxLifetime, 5*time.Minute))
}

func maxOpenConns(o gormadapter.Options) int { return cmp.Or(o.MaxOpenConns, 20) }
