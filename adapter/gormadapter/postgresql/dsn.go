package postgresql

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/internal/options"
	"github.com/jackc/pgx/v5"
)

// parse turns the options into pgx's configuration.
func parse(o gormadapter.Options) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(cmp.Or(o.DSN, dsn(o)))
	if err != nil { // not wrapped: its text may contain parts of the password
		return nil, errors.New("Options.DSN cannot be read: want " +
			"postgres://user:password@host:5432/name?sslmode=verify-full, " +
			"with special characters of the password percent-encoded (%40 for @), " +
			"or host=... user=... password='...' dbname=...")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = options.ConnectTimeout
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
			return nil, options.BesideDSN("Options.Timezone")
		}
		config.RuntimeParams["timezone"] = o.Timezone
	}
	return config, nil
}

// dsn returns the URL of the database for options without DSN.
func dsn(o gormadapter.Options) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(o.User, o.Password), Path: "/" + o.DBName}
	if o.Password == "" {
		u.User = url.User(o.User)
	}
	host, port := options.Host(o), strconv.Itoa(cmp.Or(o.Port, 5432))
	if filepath.IsAbs(host) { // the folder of a Unix socket
		u.RawQuery = url.Values{"host": {host}, "port": {port}}.Encode()
	} else {
		u.Host = net.JoinHostPort(host, port)
	}
	return u.String()
}
