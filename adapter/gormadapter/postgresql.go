package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

func (o Options) postgreSQL() (target, []error) {
	faults := o.serverFaults()
	if err := o.otherScheme("postgresql", "postgres"); err != nil {
		faults = append(faults, err)
	}
	if strings.ContainsAny(o.Schema, ".`\"") {
		faults = append(faults, fmt.Errorf("Options.Schema is %q: want one plain name", o.Schema))
	}
	if len(faults) > 0 {
		return target{}, faults
	}
	config, err := o.postgreSQLConfig()
	if err != nil {
		return target{}, []error{err}
	}
	t := target{
		name: fmt.Sprintf("postgresql database %q of user %q on %s", config.Database, config.User,
			net.JoinHostPort(config.Host, fmt.Sprint(config.Port))),
	}
	if o.Schema != "" {
		t.naming = schema.NamingStrategy{TablePrefix: o.Schema + "."}
	}
	t.open = func() (*sql.DB, gorm.Dialector, error) {
		var more []stdlib.OptionOpenDB
		if o.TransactionPooler {
			more = append(more, stdlib.OptionBeforeConnect(withoutCancelRequests))
		}
		pool := o.pooled(stdlib.OpenDB(*config, more...))
		dialector := &postgres.Dialector{Config: &postgres.Config{Conn: pool}}
		if o.Debug {
			return pool, unexplainedPostgreSQL{dialector}, nil
		}
		return pool, dialector, nil
	}
	return t, nil
}

// withoutCancelRequests makes a connection that ends without asking the server to break off its
// statement, which pgx does by dialing once more. PgBouncer before 1.21 may crash over such a
// request (its issue 822), so visitors who go away would take the pooler along.
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

type unexplainedPostgreSQL struct{ *postgres.Dialector }

func (unexplainedPostgreSQL) Explain(sql string, _ ...any) string { return sql }

func (o Options) postgreSQLConfig() (*pgx.ConnConfig, error) {
	dsn := o.DSN
	if dsn == "" {
		dsn = o.postgreSQLURL()
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil { // whose text may hold parts of the password
		return nil, errors.New("Options.DSN cannot be read: want " +
			"postgres://user:password@host:5432/name?sslmode=verify-full, " +
			"or host=... user=... password=... dbname=..., with special characters of the password written as %40 " +
			"or in quotes")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if o.TLS != nil {
		config.TLSConfig, config.Fallbacks = o.TLS.Clone(), nil
		if config.TLSConfig.ServerName == "" {
			config.TLSConfig.ServerName = config.Host
		}
	}
	if o.TransactionPooler {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if o.Timezone != "" {
		if _, twice := config.RuntimeParams["timezone"]; twice {
			return nil, besideDSN("Options.Timezone")
		}
		config.RuntimeParams["timezone"] = o.Timezone
	}
	return config, nil
}

func (o Options) postgreSQLURL() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(o.User, o.Password), Path: "/" + o.DBName}
	if o.Password == "" {
		u.User = url.User(o.User)
	}
	port := strconv.Itoa(cmp.Or(o.Port, 5432))
	if filepath.IsAbs(o.host()) { // the folder of a socket
		u.RawQuery = url.Values{"host": {o.host()}, "port": {port}}.Encode()
	} else {
		u.Host = net.JoinHostPort(o.host(), port)
	}
	return u.String()
}
