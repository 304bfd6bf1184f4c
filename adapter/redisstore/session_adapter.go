package redisstore

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
)

// sessionAdapter is an adapter that also has copies of sessions in Redis.
type sessionAdapter struct {
	*adapter
	cardea.SessionStore // of the inner adapter
	tracker             cardea.SessionTracker
	cache               *sessionCache
}

func newSessionAdapter(a *adapter, sessions cardea.SessionStore, cache *sessionCache) *sessionAdapter {
	tracker, _ := feature.StoreOf[cardea.SessionTracker](a.Adapter)
	return &sessionAdapter{adapter: a, SessionStore: sessions, tracker: tracker, cache: cache}
}

// changes are what a transaction has changed. They are told to the cache again after it has ended:
// what was told before may have expired.
type changes struct {
	sessions, users map[string]bool
}

type changesKey struct{ *sessionCache }

func (a *sessionAdapter) changesOf(ctx context.Context) *changes {
	c, _ := ctx.Value(changesKey{a.cache}).(*changes)
	return c
}

// Transact runs fn in a transaction of the inner adapter.
func (a *sessionAdapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if a.changesOf(ctx) != nil {
		return a.Adapter.Transact(ctx, fn)
	}
	made := &changes{map[string]bool{}, map[string]bool{}}
	err := a.Adapter.Transact(ctx, func(ctx context.Context) error {
		return fn(context.WithValue(ctx, changesKey{a.cache}, made))
	})
	if err == nil {
		for token := range made.sessions {
			a.cache.block(ctx, token)
		}
		for userID := range made.users {
			_ = a.cache.blockUser(ctx, userID) // it was done before the transaction ended
		}
	}
	return err
}

// LockReads is that of the inner adapter: a copy of a session has its user, but no read of a user
// comes from there.
func (a *sessionAdapter) LockReads(ctx context.Context, of cardea.Adapter) (locking context.Context, ok bool) {
	return a.lockReads(ctx, of == cardea.Adapter(a))
}

// changeSession makes a change of a session known before and after it.
func (a *sessionAdapter) changeSession(ctx context.Context, token string, change func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a.cache.block(ctx, token)
	if made := a.changesOf(ctx); made != nil {
		made.sessions[token] = true
		return change()
	}
	defer a.cache.block(ctx, token)
	return change()
}

// changeUser makes a change of a user known before and after it. If it cannot, and the change must
// be known at once, the change is not made.
func (a *sessionAdapter) changeUser(ctx context.Context, userID string, mustBeKnown bool, change func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := a.cache.blockUser(ctx, userID); err != nil && mustBeKnown {
		return err
	}
	if made := a.changesOf(ctx); made != nil {
		made.users[userID] = true
		return change()
	}
	defer func() { _ = a.cache.blockUser(ctx, userID) }() // it was done before the change
	return change()
}

// Session returns the session with its user, from Redis if there is a copy. In a transaction it
// reads the database.
func (a *sessionAdapter) Session(ctx context.Context, token string) (*cardea.Session, error) {
	load := func() (*cardea.Session, error) { return a.SessionStore.Session(ctx, token) }
	if a.changesOf(ctx) != nil {
		return load()
	}
	return a.cache.read(ctx, token, load)
}

// RenewSession changes the expiry of a session. The expiry of a copy is never later.
func (a *sessionAdapter) RenewSession(ctx context.Context, token string, expires time.Time) error {
	err := a.SessionStore.RenewSession(ctx, token, expires)
	if err == nil {
		a.cache.forget(ctx, token)
	}
	return err
}

// TouchSession stores when a session was used, if the inner adapter can.
func (a *sessionAdapter) TouchSession(ctx context.Context, token string, before, seen, created time.Time) error {
	if a.tracker == nil {
		return ctx.Err()
	}
	err := a.tracker.TouchSession(ctx, token, before, seen, created)
	if err == nil {
		a.cache.forget(ctx, token)
	}
	return err
}

// DeleteSession deletes the session. If Redis is away, other processes that reach it may know the
// session for as long as Options.Sessions says.
func (a *sessionAdapter) DeleteSession(ctx context.Context, token string) error {
	return a.changeSession(ctx, token, func() error { return a.SessionStore.DeleteSession(ctx, token) })
}

// DeleteSessions deletes the sessions of a user but one. If Redis is away, it fails and deletes
// none.
func (a *sessionAdapter) DeleteSessions(ctx context.Context, userID, except string) (n int, err error) {
	err = a.changeUser(ctx, userID, true, func() (err error) {
		n, err = a.SessionStore.DeleteSessions(ctx, userID, except)
		return err
	})
	return n, err
}

// DeleteUser deletes the user. If Redis is away, it fails and deletes nothing.
func (a *sessionAdapter) DeleteUser(ctx context.Context, id string) error {
	return a.changeUser(ctx, id, true, func() error { return a.Adapter.DeleteUser(ctx, id) })
}

// UpdateUser changes the user.
func (a *sessionAdapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	return a.changeUser(ctx, u.ID, false, func() error { return a.Adapter.UpdateUser(ctx, u) })
}
