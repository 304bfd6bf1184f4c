package expiring_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/expiring"
)

var start = time.Unix(1_800_000_000, 0)

func TestSetForgetsAnIDWhenItExpires(t *testing.T) {
	t.Parallel()
	var s expiring.Set
	until := start.Add(time.Hour)
	if !s.Add("a", start, until) || s.Add("a", start, until.Add(time.Hour)) {
		t.Error("an id is new once")
	}
	if got, ok := s.Until("a", until.Add(-1)); !ok || !got.Equal(until) {
		t.Errorf("expires at %v, %t; the second Add must not change that", got, ok)
	}
	if s.Has("a", until) || s.Has("b", start) {
		t.Error("an expired id, or one that was never added, is in the set")
	}
	if !s.Add("a", until, until.Add(time.Minute)) {
		t.Error("an expired id is not new")
	}
}

func TestSetExtendsToTheLaterTime(t *testing.T) {
	t.Parallel()
	var s expiring.Set
	for _, d := range []time.Duration{time.Minute, time.Hour, time.Second} {
		s.Extend("a", start, start.Add(d))
	}
	if got, ok := s.Until("a", start); !ok || !got.Equal(start.Add(time.Hour)) {
		t.Errorf("got %v, %t, want an hour", got, ok)
	}
}

const maxIDs = 1 << 17

// A full set never takes an id for new that it has lost: it refuses all that are as old.
func TestFullSetForgetsNothingThatItClaimsToHold(t *testing.T) {
	t.Parallel()
	const extra = 1000
	var s expiring.Set
	until := func(i int) time.Time { return start.Add(time.Hour + time.Duration(i)*time.Millisecond) }
	for i := range maxIDs + extra {
		if !s.Add(strconv.Itoa(i), start, until(i)) {
			t.Fatalf("id %d is not new", i)
		}
	}
	for i := range maxIDs + extra {
		if s.Add(strconv.Itoa(i), start, until(i)) {
			t.Fatalf("id %d is new again", i)
		}
	}
	if got := s.Lost(); !got.Equal(until(extra - 1)) {
		t.Errorf("lost ids until %v, want %v", got, until(extra-1))
	}
	if !s.Add("another", start, until(maxIDs+extra)) {
		t.Error("an id that expires later than all that were lost is not new")
	}
	if s.Add("old", start, until(0)) {
		t.Error("an id that may have been lost is new")
	}
}

func TestFullSetRefusesWhatMustHaveRoom(t *testing.T) {
	t.Parallel()
	var s expiring.Set
	end := start.Add(time.Hour)
	for i := range maxIDs {
		s.AddIfRoom(strconv.Itoa(i), start, end)
	}
	if s.AddIfRoom("more", start, end.Add(time.Hour)) {
		t.Error("an id has room in a full set")
	}
	for i := range maxIDs {
		if s.AddIfRoom(strconv.Itoa(i), start, end.Add(time.Hour)) {
			t.Fatalf("id %d is new again", i)
		}
	}
	if !s.AddIfRoom("more", end, end.Add(time.Hour)) || s.AddIfRoom("more", end, end.Add(time.Hour)) {
		t.Error("an id is not new once, after others have expired")
	}
}

func TestSetRemovesExpiredIDs(t *testing.T) {
	t.Parallel()
	var s expiring.Set
	for i := range 10_000 {
		s.Add(strconv.Itoa(i), start, start.Add(time.Minute))
	}
	for i := range 10_000 {
		s.Add("later "+strconv.Itoa(i), start.Add(time.Hour), start.Add(2*time.Hour))
	}
	if n := s.Len(); n != 10_000 {
		t.Errorf("%d ids are left, want 10000", n)
	}
}

// The cost of a call does not depend on how many ids there are. Each id expires in another second
// than all others, which is the most work.
func BenchmarkSet(b *testing.B) {
	names := make([]string, 1<<20)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	until := func(i int) time.Time { return start.Add(time.Hour + time.Duration(i)*time.Second) }
	for _, ids := range []int{0, maxIDs} {
		name := "empty"
		if ids > 0 {
			name = "full"
		}
		var s expiring.Set
		for i := range ids {
			s.Extend("old "+strconv.Itoa(i), start, until(i))
		}
		i := ids
		b.Run(name+"/add", func(b *testing.B) {
			for b.Loop() {
				now := start
				if ids == 0 { // each id has expired before the next one
					now = until(i - 1)
				}
				s.Add(names[i%len(names)], now, until(i))
				i++
			}
		})
		b.Run(name+"/has", func(b *testing.B) {
			for b.Loop() {
				s.Has("nobody", start)
			}
		})
	}
}
