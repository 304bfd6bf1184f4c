package relyingparty

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestClientSecretIsKeptUntilItExpires(t *testing.T) {
	t.Parallel()
	now, made := time.Unix(1_800_000_000, 0), 0
	var failure error
	secret := &clientSecret{
		now: func() time.Time { return now },
		make: func(_ context.Context, at time.Time) (string, time.Time, error) {
			made++
			return strconv.Itoa(made), at.Add(time.Hour), failure
		},
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "1"}, {59*time.Minute - 1, "1"}, {1, "2"}, {0, "2"}, {2 * time.Hour, "3"}} {
		now = now.Add(step.after)
		if got, err := secret.get(t.Context()); err != nil || got != step.want {
			t.Errorf("%v later: got %q, %v, want %q", step.after, got, err, step.want)
		}
	}
	now, failure = now.Add(2*time.Hour), errors.New("no key")
	if got, err := secret.get(t.Context()); got != "" || !errors.Is(err, failure) {
		t.Errorf("a failing ClientSecretFunc: got %q, %v, want its error", got, err)
	}
}

// A call that hangs does not block other calls.
func TestClientSecretFuncHangs(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	began, release := make(chan struct{}), make(chan struct{})
	secret := &clientSecret{
		now: time.Now,
		make: func(_ context.Context, at time.Time) (string, time.Time, error) {
			if made.Add(1) == 1 {
				close(began)
				<-release
			}
			return "secret", at.Add(time.Hour), nil
		},
	}
	var wg sync.WaitGroup
	get := func() {
		if got, err := secret.get(t.Context()); err != nil || got != "secret" {
			t.Errorf("got %q, %v, want the secret", got, err)
		}
	}
	wg.Go(get)
	<-began
	others := make(chan struct{})
	go func() {
		defer close(others)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(get)
		}
		wg.Wait()
	}()
	select {
	case <-others:
	case <-time.After(10 * time.Second):
		t.Error("other calls wait for the one that hangs")
	}
	close(release)
	wg.Wait()
	if n := made.Load(); n > 9 {
		t.Errorf("made %d secrets for 9 calls", n)
	}
}

func TestClientSecretWithoutExpiry(t *testing.T) {
	t.Parallel()
	made := 0
	secret := &clientSecret{
		now: time.Now,
		make: func(context.Context, time.Time) (string, time.Time, error) {
			made++
			return strconv.Itoa(made), time.Time{}, nil
		},
	}
	for _, want := range []string{"1", "2"} {
		if got, err := secret.get(t.Context()); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}
