package gormadapter_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

const limitKey = "00000000000000000000000000000000000000000000000000000000000000ff"

// 200 tries at once, in two processes, and exactly as many pass as the limit allows: with a key
// that has no row yet, and with one that has.
func TestProcessesTakeALimitTogether(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			processes := []*gormadapter.Adapter{openOn(t, o), openOn(t, o)}
			limit := ratelimit.Rate{Count: 10, Within: 10 * time.Hour}
			start := time.Now()
			for round, want := range []int32{10, 0, 1} {
				if round == 2 {
					must(t, processes[0].GiveLimit(t.Context(), limitKey, limit))
				}
				var allowed atomic.Int32
				var all sync.WaitGroup
				for i := range 200 {
					all.Go(func() {
						ok, retry, err := processes[i%2].TakeLimit(t.Context(), limitKey, limit, time.Now())
						switch {
						case err != nil:
							t.Error(err)
						case ok:
							allowed.Add(1)
						// A try may bear an earlier time than the one that filled the limit.
						case retry <= 0 || retry > time.Hour+time.Since(start):
							t.Errorf("refused for %v", retry)
						}
					})
				}
				all.Wait()
				if n := allowed.Load(); n != want {
					t.Errorf("round %d: %d of 200 tries were allowed, want %d", round, n, want)
				}
			}
		})
	}
}

// A database whose tables a Node server made has no table for limits. Then the process counts in
// its memory: the error says so, and what to do.
func TestLimitsWithoutTheirTable(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t))
			must(t, a.DB().Migrator().DropTable(&gormadapter.Throttle{}))
			limit := ratelimit.Rate{Count: 1, Within: time.Hour}
			_, _, take := a.TakeLimit(t.Context(), limitKey, limit, time.Now())
			_, purge := a.DeleteExpiredLimits(t.Context(), time.Now(), 10)
			for name, err := range map[string]error{
				"take": take, "purge": purge, "give": a.GiveLimit(t.Context(), limitKey, limit),
				"reset": a.ResetLimit(t.Context(), limitKey),
			} {
				if !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("%s: %v, want ErrUnsupported", name, err)
				}
			}
			must(t, a.CreateUser(t.Context(), &cardea.User{Email: "ann@example.com"}))
		})
	}
}

// What is counted in the application's transaction stays counted if that is undone.
func TestLimitsTakeNoPartInTransactions(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, limit := openOn(t, e.empty(t)), ratelimit.Rate{Count: 1, Within: time.Hour}
			tx := a.DB().Begin()
			must(t, tx.Error)
			must(t, a.CreateUser(gormadapter.WithTx(t.Context(), tx), &cardea.User{Email: "ann@example.com"}))
			ok, _, err := a.TakeLimit(gormadapter.WithTx(t.Context(), tx), limitKey, limit, time.Now())
			must(t, tx.Rollback().Error)
			if errors.Is(err, errors.ErrUnsupported) && e.name == "SQLite" {
				return
			}
			must(t, err)
			again, _, err := a.TakeLimit(t.Context(), limitKey, limit, time.Now())
			must(t, err)
			if !ok || again {
				t.Errorf("allowed %t, and %t after the rollback", ok, again)
			}
		})
	}
}

// The application's own entity.
type slowdown struct {
	gormadapter.Throttle
	Note string `gorm:"not null;default:none"`
}

func TestWithThrottle(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithThrottle[slowdown]())
	for i, want := range []bool{true, false} {
		ok, _, err := a.TakeLimit(t.Context(), limitKey, ratelimit.Rate{Count: 1, Within: time.Hour}, time.Now())
		if err != nil || ok != want {
			t.Errorf("try %d: %t, %v", i, ok, err)
		}
	}
	var row slowdown
	must(t, a.DB().First(&row).Error)
	if row.Key != limitKey || row.Note != "none" {
		t.Errorf("the row is %+v", row)
	}
}
