// Package memadapter is a [cardea.Adapter] in memory, with sessions, sign-in tokens and passkeys:
// the reference of what the contract means, for tests and demonstrations. Everything is gone when
// the process ends.
package memadapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
)

var (
	_ cardea.Adapter            = (*Adapter)(nil)
	_ cardea.SessionStore       = (*Adapter)(nil)
	_ cardea.TokenStore         = (*Adapter)(nil)
	_ cardea.AuthenticatorStore = (*Adapter)(nil)
)

// Adapter keeps users, accounts, sessions, tokens and passkeys in maps. All methods may be called
// concurrently; one transaction runs at a time, and everyone else waits for its end. A call from
// within a transaction that does not use the transaction's context therefore waits until its own
// context ends.
type Adapter struct {
	turn chan struct{} // holds one element while a transaction runs

	users    map[string]cardea.User // by id
	emails   map[string]string      // e-mail to user id
	accounts map[accountKey]cardea.Account
	sessions map[string]cardea.Session           // by token, without User
	tokens   map[string]cardea.VerificationToken // by token

	authenticators map[string]cardea.Authenticator // by credential id
}

// New returns an empty store.
func New() *Adapter {
	return &Adapter{
		turn:     make(chan struct{}, 1),
		users:    map[string]cardea.User{},
		emails:   map[string]string{},
		accounts: map[accountKey]cardea.Account{},
		sessions: map[string]cardea.Session{},
		tokens:   map[string]cardea.VerificationToken{},

		authenticators: map[string]cardea.Authenticator{},
	}
}

// Transact runs fn in one transaction, or in a part of the one that ctx carries. It never runs fn
// twice.
func (a *Adapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := ctx.Value(txKey{a}).(*transaction); ok {
		return tx.part(ctx, fn)
	}
	tx, err := a.begin(ctx)
	if err != nil {
		return err
	}
	defer a.end(tx)
	return tx.part(context.WithValue(ctx, txKey{a}, tx), fn)
}

// do runs one operation. op must look before it writes: what it wrote stays, unless the transaction
// around it fails.
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
	case a.turn <- struct{}{}:
		return &transaction{}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *Adapter) end(tx *transaction) {
	tx.close()
	<-a.turn
}

func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}
