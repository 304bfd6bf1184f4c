package cardea

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"
)

func TestMintedSecretIsKeptUntilItExpires(t *testing.T) {
	t.Parallel()
	now, minted := time.Unix(1_800_000_000, 0), 0
	var failure error
	m := &mintedSecret{now: func() time.Time { return now }, mint: func(_ context.Context, at time.Time) (string, time.Time, error) {
		minted++
		return strconv.Itoa(minted), at.Add(time.Hour), failure
	}}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "1"}, {58 * time.Minute, "1"}, {time.Minute, "2"}, {0, "2"}, {2 * time.Hour, "3"}} {
		now = now.Add(step.after)
		if got, err := m.get(t.Context()); err != nil || got != step.want {
			t.Errorf("%v later: got %q, %v, want %q", step.after, got, err, step.want)
		}
	}
	now, failure = now.Add(2*time.Hour), errors.New("no key")
	if got, err := m.get(t.Context()); got != "" || !errors.Is(err, failure) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestMintedSecretWithoutExpiry(t *testing.T) {
	t.Parallel()
	minted := 0
	m := &mintedSecret{now: time.Now, mint: func(context.Context, time.Time) (string, time.Time, error) {
		minted++
		return strconv.Itoa(minted), time.Time{}, nil
	}}
	for _, want := range []string{"1", "2"} {
		if got, err := m.get(t.Context()); err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}
