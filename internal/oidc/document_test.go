package oidc

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// remote is a remote document. It counts fetches, each of which takes a second and returns the
// count, or an error.
type remote struct {
	mu      sync.Mutex
	fetches int
	err     error
}

func (r *remote) fetch(ctx context.Context) (int, error) {
	r.mu.Lock()
	r.fetches++
	n, err := r.fetches, r.err
	r.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return n, err
}

func (r *remote) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *remote) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fetches
}

func newRemote() (*remote, *document[int]) {
	r := &remote{}
	return r, &document[int]{now: time.Now, fetch: r.fetch}
}

var errDown = errors.New("down")

func TestDocumentIsFetchedOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() {
				if got, err := d.get(t.Context()); err != nil || got.value != 1 {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		group.Wait()
		time.Sleep(maxAge - time.Second)
		if got, err := d.get(t.Context()); err != nil || got.value != 1 || r.count() != 1 {
			t.Errorf("before it is too old: got %v, %v after %d fetches", got, err, r.count())
		}
		time.Sleep(time.Second)
		if got, err := d.get(t.Context()); err != nil || got.value != 2 {
			t.Errorf("too old: got %v, %v", got, err)
		}
	})
}

func TestDocumentIsFetchedEvenIfTheFirstCallerLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		first, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := d.get(first); !errors.Is(err, context.Canceled) {
				t.Errorf("first caller got %v", err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			if got, err := d.get(t.Context()); err != nil || got.value != 1 {
				t.Errorf("second caller got %v, %v", got, err)
			}
		})
		synctest.Wait()
		cancel()
		group.Wait()
		if r.count() != 1 {
			t.Errorf("%d fetches, want 1", r.count())
		}
	})
}

func TestFetchOfADocumentHasATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &document[int]{now: time.Now, fetch: func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}}
		begin := time.Now()
		if _, err := d.get(t.Context()); !errors.Is(err, context.DeadlineExceeded) ||
			time.Since(begin) != outbound.Timeout {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
	})
}

func TestDocumentRemembersAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		r.fail(errDown)
		for range 100 {
			if _, err := d.get(t.Context()); !errors.Is(err, errDown) {
				t.Fatalf("got %v", err)
			}
		}
		if r.count() != 1 {
			t.Errorf("%d fetches within two seconds of a failure, want 1", r.count())
		}
		r.fail(nil)
		time.Sleep(retryAfter)
		if got, err := d.get(t.Context()); err != nil || got.value != 2 {
			t.Errorf("when it works again: got %v, %v", got, err)
		}
	})
}

func TestDocumentServesTheOldCopyWhenItCannotBeRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		if _, err := d.get(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.fail(errDown)
		time.Sleep(maxAge)
		for range 100 {
			if got, err := d.get(t.Context()); err != nil || got.value != 1 {
				t.Fatalf("got %v, %v, want the old copy", got, err)
			}
		}
		if r.count() != 2 {
			t.Errorf("%d fetches, want 2", r.count())
		}
		r.fail(nil)
		time.Sleep(retryAfter)
		if got, err := d.get(t.Context()); err != nil || got.value != 3 {
			t.Errorf("when it works again: got %v, %v", got, err)
		}
	})
}

func TestNewerFetchesOnceUntilTheCooldownEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		first, err := d.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() {
				if got, err := d.newer(t.Context(), first.number); err != nil || got.value != 2 {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		group.Wait()
		second := first.number + 1
		for range 1000 {
			if got, err := d.newer(t.Context(), second); err == nil {
				t.Fatalf("asked again at once, got %v", got)
			}
		}
		if r.count() != 2 {
			t.Errorf("%d fetches, want 2", r.count())
		}
		d.endCooldown()
		if got, err := d.newer(t.Context(), second); err != nil || got.value != 3 {
			t.Errorf("after the cooldown was ended: got %v, %v", got, err)
		}
		time.Sleep(cooldown)
		if got, err := d.newer(t.Context(), second+1); err != nil || got.value != 4 {
			t.Errorf("after a while: got %v, %v", got, err)
		}
	})
}

func TestNewerFetchesAgainSoonAfterAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		first, err := d.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.fail(errDown)
		for range 100 {
			if _, err := d.newer(t.Context(), first.number); !errors.Is(err, errDown) {
				t.Fatalf("got %v", err)
			}
		}
		if r.count() != 2 {
			t.Errorf("%d fetches, want 2", r.count())
		}
		r.fail(nil)
		time.Sleep(retryAfter)
		if got, err := d.newer(t.Context(), first.number); err != nil || got.value != 3 {
			t.Errorf("when it works again: got %v, %v", got, err)
		}
	})
}

// go-jose CVE-2026-34986: a parser panics.
func TestDocumentSurvivesAPanic(t *testing.T) {
	t.Parallel()
	d := &document[int]{now: time.Now, fetch: func(context.Context) (int, error) { panic("hostile document") }}
	if got, err := d.get(t.Context()); err == nil {
		t.Errorf("got %v", got)
	}
}
