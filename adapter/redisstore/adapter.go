package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
)

// adapter is another adapter whose limits, and some of whose tokens, are in Redis. Its other
// optional stores are found through Unwrap.
type adapter struct {
	cardea.Adapter
	limits
	tokens
}

// newAdapter returns an adapter in front of inner.
func newAdapter(c *connection, inner cardea.Adapter) (cardea.Adapter, error) {
	if inner == nil {
		return nil, errors.New("redisstore: the adapter is nil")
	}
	store, ok := feature.StoreOf[cardea.TokenStore](inner)
	if !ok {
		return nil, fmt.Errorf("redisstore: want an adapter that is a cardea.TokenStore, have %T", inner)
	}
	a := &adapter{Adapter: inner, limits: limits{c}, tokens: tokens{c, store}}
	sessions, ok := feature.StoreOf[cardea.SessionStore](inner)
	if c.options.Sessions == 0 || !ok {
		return a, nil
	}
	cache, err := newSessionCache(c, inner.NewUser())
	if err != nil {
		return nil, err
	}
	return newSessionAdapter(a, sessions, cache), nil
}

// Unwrap returns the adapter inside.
func (a *adapter) Unwrap() cardea.Adapter { return a.Adapter }

// readLocker is an adapter that can lock the users whom it reads. See [cardea.Adapter].
type readLocker interface {
	LockReads(ctx context.Context, of cardea.Adapter) (locking context.Context, ok bool)
}

// LockReads is that of the inner adapter, which answers all reads of users.
func (a *adapter) LockReads(ctx context.Context, of cardea.Adapter) (locking context.Context, ok bool) {
	return a.lockReads(ctx, of == cardea.Adapter(a))
}

// lockReads asks the inner adapter about itself. If isOwn is false, the site has another adapter,
// which may read users in another way.
func (a *adapter) lockReads(ctx context.Context, isOwn bool) (locking context.Context, ok bool) {
	inner, can := a.Adapter.(readLocker)
	if !isOwn || !can {
		return ctx, false
	}
	return inner.LockReads(ctx, a.Adapter)
}
