// Package mysql opens MySQL and MariaDB for gormadapter.Open, with the driver
// github.com/go-sql-driver/mysql and the dialect gorm.io/driver/mysql.
package mysql

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/internal/options"
	"github.com/go-sql-driver/mysql"
	dialect "gorm.io/driver/mysql"
)

// Driver opens MySQL or MariaDB for gormadapter.Open. It refuses the options Schema and
// TransactionPooler and uses all others.
var Driver gormadapter.Driver = opener{}

type opener struct{}

// Connect makes a connection pool for the server that the options name. It does not connect yet. It
// reports all faults of the options in one error.
func (opener) Connect(o gormadapter.Options) (*gormadapter.Connection, error) {
	location, err := loadLocation(o)
	if faults := append(optionFaults(o), err); errors.Join(faults...) != nil {
		return nil, errors.Join(faults...)
	}
	config, err := parse(o, location)
	if err != nil {
		return nil, err
	}
	connector, err := newConnector(config)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", describe(config), err)
	}
	pool := sql.OpenDB(connector)
	options.Limit(pool, o)
	dialector := &dialect.Dialector{Config: &dialect.Config{Conn: pool, DSNConfig: config}}
	c := &gormadapter.Connection{
		Database: describe(config), Pool: pool, Dialector: dialector, ConstantErrors: []error{
			mysql.ErrInvalidConn, mysql.ErrMalformPkt, mysql.ErrPktSync, mysql.ErrPktSyncMul, mysql.ErrPktTooLarge,
			mysql.ErrNoTLS, mysql.ErrBusyBuffer, errReadOnly, errNotReady,
		},
	}
	if o.Debug {
		c.Dialector = parameterizedDialector{dialector}
	}
	return c, nil
}

func optionFaults(o gormadapter.Options) []error {
	faults := options.ServerFaults(o)
	if err := options.OtherScheme(o, "mysql", "mariadb"); err != nil {
		faults = append(faults, err)
	}
	if o.Schema != "" {
		faults = append(faults, errors.New("Options.Schema is given, which mysql does not have: a schema is a "+
			"database there, so name it in Options.DBName"))
	}
	if o.TransactionPooler {
		faults = append(faults, errors.New("Options.TransactionPooler is for postgresql only: do not set it"))
	}
	return faults
}

// loadLocation returns the time zone of the values in datetime columns: Options.Timezone, or UTC if
// that is empty.
func loadLocation(o gormadapter.Options) (*time.Location, error) {
	location, err := time.LoadLocation(o.Timezone) // "" is UTC
	if err != nil {
		return nil, fmt.Errorf("Options.Timezone is %q: want a name such as Europe/Rome that this machine knows, or "+
			"import time/tzdata: %w", o.Timezone, err)
	}
	return location, nil
}

// describe returns a description of the database for error messages, without the password.
func describe(config *mysql.Config) string {
	return fmt.Sprintf("mysql database %q of user %q on %s", config.DBName, config.User, config.Addr)
}

// parameterizedDialector keeps values out of the log. GORM asks the logger for that with
// ParamsFilter, but Scan logs what Explain returns.
type parameterizedDialector struct{ *dialect.Dialector }

// Explain returns the statement without its values.
func (parameterizedDialector) Explain(sql string, _ ...any) string { return sql }
