package singleflight_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/internal/singleflight"
)

func TestCallsWithTheSameKeyShareOneExecution(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group singleflight.Group[int64]
		var executions atomic.Int64
		fn := func(context.Context) (int64, error) {
			time.Sleep(time.Second)
			return executions.Add(1), nil
		}
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				if got, err := group.Do(t.Context(), "key", time.Minute, fn); got != 1 || err != nil {
					t.Errorf("got %d, %v", got, err)
				}
			})
		}
		callers.Wait()
		if got, err := group.Do(t.Context(), "key", time.Minute, fn); got != 2 || err != nil {
			t.Errorf("afterwards: got %d, %v, want a new execution", got, err)
		}
	})
}

func TestCallsWithDifferentKeysRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group singleflight.Group[string]
		start := time.Now()
		var callers sync.WaitGroup
		for _, key := range []string{"a", "b", "c"} {
			callers.Go(func() {
				got, err := group.Do(t.Context(), key, time.Minute, func(context.Context) (string, error) {
					time.Sleep(time.Second)
					return key, nil
				})
				if got != key || err != nil {
					t.Errorf("%s: got %q, %v", key, got, err)
				}
			})
		}
		callers.Wait()
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestAnErrorReachesAllCallersAndIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group singleflight.Group[string]
		down := errors.New("down")
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				_, err := group.Do(t.Context(), "key", time.Minute, func(context.Context) (string, error) {
					time.Sleep(time.Second)
					return "", down
				})
				if !errors.Is(err, down) {
					t.Errorf("got %v", err)
				}
			})
		}
		callers.Wait()
		got, err := group.Do(t.Context(), "key", time.Minute, func(context.Context) (string, error) {
			return "up", nil
		})
		if got != "up" || err != nil {
			t.Errorf("afterwards: got %q, %v", got, err)
		}
	})
}

func TestACallerWhoLeavesDoesNotEndTheExecution(t *testing.T) {
	t.Parallel()
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		var group singleflight.Group[string]
		first, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "of the first caller"))
		fn := func(ctx context.Context) (string, error) {
			time.Sleep(time.Second)
			if ctx.Value(key{}) != nil {
				t.Error("the execution sees a value of the first caller's context")
			}
			return "result", ctx.Err()
		}
		var callers sync.WaitGroup
		callers.Go(func() {
			if got, err := group.Do(first, "key", time.Minute, fn); got != "" || !errors.Is(err, context.Canceled) {
				t.Errorf("first caller: got %q, %v", got, err)
			}
		})
		synctest.Wait()
		callers.Go(func() {
			if got, err := group.Do(t.Context(), "key", time.Minute, fn); got != "result" || err != nil {
				t.Errorf("second caller: got %q, %v", got, err)
			}
		})
		synctest.Wait()
		leave()
		callers.Wait()
	})
}

func TestNothingIsExecutedForAContextThatHasEnded(t *testing.T) {
	t.Parallel()
	var group singleflight.Group[string]
	ended, end := context.WithCancel(t.Context())
	end()
	_, err := group.Do(ended, "key", time.Minute, func(context.Context) (string, error) {
		t.Error("executed")
		return "", nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAnExecutionEndsAtItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var group singleflight.Group[string]
		start := time.Now()
		_, err := group.Do(t.Context(), "key", time.Minute, func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		})
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != time.Minute {
			t.Errorf("got %v after %v", err, took)
		}
	})
}

func TestAPanicFailsTheCallersAndNotTheProgram(t *testing.T) {
	t.Parallel()
	var group singleflight.Group[string]
	_, err := group.Do(t.Context(), "key", time.Minute, func(context.Context) (string, error) { panic("oh no") })
	if err == nil || err.Error() != "panic: oh no" {
		t.Errorf("got %v", err)
	}
	got, err := group.Do(t.Context(), "key", time.Minute, func(context.Context) (string, error) { return "next", nil })
	if got != "next" || err != nil {
		t.Errorf("afterwards: got %q, %v", got, err)
	}
}
