// Package memadapter is a [cardea.Adapter] that keeps users, accounts, sessions, sign-in tokens,
// passkeys, passwords and limits in memory. It is the reference implementation of the contract, for
// tests and demonstrations. All data is lost when the process ends.
package memadapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/ratelimit"
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

// Adapter keeps users, accounts, sessions, tokens, passkeys and limits in maps. [New] makes one.
//
// All methods may be called concurrently. One transaction runs at a time, and all other calls wait
// until it ends. A call inside a transaction must use the transaction's context: with another one
// it waits until that context ends.
//
// Entities of the application are not kept: the users, accounts, sessions and authenticators that
// the methods return have a nil Entity.
type Adapter struct {
	lock chan struct{} // holds one element while a transaction runs

	users    map[string]cardea.User // by ID
	emails   map[string]string      // user IDs by e-mail
	accounts map[accountKey]cardea.Account
	sessions map[string]cardea.Session           // by token, without User
	tokens   map[string]cardea.VerificationToken // by token

	authenticators map[string]cardea.Authenticator // by credential ID

	*limits
	*factors
	*passwords
}

// New returns an empty store.
func New() *Adapter {
	a := &Adapter{
		lock:     make(chan struct{}, 1),
		users:    map[string]cardea.User{},
		emails:   map[string]string{},
		accounts: map[accountKey]cardea.Account{},
		sessions: map[string]cardea.Session{},
		tokens:   map[string]cardea.VerificationToken{},

		authenticators: map[string]cardea.Authenticator{},
		limits:         &limits{paid: map[string]time.Time{}},
	}
	a.factors = &factors{a, map[string]factor.Factor{}, map[recoveryKey]struct{}{}}
	a.passwords = &passwords{adapter: a, rows: map[string]storedPassword{}}
	return a
}

// Transact runs fn in a transaction, or in a nested one if ctx already carries a transaction of
// this adapter. It runs fn once only.
func (a *Adapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := ctx.Value(txKey{a}).(*transaction); ok {
		return tx.nested(ctx, fn)
	}
	tx, err := a.begin(ctx)
	if err != nil {
		return err
	}
	defer a.end(tx)
	return tx.nested(context.WithValue(ctx, txKey{a}, tx), fn)
}

// do runs op in the transaction that ctx carries, or in a transaction for op alone. op must check
// everything before it writes: an error of op does not undo what op wrote.
func (a *Adapter) do(ctx context.Context, op func(tx *transaction) error) error {
	tx, ok := ctx.Value(txKey{a}).(*transaction)
	if !ok {
		var err error
		if tx, err = a.begin(ctx); err != nil {
			return err
		}
		defer a.end(tx)
	}
	return tx.operate(ctx, op)
}

func (a *Adapter) begin(ctx context.Context) (*transaction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case a.lock <- struct{}{}:
		return &transaction{}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *Adapter) end(tx *transaction) {
	tx.close()
	<-a.lock
}

// stored returns t as a database keeps it: in UTC, to the millisecond.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}
