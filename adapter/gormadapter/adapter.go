// Package gormadapter keeps users, accounts, sessions and sign-in tokens through GORM, in entities
// that are the application's own.
//
// # Entities
//
// Without options the entities are [User], [Session], [Account], [VerificationToken] and
// [Authenticator], in tables as MikroORM's adapter for Auth.js makes them. An entity is overridden
// by embedding it in a type with more columns, or by a struct that has its fields under other
// names, and naming that type in an [Option] such as [WithUser].
//
// # Connection
//
// [New] stands on the application's own *gorm.DB: it never opens, closes or migrates anything, and
// joins a transaction of the application's that the context carries (see [WithTx]). [Open] makes a
// connection for applications that have none. Tables come from the application's own migrations, to
// which [Adapter.Entities] adds, or from [Adapter.Migrate].
//
// # What runs how
//
// Entities are inserted and updated through GORM, so the application's hooks, serializers and
// plugins see what they expect. What every request needs, a session with its user, and what has to
// be atomic are statements compiled once from GORM's description of the entities and prepared on
// the same connection; soft deletion, serializers and AfterFind hooks of the user entity hold there
// too. Values are always bind parameters, and never in a log.
package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
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
	db     *gorm.DB
	pool   *sql.DB          // what db stands on; nil when that cannot be told
	tx     *gorm.DB         // db, when that is a transaction itself
	logger logger.Interface // db's, without values
	silent bool             // logger logs nothing
	owned  bool             // db was opened by Open

	dialect dialect
	errors  errorClassifier
	choose  func(*gorm.DB) // dbresolver's choice of where to read; nil without dbresolver

	entities      *entities
	user          *table
	session       *table
	account       *table
	token         *table
	authenticator *table
	visitor       visitor
	statements    statements
	queue         queue
	hasPasskeys   atomic.Bool // the table of authenticators was seen
	savepoints    atomic.Int64
}

// New returns an adapter on the application's own connection, which it neither closes nor migrates.
// Conditions that hang on db, as Where leaves them, are not the adapter's. New reports everything
// that is wrong with db and the options in one error.
func New(db *gorm.DB, opts ...Option) (*Adapter, error) {
	e := defaultEntities()
	for _, opt := range opts {
		opt(e)
	}
	if db == nil {
		e.faults = append(e.faults, errors.New("db is nil"))
		return nil, fault(e.faults)
	}
	a := &Adapter{db: db, logger: quietLogger{db.Logger}, silent: db.Logger == logger.Discard, entities: e}
	a.pool, _ = db.DB()
	a.dialect, a.errors = dialect(db.Dialector.Name()), newErrorClassifier(db)
	if inTransaction(db) {
		a.tx = db
	}
	if faults := append(e.faults, a.describe()...); len(faults) > 0 {
		return nil, fault(faults)
	}
	return a, nil
}

func fault(all []error) error {
	return fmt.Errorf("gormadapter: %w", errors.Join(all...))
}

// describe takes GORM's description of the entities and compiles the statements from it.
func (a *Adapter) describe() []error {
	p, e := parser{db: a.db}, a.entities
	if p.checkEmbedding(e.list()); len(p.faults) > 0 {
		return p.faults
	}
	a.user = p.table(e.user, userRoles)
	a.session, a.account = p.table(e.session, sessionRoles), p.table(e.account, accountRoles)
	a.token, a.authenticator = p.table(e.token, tokenRoles), p.table(e.authenticator, authenticatorRoles)
	if len(p.faults) > 0 {
		return p.faults
	}
	p.checkOwner(a.user)
	p.checkIDs(a.user, e.newID)
	for _, t := range []*table{a.session, a.account, a.authenticator} {
		p.checkOwned(t, a.user)
		p.checkIDs(t, e.newID)
	}
	if len(p.faults) > 0 {
		return p.faults
	}
	rename(map[string]*table{
		"user": a.user, "session": a.session, "account": a.account, "verification_token": a.token,
		"authenticator": a.authenticator,
	})
	// the others are written without theirs
	a.user.simple = a.user.simple && len(a.user.schema.Relationships.Relations) == 0
	a.visitor = newVisitor(a.user)
	a.statements = p.statements(a.user, a.session, a.account, a.token, a.authenticator)
	return append(p.faults, a.findResolver()...)
}

// tables are in an order in which they can be created.
func (a *Adapter) tables() []*table {
	return []*table{a.user, a.session, a.account, a.token, a.authenticator}
}

// DB returns the connection, for what the application wants to do with its entities.
func (a *Adapter) DB() *gorm.DB { return a.db }

// Close closes the connection that Open made. The connection given to New is the application's to
// close, and stays open.
func (a *Adapter) Close() error {
	if !a.owned {
		return nil
	}
	return a.pool.Close()
}

// Entities returns a new value of each entity, the application's own among them, for the
// application's migrations:
//
//	db.AutoMigrate(append([]any{&Invoice{}}, adapter.Entities()...)...)
func (a *Adapter) Entities() []any { return a.entities.list() }

// NewUser returns a pointer to a new user entity, such as *User for WithUser[User].
func (a *Adapter) NewUser() any { return a.entities.user.new() }

// gorm returns a GORM session in the transaction that ctx carries.
func (a *Adapter) gorm(ctx context.Context) *gorm.DB { return a.on(ctx, cmp.Or(a.joined(ctx), a.db)) }

func (a *Adapter) on(ctx context.Context, db *gorm.DB) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true, Context: ctx, Logger: a.logger})
}

// writer is gorm for writing an entity. Where there is nothing beside the one statement GORM's own
// transaction around each write is left out, and the statement is prepared. Hooks get the
// transaction as it is.
func (a *Adapter) writer(ctx context.Context, t *table) *gorm.DB {
	if !t.simple {
		return a.gorm(ctx)
	}
	db := cmp.Or(a.joined(ctx), a.db)
	return a.prepared(db.Session(&gorm.Session{
		NewDB: true, Context: ctx, Logger: a.logger, SkipDefaultTransaction: true,
	}))
}
