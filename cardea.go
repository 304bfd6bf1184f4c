package cardea

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/expiring"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Auth signs people in. It is the http.Handler for everything under the base path, and finds the
// session of any other request through [Auth.Load], [Auth.Require] and [Handle]. [New] makes it. It
// never changes and is safe for concurrent use.
type Auth struct {
	config      Config
	log         *slog.Logger
	now         func() time.Time
	origins     origins
	crossOrigin *http.CrossOriginProtection
	csrf        csrf
	sealer      *seal.Sealer
	protocol    *protocol
	plain       cookie.Names // on http
	secure      cookie.Names // on https
	pages       *page.Pages
	methods     []method // in the order of Config.Providers

	sessions sessionStrategy
	database *databaseSessions // with StrategyDatabase, else nil
	jwt      *jwtSessions      // with StrategyJWT, else nil
	users    *userResolver
	tokens   *accessTokens

	usedOnce       expiring.Set      // states and proofs that came back
	browserReports *expiring.Limiter // what browsers may have logged
}

// New returns the handler. An error lists every fault of the configuration, one a line, each with
// the name of its field and the fix. New connects to nothing: a provider or database that cannot be
// reached shows when it is used.
func New(c Config) (*Auth, error) {
	c = c.withDefaults()
	faults := []error{c.validate()}
	a := &Auth{
		config: c, log: c.Logger, now: time.Now,
		crossOrigin: http.NewCrossOriginProtection(),
		csrf:        csrf{append([]string{c.Secret}, c.PreviousSecrets...)},
	}
	pages, err := page.New(page.Theme(c.Theme), c.buttons())
	if err != nil {
		faults = append(faults, fmt.Errorf("cardea: Config.%w", err))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	a.pages = pages
	a.origins, _ = newOrigins(c)
	a.protocol = &protocols[c.Protocol]
	a.plain, a.secure = a.cookieNames(false), a.cookieNames(true)
	a.sealer = seal.New(a.csrf.secrets, a.protocol.scheme)
	a.browserReports = expiring.NewLimiter(reportLimit.Count, reportLimit.Within)
	for _, p := range c.Providers {
		m, err := definitionOf(p).open(a)
		if err != nil {
			return nil, fmt.Errorf("cardea: %w", err)
		}
		a.methods = append(a.methods, m)
	}
	a.openSessions()
	a.users = newUserResolver(a)
	a.tokens = newAccessTokens(a)
	return a, nil
}

func (a *Auth) cookieNames(secure bool) cookie.Names {
	n := a.protocol.names(secure)
	if prefix := a.config.CookiePrefix; prefix != "" {
		n = n.WithCookiePrefix(prefix)
	}
	n.Domain = a.config.Session.CookieDomain
	return n
}

// clock is a.now as it is when it is called.
func (a *Auth) clock() time.Time { return a.now() }

func (a *Auth) openSessions() {
	if a.config.Session.Strategy == StrategyDatabase {
		a.database = &databaseSessions{
			store: a.config.Adapter.(SessionStore), config: a.config.Session, log: a.log,
		}
		a.sessions = a.database
		return
	}
	a.jwt = &jwtSessions{
		sealer: a.sealer, maxAge: a.config.Session.MaxAge, change: a.config.Callbacks.JWT, log: a.log,
	}
	a.sessions = a.jwt
}

// buttons are the providers as the sign-in page shows them.
func (c Config) buttons() []page.Provider {
	var list []page.Provider
	for _, p := range c.Providers {
		if d := definitionOf(p); d != nil {
			list = append(list, d.button(c.BasePath))
		}
	}
	return list
}

// PurgeExpired deletes sessions and verification tokens that have expired, in batches of 1000, and
// returns how many. It stops when ctx ends, or at the first error, with the number that it has
// deleted by then. It may run concurrently.
//
// Expired rows are never accepted, and most of them are deleted when they are read; each sign-in
// mail also deletes a few expired tokens. With StrategyDatabase an application may call this once a
// day to delete the rest.
func (a *Auth) PurgeExpired(ctx context.Context) (int, error) {
	total := 0
	if s, ok := a.config.Adapter.(SessionStore); ok {
		n, err := purge(ctx, s.DeleteExpiredSessions, a.now())
		total += n
		if err != nil {
			return total, fmt.Errorf("cardea: purge sessions: %w", err)
		}
	}
	if s, ok := a.config.Adapter.(TokenStore); ok {
		n, err := purge(ctx, s.DeleteExpiredVerificationTokens, a.now())
		total += n
		if err != nil {
			return total, fmt.Errorf("cardea: purge verification tokens: %w", err)
		}
	}
	return total, nil
}

const purgeBatch = 1000

func purge(
	ctx context.Context, batch func(context.Context, time.Time, int) (int, error), before time.Time,
) (int, error) {
	total := 0
	for {
		n, err := batch(ctx, before, purgeBatch)
		total += n
		if err != nil || n < purgeBatch {
			return total, err
		}
	}
}
