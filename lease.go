package cardea

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// lease is the right of one process to refresh the tokens of an account: a row among the
// verification tokens, which only one can create. It runs out, so that a process that dies does not
// keep it. Where there is no TokenStore, everybody gets it.
type lease struct {
	adapter Adapter
	store   TokenStore // nil if there is none
	row     VerificationToken
	now     func() time.Time
	log     *slog.Logger
}

// leaseTime is longer than callLimit by what the clocks of two processes may differ and the store
// may take. Somebody whose lease has run out while they were at it finds that in replace.
const leaseTime = 30 * time.Second

func (a *Auth) leaseOf(account *Account) *lease {
	sum := sha256.Sum256([]byte("refresh\x00" + renewalKey(account)))
	l := &lease{adapter: a.config.Adapter, now: a.now, log: a.log}
	l.store, _ = a.config.Adapter.(TokenStore)
	l.row = VerificationToken{Identifier: "refresh:" + account.Provider, Token: hex.EncodeToString(sum[:])}
	return l
}

// renewalKey names an account.
func renewalKey(account *Account) string {
	return strings.Join([]string{account.Provider, account.ProviderAccountID}, "\x00")
}

// take reports whether the lease is ours now.
func (l *lease) take(ctx context.Context) (bool, error) {
	if l.store == nil {
		return true, nil
	}
	now := l.now()
	l.row.Expires = now.Add(leaseTime).UTC().Truncate(time.Millisecond)
	err := l.store.CreateVerificationToken(ctx, &l.row)
	if errors.Is(err, ErrConflict) {
		err = l.takeOver(ctx, now)
	}
	if errors.Is(err, ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// takeOver creates the lease in the place of one that has run out. One that has not is ErrConflict,
// and stays.
func (l *lease) takeOver(ctx context.Context, now time.Time) error {
	return l.adapter.Transact(ctx, func(ctx context.Context) error {
		old, err := l.store.ConsumeVerificationToken(ctx, l.row.Identifier, l.row.Token)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case now.Before(old.Expires):
			return ErrConflict // which undoes the consumption
		}
		return l.store.CreateVerificationToken(ctx, &l.row)
	})
}

// release gives the lease back, unless it has run out and is somebody else's by now. It works when
// ctx has ended.
func (l *lease) release(ctx context.Context) {
	if l.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	err := l.adapter.Transact(ctx, func(ctx context.Context) error {
		row, err := l.store.ConsumeVerificationToken(ctx, l.row.Identifier, l.row.Token)
		if err == nil && !row.Expires.Equal(l.row.Expires) {
			err = ErrConflict // which undoes the consumption
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
		l.log.WarnContext(ctx, "cardea: lease not released, and runs out", "cause", err)
	}
}
