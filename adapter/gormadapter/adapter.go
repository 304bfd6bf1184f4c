// Package gormadapter stores users, accounts, sessions and sign-in tokens with GORM. An application
// can use the default entities or define its own.
//
// # Entities
//
// The default entities are [User], [Session], [Account], [VerificationToken] and [Authenticator],
// in the tables that MikroORM's adapter for Auth.js creates, and [Throttle], [Factor],
// [RecoveryCode] and [Password]. To use a type of your own for one of them, pass an [Option] such
// as [WithUser]. The type embeds the default entity and adds columns, or it is a struct with the
// same fields, which may have other names.
//
// # Connection
//
// [New] uses the application's own *gorm.DB. It never opens, closes or migrates anything, and it
// joins a transaction of the application if the context carries one (see [WithTx]). [Open] is for
// applications without a *gorm.DB: it makes a connection with a [Driver] from package sqlite,
// postgresql or mysql beside this one.
//
// Neither creates tables. Call [Adapter.Migrate], or pass [Adapter.Entities] to the application's
// own migrations.
//
// # How statements run
//
// The adapter inserts all entities, and updates users and accounts, through GORM, so the
// application's hooks, serializers and plugins work as usual.
//
// All other statements on rows are SQL that [New] compiles once from GORM's description of the
// entities, with GORM's dialect. They run on the same connection, prepared if possible. They
// respect soft deletion and serializers, and the entities that they read get their AfterFind hook.
// Other hooks do not run for them, except in [Adapter.DeleteUser].
//
// Values are always bind parameters and are never logged.
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
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/ratelimit"
	"gorm.io/gorm"
)

var (
	_ cardea.Adapter            = (*Adapter)(nil)
	_ cardea.SessionStore       = (*Adapter)(nil)
	_ cardea.SessionTracker     = (*Adapter)(nil)
	_ cardea.TokenStore         = (*Adapter)(nil)
	_ cardea.AuthenticatorStore = (*Adapter)(nil)
	_ ratelimit.Store           = (*Adapter)(nil)
	_ factor.Store              = (*Adapter)(nil)
)

// Adapter is a [cardea.Adapter], [cardea.SessionStore], [cardea.TokenStore],
// [cardea.AuthenticatorStore], [ratelimit.Store] and [factor.Store] on GORM. All methods may be
// called concurrently.
//
// If ctx has ended when a statement fails, the error wraps ctx.Err(). The errors named ErrNotFound
// and ErrConflict are [cardea.ErrNotFound] and [cardea.ErrConflict], wrapped. If the database
// refuses a row for good, the error is [cardea.ErrRefused]. Every other error is a failure of the
// database, or a value that does not fit the entity.
//
// If a user entity has soft deletion, the methods that find a user return a deleted one together
// with [cardea.ErrUserDeleted].
type Adapter struct {
	unprinted

	db       *database
	errors   errorClassifier
	ownsPool bool // Open made the connection, so Close closes it

	entities *entities
	tables
	userFields  userFields
	statements  statements
	userDeleter userDeleter
	tokens      tokenConsumer
	layouts     *layouts
	readLocks   readLocks // of PostgreSQL
	limitCounter
	factorStore
	tokenList
	passwordStore

	sessions *sessionReader
}

// New returns an adapter on the application's own connection, which it neither closes nor migrates.
// It ignores conditions that db has from calls such as Where. If db is a transaction, every method
// runs in it.
//
// New parses the entities with db, and in GORM's description of them it makes the names of indexes
// and foreign keys begin with the names of their tables. An application that migrates the entities
// itself must therefore call New before it migrates.
//
// New runs no query, except on MySQL and MariaDB: it asks the server whether it is a node of a
// Galera cluster, for at most five seconds. On such a connection wsrep_sync_wait must be 7, so that
// each node finds what the others have acknowledged. Open sets that. The adapter looks at the
// columns of the tables when it first needs to.
//
// New reports all faults of db and the options in one error.
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

// describe maps the entities to tables and compiles the statements on them. It returns everything
// that is wrong with the entities and with dbresolver.
func (a *Adapter) describe() []error {
	tables, faults := mapSchema(a.db.gorm, a.entities)
	if len(faults) > 0 {
		return faults
	}
	c := compiler{db: a.db.gorm, dialect: a.db.dialect}
	a.tables, a.statements = tables, c.statements(tables)
	a.sessions = newSessionReader(a.db, tables, c.newSessionTable(tables, nil))
	faults = append(faults, c.faults...)
	a.errors.schemaNames = tables.schemaNames()
	a.db.errors = a.errors
	a.userFields = newUserFields(a.user)
	a.userDeleter.db, a.userDeleter.user, a.userDeleter.statements = a.db, tables.user, &a.statements
	a.userDeleter.authenticators.table = tables.authenticator
	if a.userDeleter.passwordInUser = tables.passwordInUser; !tables.passwordInUser {
		a.userDeleter.passwords.table = tables.password
	}
	a.tokens = tokenConsumer{a.db, &a.statements}
	a.limitCounter = limitCounter{a.db, tables.limit, &a.statements}
	a.layouts = &layouts{db: a.db, tables: tables, query: c.catalogue(tables.inOrder()...)}
	a.factorStore, a.tokenList = factorStore{a}, tokenList{a}
	a.passwordStore = passwordTable{a}
	if tables.passwordInUser {
		a.passwordStore = passwordColumns{passwordTable{a}}
	}
	faults = append(faults, a.db.findResolver(tables)...)
	if a.entities.sessionsFromPrimary {
		a.db.replicas = nil
	}
	if err := a.db.galeraFault(); err != nil {
		faults = append(faults, err)
	}
	return faults
}

// DB returns the connection that the adapter uses, for the application's own statements on its
// entities. It is never nil.
func (a *Adapter) DB() *gorm.DB { return a.db.gorm }

// Close closes the connection if [Open] made it. Otherwise Close does nothing: the application
// closes the connection that it gave to [New]. A second call does nothing.
func (a *Adapter) Close() error {
	if !a.ownsPool {
		return nil
	}
	return a.db.pool.Close()
}

// Entities returns a pointer to a new value of each entity, for the application's migrations. Their
// order is one in which the tables can be created:
//
//	db.AutoMigrate(append([]any{&Invoice{}}, adapter.Entities()...)...)
func (a *Adapter) Entities() []any { return a.entities.list() }

// NewUser returns a pointer to a new user entity, such as *User for WithUser[User].
func (a *Adapter) NewUser() any { return a.entities.user.new() }
