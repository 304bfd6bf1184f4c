// Package postgresql opens PostgreSQL for gormadapter.Open, with the driver
// github.com/jackc/pgx/v5 and the dialect gorm.io/driver/postgres.
package postgresql

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/internal/options"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
)

// Driver opens PostgreSQL for gormadapter.Open. It uses every option.
var Driver gormadapter.Driver = opener{}

type opener struct{}

// Connect makes a connection pool for the server that the options name. It does not connect yet. It
// reports all faults of the options in one error.
func (opener) Connect(o gormadapter.Options) (*gormadapter.Connection, error) {
	if faults := optionFaults(o); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	config, err := parse(o)
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*config, poolOptions(o)...)
	options.Limit(pool, o)
	dialector := &postgres.Dialector{Config: &postgres.Config{Conn: pool}}
	c := &gormadapter.Connection{Database: describe(config), Pool: pool, Dialector: dialector}
	if o.Debug {
		c.Dialector = parameterizedDialector{dialector}
	}
	return c, nil
}

func optionFaults(o gormadapter.Options) []error {
	faults := options.ServerFaults(o)
	if err := options.OtherScheme(o, "postgresql", "postgres"); err != nil {
		faults = append(faults, err)
	}
	if strings.ContainsAny(o.Schema, ".`\"") {
		faults = append(faults, fmt.Errorf("Options.Schema is %q: want one plain name", o.Schema))
	}
	return faults
}

// describe returns a description of the database for error messages, without the password.
func describe(config *pgx.ConnConfig) string {
	return fmt.Sprintf("postgresql database %q of user %q on %s", config.Database, config.User,
		net.JoinHostPort(config.Host, fmt.Sprint(config.Port)))
}

// parameterizedDialector keeps values out of the log. GORM asks the logger for that with
// ParamsFilter, but Scan logs what Explain returns.
type parameterizedDialector struct{ *postgres.Dialector }

// Explain returns the statement without its values.
func (parameterizedDialector) Explain(sql string, _ ...any) string { return sql }
