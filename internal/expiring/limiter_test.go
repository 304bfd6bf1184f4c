package expiring_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/expiring"
)

func TestLimiterAllowsABurstAndThenOneEachInterval(t *testing.T) {
	t.Parallel()
	var l expiring.Limiter
	rate := expiring.Rate{Count: 2, Within: time.Minute}
	for i, step := range []struct {
		after time.Duration
		want  bool
		retry time.Duration
	}{
		{0, true, 0}, {0, true, 0},
		{0, false, 30 * time.Second}, {29 * time.Second, false, time.Second},
		{30 * time.Second, true, 0}, {31 * time.Second, false, 29 * time.Second},
		{2 * time.Minute, true, 0}, {2 * time.Minute, true, 0}, {2 * time.Minute, false, 30 * time.Second},
	} {
		if got, retry := l.Take("a", rate, start.Add(step.after)); got != step.want || retry != step.retry {
			t.Errorf("event %d, after %v: allowed %t, again in %v; want %t, %v", i, step.after, got, retry, step.want,
				step.retry)
		}
	}
	if ok, _ := l.Take("b", rate, start); !ok {
		t.Error("another key shares the limit")
	}
}

// A clock that is set back, by a little or by years, allows Count events at most, and locks no key
// for much longer than the limit.
func TestLimiterBearsAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	rate := expiring.Rate{Count: 3, Within: 3 * time.Minute}
	for _, back := range []time.Duration{time.Second, time.Minute, 5 * time.Minute, time.Hour, 10_000 * time.Hour} {
		var l expiring.Limiter
		for range 3 {
			l.Take("a", rate, start)
		}
		allowed := 0
		for range 10 {
			if ok, retry := l.Take("a", rate, start.Add(-back)); ok {
				allowed++
			} else if retry > 2*rate.Within {
				t.Errorf("set back by %v: locked for %v", back, retry)
			}
		}
		if allowed > 3 || back < rate.Within && allowed > 0 {
			t.Errorf("set back by %v: %d events", back, allowed)
		}
	}
}

// Some applications write "never again" as the longest time there is.
func TestLimiterBearsTheLongestTimes(t *testing.T) {
	t.Parallel()
	const longest, century = time.Duration(math.MaxInt64), 100 * 365 * 24 * time.Hour
	for _, within := range []time.Duration{longest, longest/2 + 1, longest / 2, century} {
		for _, count := range []int{1, 2, 3} {
			var l expiring.Limiter
			rate, allowed := expiring.Rate{Count: count, Within: within}, 0
			for i := range 10 {
				if ok, _ := l.Take("a", rate, start.Add(time.Duration(i)*time.Hour)); ok {
					allowed++
				}
			}
			if allowed != count {
				t.Errorf("%d within %v: %d events", count, within, allowed)
			}
		}
	}
}

// A clock that goes back and forth all the time allows no more events than one that stands still.
func TestLimiterBearsAClockThatGoesBackAndForth(t *testing.T) {
	t.Parallel()
	var l expiring.Limiter
	rate, allowed := expiring.Rate{Count: 3, Within: 3 * time.Minute}, 0
	for i := range 100 {
		if ok, _ := l.Take("a", rate, start.Add(time.Duration(i%2)*50*time.Second)); ok {
			allowed++
		}
	}
	if allowed != 3 {
		t.Errorf("%d events, want 3", allowed)
	}
}

func TestLimiterGivesBackAndForgets(t *testing.T) {
	t.Parallel()
	var l expiring.Limiter
	rate := expiring.Rate{Count: 1, Within: time.Hour}
	l.Give("a", rate)
	l.Reset("a")
	for _, again := range []func(){func() { l.Give("a", rate) }, func() { l.Reset("a") }, func() {}} {
		if ok, _ := l.Take("a", rate, start); !ok {
			t.Error("an event was not given back")
		}
		again()
	}
	if ok, _ := l.Take("a", rate, start); ok {
		t.Error("allowed twice")
	}
}

const maxKeys = 1 << 16

// fill uses each of many keys once.
func fill(l *expiring.Limiter, rate expiring.Rate, keys int, now time.Time) {
	for i := range keys {
		l.Take(strconv.Itoa(i), rate, now)
	}
}

// Somebody who uses many keys once, to make the limiter forget, does not reset keys that are used
// up, wherever they are.
func TestFullLimiterForgetsKeysThatAreHardlyUsed(t *testing.T) {
	t.Parallel()
	var l expiring.Limiter
	rate := expiring.Rate{Count: 5, Within: time.Hour}
	const victims = 20
	for i := range victims {
		for range rate.Count {
			l.Take("victim "+strconv.Itoa(i), rate, start)
		}
		for n := range 100 {
			l.Take("another "+strconv.Itoa(100*i+n), rate, start)
		}
	}
	fill(&l, rate, 3*maxKeys/2, start.Add(time.Second))
	for i := range victims {
		if ok, _ := l.Take("victim "+strconv.Itoa(i), rate, start.Add(2*time.Second)); ok {
			t.Errorf("key %d that is used up was forgotten", i)
		}
	}
}

func TestFullLimiterIsBounded(t *testing.T) {
	t.Parallel()
	var l expiring.Limiter
	fill(&l, expiring.Rate{Count: 1, Within: time.Hour}, maxKeys+1000, start)
	if n := l.Len(); n != maxKeys {
		t.Errorf("%d keys, want %d", n, maxKeys)
	}
}

func TestLimiterRemovesExpiredKeys(t *testing.T) {
	t.Parallel()
	var l expiring.Limiter
	rate := expiring.Rate{Count: 2, Within: time.Minute}
	fill(&l, rate, maxKeys, start)
	later := start.Add(time.Hour)
	for range maxKeys {
		l.Take("the same", rate, later)
	}
	if n := l.Len(); n > 2 {
		t.Errorf("%d keys are left, want 1", n)
	}
}

// The cost of a call does not depend on how many keys there are.
func BenchmarkLimiter(b *testing.B) {
	rate := expiring.Rate{Count: 5, Within: time.Hour}
	for name, keys := range map[string]int{"empty": 0, "full": maxKeys} {
		b.Run(name, func(b *testing.B) {
			var l expiring.Limiter
			fill(&l, rate, keys, start)
			names := make([]string, 1<<20)
			for i := range names {
				names[i] = "new " + strconv.Itoa(i)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if keys == 0 {
					l.Take("a", rate, start)
					continue
				}
				l.Take(names[i%len(names)], rate, start)
				i++
			}
		})
	}
}
