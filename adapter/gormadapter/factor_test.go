package gormadapter_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/factor"
)

// The same code of an app, and the same recovery code, 50 times at once in two processes: it counts
// once. An older code does not count after a newer one.
func TestProcessesUseAFactorOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			processes := []*gormadapter.Adapter{openOn(t, o), openOn(t, o)}
			u := &cardea.User{Email: "ann@example.com"}
			must(t, processes[0].CreateUser(t.Context(), u))
			must(t, processes[0].CreateFactor(t.Context(), &factor.Factor{
				ID: "f", UserID: u.ID, Kind: "totp", Secret: "s", CreatedAt: time.Now(),
			}))
			var hashes []string
			for i := range 3 {
				hashes = append(hashes, fmt.Sprintf("%064d", i))
			}
			must(t, processes[1].ReplaceRecoveryCodes(t.Context(), u.ID, hashes))

			for round := range int64(3) {
				step := 60_000_000 + round
				once(t, cardea.ErrConflict, func(i int) error {
					return processes[i%2].UseFactor(t.Context(), u.ID, "f", step, time.Now())
				})
				if err := processes[1].UseFactor(t.Context(), u.ID, "f", step-1, time.Now()); !errors.Is(err,
					cardea.ErrConflict) {
					t.Errorf("an older code: %v", err)
				}
				once(t, cardea.ErrNotFound, func(i int) error {
					return processes[i%2].UseRecoveryCode(t.Context(), u.ID, hashes[round])
				})
			}
			if n, err := processes[0].CountRecoveryCodes(t.Context(), u.ID); n != 0 || err != nil {
				t.Errorf("%d recovery codes are left, %v", n, err)
			}
		})
	}
}

// once calls do 50 times at once. One call must succeed, and the others must return want.
func once(t *testing.T, want error, do func(i int) error) {
	t.Helper()
	var succeeded atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if err := do(i); err == nil {
				succeeded.Add(1)
			} else if !errors.Is(err, want) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := succeeded.Load(); n != 1 {
		t.Errorf("%d of 50 succeeded, want 1", n)
	}
}
