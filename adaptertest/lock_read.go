package adaptertest

import (
	"context"
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// lockReads has the promises about the optional method LockReads. They hold for an adapter that
// does not have it.
func lockReads() []promise {
	return []promise{
		{"UserByID, UserByEmail and UserByAccount lock the user whom they return, as LockUser does",
			func(t *testing.T, s store) {
				for name, read := range lockingReads(s) {
					locks := []lockFunc{lockOf(s), read}
					s.unlinkInPairs(name, func(ctx context.Context, u *cardea.User, id string) (*cardea.User, error) {
						return locks[rand.Text()[0]%2](ctx, u, id)
					})
				}
			}},
		{"what they return was committed last", func(t *testing.T, s store) {
			for name, read := range lockingReads(s) {
				u := s.user(name)
				s.account(u.ID, "github", u.Name)
				changed := *u
				changed.Image = "https://example.com/new.png"
				update := func(ctx context.Context) error { return s.UpdateUser(ctx, &changed) }
				got, err := readWhile(s, u, update, read)
				s.must(err)
				s.sameUser(got, &changed)
			}
		}},
		{"a user whom UserByAccount returns keeps the account until the transaction has ended",
			func(t *testing.T, s store) {
				read, ok := lockingReads(s)["UserByAccount"]
				if !ok {
					return
				}
				u := s.user("ada")
				s.account(u.ID, "github", u.Name)
				_, err := readWhile(s, u, func(ctx context.Context) error {
					return s.UnlinkAccount(ctx, "github", u.Name)
				}, read)
				s.want("UserByAccount while the account is unlinked", err, cardea.ErrNotFound)
			}},
		{"no other adapter locks with it, since that may read users in another way",
			func(t *testing.T, s store) {
				locker, ok := s.Adapter.(readLocker)
				if !ok {
					return
				}
				s.must(s.Transact(t.Context(), func(ctx context.Context) error {
					if _, ok := locker.LockReads(ctx, struct{ cardea.Adapter }{s.Adapter}); ok {
						t.Error("an adapter that embeds this one locks")
					}
					return nil
				}))
			}},
		{"nobody is ErrNotFound", func(t *testing.T, s store) {
			nobody := &cardea.User{ID: "nobody", Email: "nobody@example.com", Name: "nobody"}
			for _, read := range lockingReads(s) {
				s.want("a read of nobody", s.Transact(t.Context(), func(ctx context.Context) error {
					_, err := read(ctx, nobody, "nobody")
					return err
				}), cardea.ErrNotFound)
			}
		}},
	}
}

type readLocker interface {
	LockReads(ctx context.Context, of cardea.Adapter) (locking context.Context, ok bool)
}

// lockingReads returns the three methods with LockReads. If the adapter cannot do that, there are
// none.
func lockingReads(s store) map[string]lockFunc {
	adapter, ok := s.Adapter.(readLocker)
	if !ok {
		return nil
	}
	s.must(s.Transact(s.t.Context(), func(ctx context.Context) error {
		_, ok = adapter.LockReads(ctx, s.Adapter)
		return nil
	}))
	if !ok {
		return nil
	}
	return map[string]lockFunc{
		"UserByID": func(ctx context.Context, u *cardea.User, _ string) (*cardea.User, error) {
			locking, _ := adapter.LockReads(ctx, s.Adapter)
			return s.UserByID(locking, u.ID)
		},
		"UserByEmail": func(ctx context.Context, u *cardea.User, _ string) (*cardea.User, error) {
			locking, _ := adapter.LockReads(ctx, s.Adapter)
			return s.UserByEmail(locking, u.Email)
		},
		"UserByAccount": func(ctx context.Context, _ *cardea.User, account string) (*cardea.User, error) {
			locking, _ := adapter.LockReads(ctx, s.Adapter)
			return s.UserByAccount(locking, "github", account)
		},
	}
}

// readWhile reads a user while a transaction that has locked the user makes a change, and returns
// what was read.
func readWhile(
	s store, u *cardea.User, change func(ctx context.Context) error, read lockFunc,
) (got *cardea.User, err error) {
	s.t.Helper()
	locked, done := make(chan struct{}), make(chan error, 1)
	go func() {
		var once sync.Once
		done <- s.Transact(s.t.Context(), func(ctx context.Context) error {
			if err := s.LockUser(ctx, u.ID); err != nil {
				return err
			}
			once.Do(func() { close(locked) })
			time.Sleep(20 * time.Millisecond)
			return change(ctx)
		})
	}()
	<-locked
	err = s.Transact(s.t.Context(), func(ctx context.Context) error {
		if got, err = read(ctx, u, u.Name); err != nil {
			return err
		}
		return s.DeleteUser(ctx, "nobody") // SQLite refuses to write after the read of an old snapshot
	})
	s.must(<-done)
	return got, err
}
