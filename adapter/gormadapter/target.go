package gormadapter

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// target is a database that can be opened.
type target struct {
	name   string // what is tried, without the password
	open   func() (*sql.DB, gorm.Dialector, error)
	naming schema.Namer // nil for GORM's
}

// target takes the options apart and reports everything that is wrong with them.
func (o Options) target() (target, []error) {
	switch o.Type {
	case "sqlite":
		return o.sqlite()
	case "postgresql", "postgres":
		return o.postgreSQL()
	case "mysql", "mariadb":
		return o.mySQL()
	case "mssql", "sqlserver":
		return target{}, []error{fmt.Errorf("Options.Type is %q, which Open does not open: "+
			"open it with gorm.io/driver/sqlserver and give the *gorm.DB to gormadapter.New", o.Type)}
	}
	faults := []error{fmt.Errorf(`Options.Type is %q; supported are "sqlite", "postgresql" (or "postgres"), "mysql" and "mariadb"; `+
		`for another database give a *gorm.DB to gormadapter.New`, o.Type)}
	if o.DSN == "" && o.DBName == "" {
		faults = append(faults, errors.New("Options.DBName is empty: name the database, or for sqlite a file"))
	}
	return target{}, faults
}

func (o Options) sqlite() (target, []error) {
	var faults []error
	for _, name := range given(field{"Host", o.Host}, field{"Port", o.Port}, field{"User", o.User},
		field{"Password", o.Password}, field{"TLS", o.TLS},
		field{"Schema", o.Schema}, field{"Timezone", o.Timezone}, field{"TransactionPooler", o.TransactionPooler},
		field{"MaxOpenConns", o.MaxOpenConns}, field{"MaxIdleConns", o.MaxIdleConns},
		field{"ConnMaxLifetime", o.ConnMaxLifetime}) {
		faults = append(faults, fmt.Errorf("%s is given, which sqlite does not have: leave it empty", name))
	}
	switch {
	case o.DSN == "" && o.DBName == "":
		faults = append(faults, errors.New(`Options.DBName is empty: name a file, such as "./db.sqlite"`))
	case o.DSN != "" && o.DBName != "":
		faults = append(faults, besideDSN("Options.DBName"))
	}
	file := cmp.Or(o.DBName, o.DSN)
	return target{name: fmt.Sprintf("sqlite database %q", file), open: func() (*sql.DB, gorm.Dialector, error) {
		pool, err := sqlite.OpenDB(file)
		if o.Debug {
			return pool, unexplained{sqlite.New(pool)}, err
		}
		return pool, sqlite.New(pool), err
	}}, faults
}

// unexplained keeps values out of the log where GORM does not ask the logger whether it wants them,
// as in Scan.
type unexplained struct{ *sqlite.Dialector }

func (unexplained) Explain(sql string, _ ...any) string { return sql }

// serverFaults are what can be wrong with the options for any server.
func (o Options) serverFaults() (faults []error) {
	if o.DSN != "" {
		for _, name := range given(field{"Host", o.Host}, field{"Port", o.Port}, field{"User", o.User},
			field{"Password", o.Password},
			field{"TLS", o.TLS}, field{"DBName", o.DBName}) {
			faults = append(faults, besideDSN(name))
		}
	} else {
		for _, needed := range given(field{"DBName", o.DBName == ""}, field{"User", o.User == ""}) {
			faults = append(faults, fmt.Errorf("%s is empty: fill it, or give Options.DSN", needed))
		}
	}
	for _, n := range []struct {
		name           string
		value, largest int
	}{
		{"Port", o.Port, 65535}, {"MaxOpenConns", o.MaxOpenConns, 1 << 20},
		{"MaxIdleConns", o.MaxIdleConns, max(o.maxOpenConns(), 1)},
	} {
		if n.value < 0 || n.value > n.largest {
			faults = append(faults, fmt.Errorf("%s is %d: want 1 to %d, or 0 for the default", "Options."+n.name,
				n.value, n.largest))
		}
	}
	if o.ConnMaxLifetime < 0 {
		faults = append(faults, fmt.Errorf("Options.ConnMaxLifetime is %v: want more than 0, or 0 for the default",
			o.ConnMaxLifetime))
	}
	return faults
}

// field is one of the options, with its name.
type field struct {
	name  string
	value any
}

// given returns the names of the fields that are not empty, as they stand in messages.
func given(fields ...field) (names []string) {
	for _, f := range fields {
		if v := reflect.ValueOf(f.value); !v.IsZero() {
			names = append(names, "Options."+f.name)
		}
	}
	return names
}

func besideDSN(name string) error {
	return fmt.Errorf("%s is given beside Options.DSN: leave one of them empty", name)
}

// otherScheme reports an address that is that of another kind of database.
func (o Options) otherScheme(schemes ...string) error {
	scheme, _, isURL := strings.Cut(o.DSN, "://")
	if !isURL || strings.ContainsAny(scheme, "=@:/ ") || slices.Contains(schemes, scheme) {
		return nil
	}
	return fmt.Errorf("Options.DSN starts with %s://, and Options.Type is %q: want %s://", scheme, o.Type, schemes[0])
}

// host is where the server is, without Options.DSN.
func (o Options) host() string { return cmp.Or(o.Host, "127.0.0.1") }

func (o Options) maxOpenConns() int { return cmp.Or(o.MaxOpenConns, 20) }

// pooled limits the connections to a server.
func (o Options) pooled(pool *sql.DB) *sql.DB {
	pool.SetMaxOpenConns(o.maxOpenConns())
	pool.SetMaxIdleConns(cmp.Or(o.MaxIdleConns, o.maxOpenConns()))
	pool.SetConnMaxLifetime(cmp.Or(o.ConnMaxLifetime, 5*time.Minute))
	return pool
}

// connectTimeout is for connections whose DSN has no other.
const connectTimeout = 10 * time.Second
