package oidc

import (
	"context"
	"crypto/rand"
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

func TestNewerFetchesWithinItsBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		last, err := d.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// newer asks many times at once for a newer version, and wants there to be one or not.
		newer := func(name, reason string, want bool) {
			t.Helper()
			var group sync.WaitGroup
			for range 100 {
				group.Go(func() {
					got, err := d.newer(t.Context(), last.number, reason)
					if (err == nil) != want || want && got.number != last.number+1 {
						t.Errorf("%s: got %v, %v", name, got, err)
					}
				})
			}
			group.Wait()
			if want {
				last.number++
			}
			if r.count() != last.number {
				t.Errorf("%s: %d fetches, want %d", name, r.count(), last.number)
			}
		}
		newer("the first time", "a", true) // each fetch takes a second
		newer("again for the same reason", "a", false)
		newer("for another reason", "b", true)
		newer("for a third reason", "c", false)
		d.refund()
		newer("after the last one was of use", "b", true)
		newer("after that", "c", false)
		time.Sleep(budgetInterval)
		newer("after a while", "b", true)
		newer("after that while", "c", false)
		time.Sleep(time.Hour / 2)
		newer("after a long while", "b", true)
		newer("for the same reason after a long while", "b", false)
		newer("for another reason after a long while", "c", true)
		newer("for a third reason after a long while", "d", false)
	})
}

// Forged tokens that come without pause cause one fetch in five seconds, and never keep a newer
// version away for longer.
func TestNewerUnderAttack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, d := newRemote()
		begin := time.Now()
		seen, at := 0, begin
		for time.Since(begin) < 10*time.Minute {
			if got, err := d.get(t.Context()); err != nil {
				t.Fatal(err)
			} else if _, err := d.newer(t.Context(), got.number, rand.Text()); err == nil {
				if seen > 2 && time.Since(at) > budgetInterval+time.Second {
					t.Errorf("version %d came %v after the one before it", got.number, time.Since(at))
				}
				seen, at = seen+1, time.Now()
			}
			time.Sleep(time.Second / 10)
		}
		if most := int(10*time.Minute/budgetInterval) + budgetSize + 1; r.count() > most || r.count() < most/2 {
			t.Errorf("%d fetches in ten minutes, want at most %d", r.count(), most)
		}
	})
}

func TestBudgetOutlivesAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var b budget
	for b.spend(now, rand.Text()) {
		now = now.Add(time.Millisecond)
	}
	now = now.Add(-24 * time.Hour)
	b.spend(now, "")
	if !b.spend(now.Add(budgetInterval), "") {
		t.Error("spent for a day")
	}
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
			if _, err := d.newer(t.Context(), first.number, ""); !errors.Is(err, errDown) {
				t.Fatalf("got %v", err)
			}
		}
		if r.count() != 2 {
			t.Errorf("%d fetches, want 2", r.count())
		}
		r.fail(nil)
		time.Sleep(retryAfter)
		if got, err := d.newer(t.Context(), first.number, ""); err != nil || got.value != 3 {
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
