package sqlite

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/internal/options"
)

// Driver opens SQLite for gormadapter.Open, on the connection pool that [OpenDB] returns. It uses
// the options DBName (or DSN, which means the same here), Debug and Logger, and refuses all others.
var Driver gormadapter.Driver = opener{}

type opener struct{}

// Connect opens a pool on the file that the options name. It reports all faults of the options in
// one error.
func (opener) Connect(o gormadapter.Options) (*gormadapter.Connection, error) {
	if faults := optionFaults(o); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	file := cmp.Or(o.DBName, o.DSN)
	c := &gormadapter.Connection{Database: fmt.Sprintf("sqlite database %q", file)}
	pool, err := OpenDB(file)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", c.Database, err)
	}
	c.Pool, c.Dialector = pool, New(pool)
	if o.Debug {
		c.Dialector = parameterizedDialector{New(pool)}
	}
	return c, nil
}

func optionFaults(o gormadapter.Options) (faults []error) {
	for _, name := range options.Given(
		options.Field{Name: "Host", Value: o.Host},
		options.Field{Name: "Port", Value: o.Port},
		options.Field{Name: "User", Value: o.User},
		options.Field{Name: "Password", Value: o.Password},
		options.Field{Name: "TLS", Value: o.TLS},
		options.Field{Name: "Schema", Value: o.Schema},
		options.Field{Name: "Timezone", Value: o.Timezone},
		options.Field{Name: "TransactionPooler", Value: o.TransactionPooler},
		options.Field{Name: "MaxOpenConns", Value: o.MaxOpenConns},
		options.Field{Name: "MaxIdleConns", Value: o.MaxIdleConns},
		options.Field{Name: "ConnMaxLifetime", Value: o.ConnMaxLifetime},
	) {
		faults = append(faults, fmt.Errorf("%s is given, which sqlite does not have: do not set it", name))
	}
	switch {
	case o.DSN == "" && o.DBName == "":
		faults = append(faults, errors.New(`Options.DBName is empty: name a file, such as "./db.sqlite"`))
	case o.DSN != "" && o.DBName != "":
		faults = append(faults, options.BesideDSN("Options.DBName"))
	}
	return faults
}

// parameterizedDialector keeps values out of the log. GORM asks the logger for that with
// ParamsFilter, but Scan logs what Explain returns.
type parameterizedDialector struct{ *Dialector }

// Explain returns the statement without its values.
func (parameterizedDialector) Explain(sql string, _ ...any) string { return sql }
