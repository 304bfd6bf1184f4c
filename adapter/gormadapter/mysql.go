package gormadapter

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
)

func (o Options) mySQL() (target, []error) {
	faults := o.serverFaults()
	if err := o.otherScheme("mysql", "mariadb"); err != nil {
		faults = append(faults, err)
	}
	if o.Schema != "" {
		faults = append(faults, fmt.Errorf("Options.Schema is given, which %s does not have: a schema is a database "+
			"there, so name it in Options.DBName", o.Type))
	}
	if o.TransactionPooler {
		faults = append(faults, errors.New("Options.TransactionPooler is for postgresql: leave it empty"))
	}
	zone, err := zone(o.Timezone)
	if err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return target{}, faults
	}
	config, err := o.mySQLConfig(zone)
	if err != nil {
		return target{}, []error{err}
	}
	t := target{name: fmt.Sprintf("%s database %q of user %q on %s", o.Type, config.DBName, config.User, config.Addr)}
	t.open = func() (*sql.DB, gorm.Dialector, error) {
		connector, err := driver.NewConnector(config)
		if err != nil {
			return nil, nil, err
		}
		pool := o.pooled(sql.OpenDB(connector))
		dialector := &mysql.Dialector{Config: &mysql.Config{Conn: pool, DSNConfig: config}}
		if o.Debug {
			return pool, unexplainedMySQL{dialector}, nil
		}
		return pool, dialector, nil
	}
	return t, nil
}

type unexplainedMySQL struct{ *mysql.Dialector }

func (unexplainedMySQL) Explain(sql string, _ ...any) string { return sql }

func zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name) // "" is UTC
	if err != nil {
		return nil, fmt.Errorf("Options.Timezone is %q: want a name such as Europe/Rome that this machine knows, or "+
			"import time/tzdata: %w", name, err)
	}
	return zone, nil
}

// mySQLConfig is what the options say, with the settings that the adapter relies on.
func (o Options) mySQLConfig(zone *time.Location) (*driver.Config, error) {
	config, err := o.mySQLAddress()
	// without err, whose text may hold parts of the password
	if err != nil || !slices.Contains([]string{"tcp", "unix"}, config.Net) {
		return nil, errors.New("Options.DSN cannot be read: want mysql://user:password@host:3306/name with special " +
			"characters of the password written as %40, " +
			"or user:password@tcp(host:3306)/name as github.com/go-sql-driver/mysql does")
	}
	if config.DBName == "" {
		return nil, errors.New("Options.DSN names no database: put its name after the last slash")
	}
	if o.Timezone != "" {
		if config.Loc != time.UTC {
			return nil, besideDSN("Options.Timezone")
		}
		config.Loc = zone
	}
	config.ParseTime, config.ClientFoundRows = true, true
	config.Logger = &driver.NopLogger{} // it writes to stderr what the errors say too
	config.Timeout = cmp.Or(config.Timeout, connectTimeout)
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	if _, own := config.Params["sql_mode"]; !own { // a value that is too long is an error, never cut off
		config.Params["sql_mode"] = "CONCAT(@@sql_mode,',STRICT_ALL_TABLES')"
	}
	if _, own := config.Params["time_zone"]; !own && config.Loc == time.UTC {
		config.Params["time_zone"] = "'+00:00'"
	}
	return config, nil
}

func (o Options) mySQLAddress() (*driver.Config, error) {
	switch {
	case strings.HasPrefix(o.DSN, "mysql://"), strings.HasPrefix(o.DSN, "mariadb://"):
		return mySQLURL(o.DSN)
	case o.DSN != "":
		return driver.ParseDSN(o.DSN)
	}
	config := driver.NewConfig()
	config.User, config.Passwd, config.DBName, config.TLS = o.User, o.Password, o.DBName, o.TLS
	config.Net, config.Addr = "tcp", net.JoinHostPort(o.host(), strconv.Itoa(cmp.Or(o.Port, 3306)))
	if filepath.IsAbs(o.host()) {
		config.Net, config.Addr = "unix", o.host()
	}
	if o.TLS == nil && config.Net == "tcp" {
		config.TLSConfig = "preferred"
	}
	return config, nil
}

// mySQLURL reads a URL, whose parameters are those of the driver.
func mySQLURL(address string) (*driver.Config, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	config, err := driver.ParseDSN("tcp(" + net.JoinHostPort(cmp.Or(u.Hostname(), "127.0.0.1"),
		cmp.Or(u.Port(), "3306")) + ")/?" + u.RawQuery)
	if err != nil {
		return nil, err
	}
	config.User, config.DBName = u.User.Username(), strings.TrimPrefix(u.Path, "/")
	config.Passwd, _ = u.User.Password()
	return config, nil
}
