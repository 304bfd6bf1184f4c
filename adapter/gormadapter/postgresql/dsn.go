package postgresql

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/internal/options"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// parse turns the options into pgx's configuration.
func parse(o gormadapter.Options) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(cmp.Or(o.DSN, dsn(o)))
	if err != nil { // not wrapped: its text may contain parts of the password
		return nil, errors.New("Options.DSN cannot be read: want " +
			"postgres://user:password@host:5432/name?sslmode=verify-full, " +
			"with special characters of the password percent-encoded (%40 for @), " +
			"or key=value pairs such as host=localhost user=app dbname=app")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = options.ConnectTimeout
	}
	if o.TLS != nil {
		encrypt(config, o.TLS)
	}
	if hasSeveralHosts(config) && config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
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
	hosts, port := options.Hosts(o), strconv.Itoa(cmp.Or(o.Port, 5432))
	if filepath.IsAbs(hosts[0]) { // the folder of a Unix socket
		u.RawQuery = url.Values{"host": hosts, "port": {port}}.Encode()
		return u.String()
	}
	for i, host := range hosts {
		hosts[i] = net.JoinHostPort(host, port)
	}
	u.Host = strings.Join(hosts, ",")
	return u.String()
}

// encrypt makes every connection encrypted, and verifies the certificate for the name of the host
// that is connected to. pgx has each host several times if it may be unencrypted too.
func encrypt(config *pgx.ConnConfig, t *tls.Config) {
	type address struct {
		host string
		port uint16
	}
	first := address{config.Host, config.Port}
	config.TLSConfig = encryptionFor(config.Host, t)
	seen := map[address]bool{first: true}
	var others []*pgconn.FallbackConfig
	for _, f := range config.Fallbacks {
		if a := (address{f.Host, f.Port}); !seen[a] {
			seen[a] = true
			f.TLSConfig = encryptionFor(f.Host, t)
			others = append(others, f)
		}
	}
	config.Fallbacks = others
}

func encryptionFor(host string, t *tls.Config) *tls.Config {
	t = t.Clone()
	if t.ServerName == "" {
		t.ServerName = host
	}
	return t
}

// hasSeveralHosts reports whether a connection may be made to one of several servers. Then it must
// be to the one that accepts writes: a standby would refuse a sign-in, and may not have its session
// yet.
func hasSeveralHosts(config *pgx.ConnConfig) bool {
	for _, f := range config.Fallbacks {
		if f.Host != config.Host || f.Port != config.Port {
			return true
		}
	}
	return false
}
