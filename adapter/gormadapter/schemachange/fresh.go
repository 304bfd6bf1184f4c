package schemachange

import (
	"context"
	"fmt"

	"ariga.io/atlas/sql/schema"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Fresh returns the plan that creates the schema in an empty database of the given dialect: sqlite,
// postgres, mysql, mariadb or sqlserver. It returns an error for any other dialect, and for a tag
// that the dialect does not support.
//
// Fresh uses the entities and the naming strategy of the adapter but not its connection, so the
// adapter may belong to a database of another dialect. The given entities are those of the
// application, each a pointer to a struct. Fresh may be called concurrently.
func Fresh(dialect string, a *gormadapter.Adapter, entities ...any) (*Plan, error) {
	e, err := engineFor(dialect)
	if err != nil {
		return nil, err
	}
	types, err := offlineDB(dialect)
	if err != nil {
		return nil, fmt.Errorf("schemachange: %w", err)
	}
	tables, err := convert(a.DB(), types, e, append(a.Entities(), entities...))
	if err != nil {
		return nil, fmt.Errorf("schemachange: %w", err)
	}
	changes := createAll(tables)
	planned, err := e.offlinePlanner().PlanChanges(context.Background(), "cardea", changes, indented)
	if err != nil {
		return nil, fmt.Errorf("schemachange: plan: %w", err)
	}
	_, down, err := reverse(planned)
	if err != nil {
		return nil, fmt.Errorf("schemachange: plan the undo statements: %w", err)
	}
	return &Plan{
		Dialect: dialect, Up: toStatements(planned), Down: down, Differences: differences(changes),
	}, nil
}

func createAll(tables []*schema.Table) (changes []schema.Change) {
	for _, name := range schemaNames(tables) {
		if name != "" {
			changes = append(changes, addSchema(name))
		}
	}
	for _, table := range tables {
		changes = append(changes, &schema.AddTable{T: table})
	}
	return changes
}

// offlineDB returns a GORM instance that knows the column types of a dialect and has no connection.
func offlineDB(dialect string) (*gorm.DB, error) {
	var d gorm.Dialector
	switch dialect {
	case "sqlite":
		d = sqlite.New(nil)
	case "postgres":
		d = postgres.New(postgres.Config{})
	case "mysql", "mariadb":
		milliseconds := 3 // the driver's default when it connects
		d = mysql.New(mysql.Config{DefaultDatetimePrecision: &milliseconds})
	case "sqlserver":
		d = sqlserverTypes{}
	}
	return gorm.Open(offlineDialector{d},
		&gorm.Config{Logger: logger.Discard, DisableAutomaticPing: true})
}

// offlineDialector is a dialector of GORM that does not connect.
type offlineDialector struct{ gorm.Dialector }

// Initialize does nothing. The method of the embedded dialector would connect.
func (offlineDialector) Initialize(*gorm.DB) error { return nil }
