package cardea

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/cardea-auth/cardea/feature"
)

// refreshLock lets one process at a time refresh the tokens of an account. The lock is a row among
// the verification tokens, which only one process can create. It expires, so a process that dies
// does not hold it forever. Without a TokenStore there is no lock, and acquire always succeeds.
type refreshLock struct {
	adapter Adapter
	store   TokenStore // nil if there is none
	row     VerificationToken
	now     func() time.Time
	log     *slog.Logger
}

// lockMaxAge is longer than requestTimeout: the difference is for clocks that do not agree, and for
// a slow store. If the lock expires during a refresh, accessTokens.replace notices tokens that
// somebody else has stored.
const lockMaxAge = 30 * time.Second

func newRefreshLock(t *accessTokens, account *Account) *refreshLock {
	sum := sha256.Sum256([]byte("refresh\x00" + accountKey(account)))
	l := &refreshLock{adapter: t.adapter, now: t.now, log: t.log}
	l.store, _ = feature.StoreOf[TokenStore](t.adapter)
	l.row = VerificationToken{Identifier: tokenOfRefresh + account.Provider, Token: hex.EncodeToString(sum[:])}
	return l
}

// acquire reports whether this process holds the lock now.
func (l *refreshLock) acquire(ctx context.Context) (bool, error) {
	if l.store == nil {
		return true, nil
	}
	now := l.now()
	l.row.Expires = now.Add(lockMaxAge).UTC().Truncate(time.Millisecond)
	err := l.store.CreateVerificationToken(ctx, &l.row)
	if errors.Is(err, ErrConflict) {
		err = l.takeOver(ctx, now)
	}
	if errors.Is(err, ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// takeOver replaces a lock that has expired. If it has not expired, it stays, and the error is
// ErrConflict.
func (l *refreshLock) takeOver(ctx context.Context, now time.Time) error {
	return l.adapter.Transact(ctx, func(ctx context.Context) error {
		old, err := l.store.ConsumeVerificationToken(ctx, l.row.Identifier, l.row.Token)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case now.Before(old.Expires):
			return ErrConflict // rolls back, so the lock stays
		}
		return l.store.CreateVerificationToken(ctx, &l.row)
	})
}

// release deletes the lock, unless it has expired and another process holds it now. It works even
// if ctx has ended.
func (l *refreshLock) release(ctx context.Context) {
	if l.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	err := l.adapter.Transact(ctx, func(ctx context.Context) error {
		row, err := l.store.ConsumeVerificationToken(ctx, l.row.Identifier, l.row.Token)
		if err == nil && !row.Expires.Equal(l.row.Expires) {
			err = ErrConflict // rolls back, so the lock stays
		}
		return err
	})
	if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
		l.log.WarnContext(ctx, "cardea: lock of a token refresh not released; it expires by itself", "cause", err)
	}
}
