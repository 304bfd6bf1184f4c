package gormadapter

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Options tell Open what to connect to.
type Options struct {
	// Type is the kind of database. Supported: "sqlite".
	Type string

	// DBName is the database. For sqlite it is a file, which is created in a directory that exists, or ":memory:" for one that ends with the
	// adapter.
	DBName string

	// Debug logs each statement with its duration, at level info, never with its values. Defaults to no log.
	Debug bool

	// Logger is where Debug logs. Defaults to slog.Default().
	Logger *slog.Logger
}

// Open connects to a database and returns an adapter on it, which the caller closes. It creates no tables: call [Adapter.Migrate], or have the
// application's own migrations do it.
//
// The settings of the connection are those of package sqlite. An application that wants others makes the *gorm.DB itself and calls [New].
func Open(o Options, opts ...Option) (*Adapter, error) {
	dialector, err := o.dialector()
	if err != nil {
		return nil, fmt.Errorf("gormadapter: %w", err)
	}
	db, err := gorm.Open(dialector, &gorm.Config{Logger: o.logger()})
	if err != nil {
		return nil, fmt.Errorf("gormadapter: open %s database %q: %w", o.Type, o.DBName, err)
	}
	a, err := New(db, opts...)
	if err != nil {
		if pool, poolErr := db.DB(); poolErr == nil {
			pool.Close()
		}
		return nil, err
	}
	a.owned = true
	return a, nil
}

func (o Options) dialector() (gorm.Dialector, error) {
	var faults []error
	if o.Type != "sqlite" {
		faults = append(faults, fmt.Errorf("Options.Type is %q; supported is %q", o.Type, "sqlite"))
	}
	if o.DBName == "" {
		faults = append(faults, errors.New(`Options.DBName is empty: name a file, such as "./db.sqlite"`))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if o.Debug {
		return unexplained{sqlite.Open(o.DBName)}, nil
	}
	return sqlite.Open(o.DBName), nil
}

// unexplained keeps values out of the log where GORM does not ask the logger whether it wants them, as in Scan.
type unexplained struct{ *sqlite.Dialector }

func (unexplained) Explain(sql string, _ ...any) string { return sql }

func (o Options) logger() logger.Interface {
	switch {
	case !o.Debug:
		return logger.Discard
	case o.Logger == nil:
		return statementLogger{slog.Default()}
	}
	return statementLogger{o.Logger}
}
