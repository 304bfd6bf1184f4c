package mysql

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/internal/options"
	"github.com/go-sql-driver/mysql"
)

// parse turns the options into the driver's configuration and adds the settings that the adapter
// needs.
func parse(o gormadapter.Options, location *time.Location) (*mysql.Config, error) {
	config, err := address(o)
	// The error does not wrap err, whose text may contain parts of the password.
	if err != nil || !slices.Contains([]string{"tcp", "unix"}, config.Net) {
		return nil, errors.New("Options.DSN cannot be read: want mysql://user:password@host:3306/name, with special " +
			"characters of the password percent-encoded (%40 for @), " +
			"or user:password@tcp(host:3306)/name, as github.com/go-sql-driver/mysql reads it")
	}
	if config.DBName == "" {
		return nil, errors.New("Options.DSN names no database: put its name after the last slash")
	}
	if o.Timezone != "" {
		if config.Loc != time.UTC {
			return nil, options.BesideDSN("Options.Timezone")
		}
		config.Loc = location
	}
	config.ParseTime, config.ClientFoundRows = true, true
	config.Logger = &mysql.NopLogger{} // the default logger writes to stderr what the errors say too
	config.Timeout = cmp.Or(config.Timeout, options.ConnectTimeout)
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	if _, set := config.Params["sql_mode"]; !set { // without strict mode the server may truncate a value
		config.Params["sql_mode"] = "CONCAT(@@sql_mode,',STRICT_ALL_TABLES')"
	}
	if _, set := config.Params["time_zone"]; !set && config.Loc == time.UTC {
		config.Params["time_zone"] = "'+00:00'"
	}
	return config, nil
}

// address returns the configuration for the address in Options.DSN, or in the options that it
// replaces.
func address(o gormadapter.Options) (*mysql.Config, error) {
	switch {
	case strings.HasPrefix(o.DSN, "mysql://"), strings.HasPrefix(o.DSN, "mariadb://"):
		return parseURL(o.DSN)
	case o.DSN != "":
		return mysql.ParseDSN(o.DSN)
	}
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName, config.TLS = o.User, o.Password, o.DBName, o.TLS
	hosts := options.Hosts(o)
	if filepath.IsAbs(hosts[0]) { // a Unix socket
		config.Net, config.Addr = "unix", hosts[0]
	} else {
		for i, host := range hosts {
			hosts[i] = net.JoinHostPort(host, strconv.Itoa(cmp.Or(o.Port, 3306)))
		}
		config.Net, config.Addr = "tcp", strings.Join(hosts, ",")
	}
	if o.TLS == nil && config.Net == "tcp" {
		config.TLSConfig = "preferred"
	}
	return config, nil
}

// parseURL reads the address of the database from a URL, which may have several hosts with commas
// between them. The parameters of the URL are those of the driver's DSN.
func parseURL(address string) (*mysql.Config, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	config, err := mysql.ParseDSN("tcp(127.0.0.1:3306)/?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	var addresses []string
	for host := range strings.SplitSeq(u.Host, ",") {
		one := url.URL{Host: host}
		addresses = append(addresses, net.JoinHostPort(cmp.Or(one.Hostname(), "127.0.0.1"), cmp.Or(one.Port(), "3306")))
	}
	config.Addr = strings.Join(addresses, ",")
	config.User, config.DBName = u.User.Username(), strings.TrimPrefix(u.Path, "/")
	config.Passwd, _ = u.User.Password()
	return config, nil
}
