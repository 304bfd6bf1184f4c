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

func TestSetIsBounded(t *testing.T) {
	t.Parallel()
	const most, extra = 1 << 17, 20
	var s expiring.Set
	for i := range most + extra {
		s.Add(strconv.Itoa(i), start, start.Add(time.Hour))
	}
	left := 0
	for i := range most + extra {
		if s.Has(strconv.Itoa(i), start) {
			left++
		}
	}
	if left != most {
		t.Errorf("%d ids, want %d", left, most)
	}
	if !s.Has(strconv.Itoa(most+extra-1), start) {
		t.Error("the latest id was forgotten")
	}
}
