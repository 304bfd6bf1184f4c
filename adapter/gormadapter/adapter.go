// Package gormadapter keeps users, accounts, sessions and sign-in tokens through GORM, in entities
// that the application can define itself.
//
// # Entities
//
// By default the entities are [User], [Session], [Account], [VerificationToken] and
// [Authenticator], in the tables that MikroORM's adapter for Auth.js creates. To override an
// entity, embed it in a type with more columns, or write a struct that has its fields under other
// names, and name that type in an [Option] such as [WithUser].
//
// # Connection
//
// [New] uses the application's own *gorm.DB: it never opens, closes or migrates anything, and it
// joins a transaction of the application if the context carries one (see [WithTx]). [Open] makes a
// connection for applications that have none, with a [Driver] from the packages sqlite, postgresql
// and mysql beside this one. The application's own migrations create the tables, with
// [Adapter.Entities], or [Adapter.Migrate] does.
//
// # How statements run
//
// Entities are inserted and updated through GORM, so the application's hooks, serializers and
// plugins work as usual. Two kinds of statement are compiled once from GORM's description of the
// entities and prepared on the same connection: those that every request needs (a session with its
// user) and those that must be atomic. They respect soft deletion, serializers and AfterFind hooks
// of the user entity too. Values are always bind parameters and never logged.
//
// # Errors
//
// No error and no log entry contains a value of a row. Databases and drivers write values into the
// texts of their errors, so the adapter describes these errors by code or type and by the tables,
// columns and constraints that they mention: "create user: MySQL error 1406 about image". That
// applies to errors of the application's hooks too. errors.As finds the original, whose text may
// contain values.
package gormadapter

import (
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

var (
	_ cardea.Adapter            = (*Adapter)(nil)
	_ cardea.SessionStore       = (*Adapter)(nil)
	_ cardea.TokenStore         = (*Adapter)(nil)
	_ cardea.AuthenticatorStore = (*Adapter)(nil)
)

// Adapter is a [cardea.Adapter], [cardea.SessionStore], [cardea.TokenStore] and
// [cardea.AuthenticatorStore] on GORM. All methods may be called concurrently.
type Adapter struct {
	db     *database
	errors errorClassifier
	owned  bool // Open opened db

	entities *entities
	tables
	userFields  userFields
	statements  statements
	userDeleter userDeleter
	tokens      tokenConsumer
}

// New returns an adapter on the application's own connection, which it neither closes nor migrates.
// It ignores conditions that db has from calls such as Where. New reports all faults of db and the
// options in one error.
func New(db *gorm.DB, opts ...Option) (*Adapter, error) {
	e := defaultEntities()
	for _, opt := range opts {
		opt(e)
	}
	if db == nil {
		return nil, joinFaults(append(e.faults, errors.New("db is nil")))
	}
	a := &Adapter{db: newDatabase(db), errors: newErrorClassifier(db), entities: e}
	if faults := append(e.faults, a.describe()...); len(faults) > 0 {
		return nil, joinFaults(faults)
	}
	return a, nil
}

func joinFaults(all []error) error { return fmt.Errorf("gormadapter: %w", errors.Join(all...)) }

// describe reads GORM's description of the entities and compiles the statements from it.
func (a *Adapter) describe() []error {
	tables, faults := mapSchema(a.db.gorm, a.entities)
	if len(faults) > 0 {
		return faults
	}
	statements, faults := compileStatements(a.db.gorm, tables)
	a.tables, a.statements = tables, statements
	a.errors.schemaNames = tables.schemaNames()
	a.db.errors = a.errors
	a.userFields = newUserFields(a.user)
	a.userDeleter = userDeleter{db: a.db, tables: tables, statements: &a.statements}
	a.tokens = tokenConsumer{a.db, &a.statements}
	return append(faults, a.db.findResolver(tables)...)
}

// DB returns the connection that the adapter uses, for the application's own statements on its
// entities.
func (a *Adapter) DB() *gorm.DB { return a.db.gorm }

// Close closes the connection if [Open] made it. Otherwise Close does nothing: the application
// closes the connection that it gave to [New].
func (a *Adapter) Close() error {
	if !a.owned {
		return nil
	}
	return a.db.pool.Close()
}

// Entities returns a pointer to a new value of each entity, in an order in which their tables can
// be created, for the application's migrations:
//
//	db.AutoMigrate(append([]any{&Invoice{}}, adapter.Entities()...)...)
func (a *Adapter) Entities() []any { return a.entities.list() }

// NewUser returns a pointer to a new user entity, such as *User for WithUser[User].
func (a *Adapter) NewUser() any { return a.entities.user.new() }
