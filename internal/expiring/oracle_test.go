package expiring_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/expiring"
)

// naiveSet does what [expiring.Set] promises: it sorts all ids at each call.
type naiveSet struct {
	most int
	ids  []naiveID
	lost time.Time
}

type naiveID struct {
	id    string
	until time.Time
}

// second is the order in which ids go; those of one second go in the order in which they came.
func (i naiveID) second() int64 { return min(max(i.until.Unix(), 0), 1<<36-1) }

func (s *naiveSet) find(id string) int {
	return slices.IndexFunc(s.ids, func(i naiveID) bool { return i.id == id })
}

func (s *naiveSet) remove(i int) { s.ids = slices.Delete(s.ids, i, i+1) }

func (s *naiveSet) removeExpired(now time.Time) {
	for range 2 {
		if len(s.ids) > 0 && !now.Before(s.ids[0].until) {
			s.remove(0)
		}
	}
}

func (s *naiveSet) put(id string, until time.Time) {
	if len(s.ids) == s.most {
		if s.ids[0].until.After(s.lost) {
			s.lost = s.ids[0].until
		}
		s.remove(0)
	}
	s.ids = append(s.ids, naiveID{id, until})
	slices.SortStableFunc(s.ids, func(a, b naiveID) int { return int(a.second() - b.second()) })
}

func (s *naiveSet) isKnown(id string, now time.Time) bool {
	i := s.find(id)
	if i >= 0 && !now.Before(s.ids[i].until) {
		s.remove(i)
		return false
	}
	return i >= 0
}

func (s *naiveSet) Add(id string, now, until time.Time) bool {
	s.removeExpired(now)
	if s.isKnown(id, now) || !until.After(s.lost) {
		return false
	}
	s.put(id, until)
	return true
}

func (s *naiveSet) AddIfRoom(id string, now, until time.Time) bool {
	s.removeExpired(now)
	if s.isKnown(id, now) || len(s.ids) == s.most {
		return false
	}
	s.put(id, until)
	return true
}

func (s *naiveSet) Extend(id string, now, until time.Time) {
	s.removeExpired(now)
	i := s.find(id)
	if i < 0 {
		s.put(id, until)
	} else if until.After(s.ids[i].until) {
		s.remove(i)
		s.ids = append(s.ids, naiveID{id, until})
		slices.SortStableFunc(s.ids, func(a, b naiveID) int { return int(a.second() - b.second()) })
	}
}

func (s *naiveSet) Until(id string, now time.Time) (time.Time, bool) {
	i := s.find(id)
	if i < 0 || !now.Before(s.ids[i].until) {
		return time.Time{}, false
	}
	return s.ids[i].until, true
}

// lifetimes are those of a few milliseconds, of sign-ins, of sessions, and the extreme ones.
var lifetimes = [8]time.Duration{
	0, time.Millisecond, 700 * time.Millisecond, time.Second, time.Minute, 15 * time.Minute,
	90 * 24 * time.Hour, math.MaxInt64,
}

// steps are how far the clock goes on between two calls, or back.
var steps = [8]time.Duration{
	0, 0, time.Millisecond, 400 * time.Millisecond, 10 * time.Second, time.Hour, -time.Minute,
	200 * 365 * 24 * time.Hour,
}

// compare makes the same calls of a set and of a naive one. Three bytes are one call.
func compare(t *testing.T, most int, calls []byte) {
	t.Helper()
	set, naive, now := expiring.NewSet(most), &naiveSet{most: most}, start
	for ; len(calls) >= 3; calls = calls[3:] {
		id, how, times := strconv.Itoa(int(calls[0])), calls[1]>>6, calls[2]
		step := steps[times&7]
		if step > 1000*time.Hour && calls[1]&7 != 0 { // a jump by centuries is rare
			step = time.Second
		}
		now = now.Add(step)
		until := now.Add(lifetimes[times>>3&7])
		var got, want bool
		switch how {
		case 0:
			got, want = set.Add(id, now, until), naive.Add(id, now, until)
		case 1:
			got, want = set.AddIfRoom(id, now, until), naive.AddIfRoom(id, now, until)
		case 2:
			set.Extend(id, now, until)
			naive.Extend(id, now, until)
		}
		gotUntil, gotOK := set.Until(id, now)
		wantUntil, wantOK := naive.Until(id, now)
		if got != want || gotOK != wantOK || !gotUntil.Equal(wantUntil) || set.Has(id, now) != wantOK ||
			set.Len() != len(naive.ids) || !set.Lost().Equal(naive.lost) {
			t.Fatalf("call %d of id %s until %v at %v: %t, until %v %t, %d ids, lost %v; want %t, %v %t, %d, %v",
				how, id, until, now, got, gotUntil, gotOK, set.Len(), set.Lost(),
				want, wantUntil, wantOK, len(naive.ids), naive.lost)
		}
	}
}

func TestSetDoesWhatANaiveOneDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		calls := make([]byte, 0, 6000)
		for range 750 {
			calls = binary.LittleEndian.AppendUint64(calls, random.Uint64())
		}
		compare(t, 1+int(seed%40), calls)
	}
}

func FuzzSet(f *testing.F) {
	f.Add(uint8(3), []byte("aA1bB2cC3dD4eE5fF6aA1"))
	f.Fuzz(func(t *testing.T, most uint8, calls []byte) { compare(t, 1+int(most), calls[:min(len(calls), 3000)]) })
}

// Whatever is added in whatever order, an id is new once until it expires, though the set forgets
// most of them. And what expires later than all that was lost is new.
func TestFullSetTakesEachIDOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	set, now := expiring.NewSet(50), start
	taken := map[int]time.Time{}
	for i := range 20_000 {
		id := random.IntN(500)
		// An id always has the same time, in an order of its own.
		until := start.Add(time.Duration(id)*time.Hour + time.Duration(id*7919%997)*time.Minute)
		expired := !until.After(now)
		isNew := set.Add(strconv.Itoa(id), now, until)
		if before, ok := taken[id]; isNew && ok && before.After(now) {
			t.Fatalf("call %d: id %d is new twice until %v, at %v", i, id, until, now)
		}
		if _, ok := taken[id]; !isNew && !ok && !expired && until.After(set.Lost()) {
			t.Fatalf("call %d: id %d is not new, and the set has lost ids until %v only", i, id, set.Lost())
		}
		if isNew {
			taken[id] = until
		}
		now = now.Add(time.Duration(random.IntN(180)) * time.Second)
	}
}

// What was lost stays lost: an id with an earlier time that takes its place does not hide it.
func TestFullSetRemembersTheLatestLoss(t *testing.T) {
	t.Parallel()
	set := expiring.NewSet(2)
	set.Extend("a", start, start.Add(time.Hour))
	set.Extend("b", start, start.Add(time.Hour))
	set.Extend("c", start, start.Add(time.Minute)) // in the place of a
	set.Extend("d", start, start.Add(time.Minute)) // in the place of c
	if got := set.Lost(); !got.Equal(start.Add(time.Hour)) {
		t.Errorf("lost ids until %v, want an hour", got)
	}
	if set.Add("a", start, start.Add(time.Hour)) {
		t.Error("an id is new again")
	}
}

// The clock of a computer may be years wrong for a while. Afterwards ids are new once, as before.
func TestSetBearsAClockThatIsYearsWrong(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	for _, wrong := range []time.Duration{-60 * year, -time.Hour, 24 * time.Hour, 250 * year} {
		set := expiring.NewSet(200)
		for i := range 100 {
			then := start.Add(wrong)
			set.Add("wrong "+strconv.Itoa(i), then, then.Add(time.Minute))
		}
		for i := range 100 {
			id, until := strconv.Itoa(i), start.Add(time.Hour)
			if !set.Add(id, start, until) || set.Add(id, start, until) {
				t.Errorf("wrong by %v: id %d is not new once", wrong, i)
			}
		}
		if n := set.Len(); wrong < 0 && n != 100 {
			t.Errorf("wrong by %v: %d ids are left, want 100", wrong, n)
		}
	}
}
