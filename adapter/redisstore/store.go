// Package redisstore keeps in Redis what the instances of a site share and need not be in its
// database: the counts of limits, what was used and may be used once only, the ends of JWT sessions
// and, with [Options.Sessions], copies of sessions. Users, accounts, sessions and mail links stay
// in the database.
//
//	client := redis.NewClient(&redis.Options{Addr: "redis:6379", ContextTimeoutEnabled: true})
//	store, err := redisstore.New(client, redisstore.Options{})
//	…
//	adapter, err := store.Wrap(database) // such as a *gormadapter.Adapter
//	…
//	auth, err := cardea.New(cardea.Config{Secret: secret, Adapter: adapter, …})
//
// An application that wants nothing but the limits in Redis sets cardea.Config.Limits.Store to the
// [Store], and wraps nothing.
//
// # If Redis is away
//
// No call waits longer than [Options.Timeout]. After a call that got no answer, none is made for a
// second. Once a minute the log says so. Meanwhile
//   - each process counts limits in its memory;
//   - what would be refused if it had been used, and a JWT session that may have ended
//     (SessionConfig.ShareSignOuts), is answered with 503 and Retry-After;
//   - sessions are read from the database. A sign-out works; the end of all sessions of a user, and
//     the deletion of a user, fail if sessions are cached.
//
// # Memory
//
// Redis must have the maxmemory-policy noeviction, its default. If its memory is full, it then
// refuses what may be used once, as if it were away. With another policy it forgets keys that still
// count; the log says so once, after the first answer.
//
// # Keys
//
// Every key expires by itself, and a script uses one key, so a Redis Cluster works. A key consists
// of [Options.Prefix] and a hash. A value contains its key, or is encrypted for it. What comes back
// for another key is not used, and the log says so once a minute.
package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/ratelimit"
	"github.com/redis/go-redis/v9"
)

var _ ratelimit.Store = (*Store)(nil)

// Options are the settings of a [Store]. The zero value is usable.
type Options struct {
	// Sessions is how long a session and its user may be read from Redis in place of the database,
	// after they were read from there: at most an hour. It is for [Store.Wrap]. What Cardea changes
	// is seen at once by every instance. What the application changes in the user's row by itself
	// is seen after this time at the latest, or at once after [Store.Forget]. Defaults to 0: each
	// session is read from the database.
	//
	// Instances may have different times while a new version is deployed. But one without Sessions
	// does not tell the others that a session has ended: they see it after their own time.
	Sessions time.Duration

	// Secret encrypts cached sessions: the Secret of cardea.Config, or another of 32 bytes or more.
	// All instances have the same. Sessions needs it.
	Secret string `json:"-"`

	// Prefix begins each key, so that several sites can use one Redis. Defaults to "cardea:".
	Prefix string

	// Timeout is how long a call waits for Redis at most. Defaults to half a second.
	Timeout time.Duration

	// Logger gets a warning if Redis is away, or has what cannot be used. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

// Store keeps what the instances of a site share in Redis. It is safe for concurrent use.
type Store struct {
	limits
}

// connection is what the parts of a Store have in common.
type connection struct {
	client  redis.UniversalClient
	options Options
	sealer  *sealer // nil without Options.Sessions
	outage  outage
	unused  atomic.Int64 // until when no cached session is used, in nanoseconds since 1970

	policyChecked atomic.Bool // whether a server was asked if it removes keys
}

// New returns a store on the application's own client, which it never closes. The client must have
// ContextTimeoutEnabled; otherwise it would ignore the deadline of a call. In a cluster it must not
// read from replicas, which do not know yet what has just been used.
//
// New sends nothing to Redis. It reports all faults of the options in one error.
func New(client redis.UniversalClient, o Options) (*Store, error) {
	faults := checkClient(client)
	if o.Timeout < 0 {
		faults = append(faults, fmt.Errorf("Options.Timeout: want more than 0, have %v", o.Timeout))
	}
	if o.Sessions < 0 || o.Sessions > time.Hour {
		faults = append(faults, fmt.Errorf("Options.Sessions: want at most an hour, have %v", o.Sessions))
	}
	if o.Sessions > 0 && len(o.Secret) < 32 {
		faults = append(faults, fmt.Errorf("Options.Secret: Sessions needs 32 bytes or more, have %d", len(o.Secret)))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("redisstore: %w", errors.Join(faults...))
	}
	o.Prefix = cmp.Or(o.Prefix, "cardea:")
	o.Timeout = cmp.Or(o.Timeout, 500*time.Millisecond)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	c := &connection{client: client}
	if o.Sessions > 0 {
		var err error
		if c.sealer, err = newSealer(o.Secret); err != nil {
			return nil, fmt.Errorf("redisstore: %w", err)
		}
	}
	o.Secret = "" // a value that is printed with the wrong verb shows its fields
	c.options = o
	return &Store{limits{c}}, nil
}

// checkClient returns what is wrong with a client.
func checkClient(client redis.UniversalClient) []error {
	var faults []error
	isBounded, fromReplicas := true, false
	switch c := client.(type) {
	case nil:
		return []error{errors.New("the client is nil")}
	case *redis.Client:
		isBounded = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		o := c.Options()
		isBounded, fromReplicas = o.ContextTimeoutEnabled, o.ReadOnly || o.RouteByLatency || o.RouteRandomly
	case *redis.Ring:
		return []error{errors.New("the client is a Ring, which loses keys if a server comes or goes; use a cluster")}
	}
	if !isBounded {
		faults = append(faults, errors.New("the client ignores deadlines: set ContextTimeoutEnabled in its options"))
	}
	if fromReplicas {
		faults = append(faults, errors.New(
			"the client reads from replicas: leave ReadOnly, RouteByLatency and RouteRandomly out of its options"))
	}
	return faults
}

// Wrap returns an adapter that keeps in Redis what is said above, and everything else in inner. All
// optional stores of inner are found through it: see [feature.StoreOf]. Inner must be a
// [cardea.TokenStore].
//
// Give the adapter that Wrap returns to everything that writes users or sessions, not inner.
func (s *Store) Wrap(inner cardea.Adapter) (cardea.Adapter, error) {
	return newAdapter(s.connection, inner)
}

// Forget makes every instance read the sessions of a user, with the user's row, from the database
// for a minute. Call it in the transaction that changes the row, or after it. A store without
// Options.Sessions, such as that of an administrator's command, makes those that have it forget
// too.
//
// If Redis is away, the error says so. Then the change is seen when Options.Sessions has passed.
func (s *Store) Forget(ctx context.Context, userID string) error {
	return (&sessionCache{connection: s.connection}).blockUser(ctx, userID)
}

// call makes a call to Redis. An error is that of ctx if ctx has ended, and wraps errAway if Redis
// has not answered.
func (c *connection) call(ctx context.Context, send func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !c.outage.mayCall(time.Now()) {
		return errAway
	}
	bounded, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	err := send(bounded)
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		c.outage.answered()
		c.checkEviction(bounded)
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	var reply redis.Error
	if errors.As(err, &reply) {
		c.outage.answered()
	} else {
		c.outage.begin(time.Now())
	}
	c.warn(ctx, "redisstore: Redis is away: limits are counted in the memory of this process, sessions are "+
		"read from the database, and what may be used once only is refused", err)
	return fmt.Errorf("%w: %v", errAway, err)
}

// warn writes a warning, unless there was one in the last minute.
func (c *connection) warn(ctx context.Context, message string, cause error) {
	if c.outage.mayLog(time.Now()) {
		c.options.Logger.WarnContext(ctx, message, "cause", cause)
	}
}

// isKey reports whether what came back for a key belongs to it. Otherwise a connection has got the
// answer to another command, as with CVE-2025-29923, or somebody else writes these keys.
func (c *connection) isKey(ctx context.Context, key, got string) bool {
	if key == got {
		return true
	}
	c.warn(ctx, "redisstore: Redis answers with the value of another key, which is not used",
		errors.New("see that no other program uses the prefix "+c.options.Prefix))
	return false
}

var errOtherKey = fmt.Errorf("%w with what belongs to the key", errAway)

// run runs a script with one key. The first element of the reply is the key.
func (c *connection) run(
	ctx context.Context, script *redis.Script, key string, args ...any,
) (reply []any, err error) {
	err = c.call(ctx, func(ctx context.Context) (err error) {
		reply, err = script.Run(ctx, c.client, []string{key}, args...).Slice()
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(reply) == 0 || !c.isKey(ctx, key, fmt.Sprint(reply[0])) {
		return nil, errOtherKey
	}
	return reply, nil
}
