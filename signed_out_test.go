package cardea

import (
	"strconv"
	"testing"
	"time"
)

const maxSIDs = 1 << 17 // that memory holds

func newMemoryOfSignOuts() *signedOut {
	c := Config{Session: SessionConfig{MaxAge: 30 * 24 * time.Hour, Lifetime: 90 * 24 * time.Hour}}
	return newSignedOut(&c, c.Session.Lifetime+maxAhead)
}

// hasEnded reports whether a session is refused that was used last at the given time.
func (s *signedOut) hasEnded(t *testing.T, userID, sid string, order int64, used, now time.Time) bool {
	t.Helper()
	ended, err := s.has(t.Context(), &Session{UserID: userID, order: order}, sid, used.Add(s.maxAge), now)
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// One user who signs in and out all the time does not make the memory forget the sign-outs of other
// people. Only their own sessions end.
func TestOneUserCannotFillTheMemoryOfSignOuts(t *testing.T) {
	t.Parallel()
	s, now := newMemoryOfSignOuts(), time.Now()
	for i := range 200 {
		sid := "victim " + strconv.Itoa(i)
		if err := s.end(t.Context(), "user "+strconv.Itoa(i), sid, now.UnixMicro(), now); err != nil {
			t.Fatal(err)
		}
	}
	for i := range maxSIDs + 1000 {
		now = now.Add(time.Millisecond)
		if err := s.end(t.Context(), "eve", strconv.Itoa(i), now.UnixMicro(), now); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		if !s.hasEnded(t, "user "+strconv.Itoa(i), "victim "+strconv.Itoa(i), 0, now, now) {
			t.Fatalf("sign-out %d is forgotten", i)
		}
	}
	for i := range maxSIDs {
		if !s.hasEnded(t, "eve", strconv.Itoa(i), now.Add(-time.Second).UnixMicro(), now, now) {
			t.Fatalf("sign-out %d of the user is forgotten", i)
		}
	}
	if s.hasEnded(t, "ann", "ann's", now.UnixMicro(), now, now) ||
		s.hasEnded(t, "eve", "later", now.UnixMicro()+1, now, now) {
		t.Error("a session that nobody has ended is refused")
	}
}

// If many users fill the memory, no sign-out is forgotten while a copy of its session could be
// used. Sessions that were used since the oldest remembered sign-out go on.
func TestFullMemoryOfSignOutsAcceptsNoEndedSession(t *testing.T) {
	t.Parallel()
	s, begin := newMemoryOfSignOuts(), time.Now()
	const extra = 500
	at := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second) }
	for i := range maxSIDs + extra {
		if err := s.end(t.Context(), "user "+strconv.Itoa(i), strconv.Itoa(i), at(i).UnixMicro(), at(i)); err != nil {
			t.Fatal(err)
		}
	}
	now := at(maxSIDs + extra)
	for i := range maxSIDs + extra {
		if !s.hasEnded(t, "user "+strconv.Itoa(i), strconv.Itoa(i), 0, at(i), now) {
			t.Fatalf("sign-out %d is forgotten", i)
		}
	}
	if s.hasEnded(t, "ann", "ann's", 0, at(extra+120), now) {
		t.Error("a session that was used since is refused")
	}
}

// A read takes as long whether the memory is empty or full.
func BenchmarkSignedOutRead(b *testing.B) {
	for name, sids := range map[string]int{"empty": 0, "full": maxSIDs} {
		s, now := newMemoryOfSignOuts(), time.Now()
		for i := range sids {
			s.sids.Extend(strconv.Itoa(i), now, now.Add(time.Hour))
		}
		session := &Session{UserID: "ann"}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = s.has(b.Context(), session, "sid", now.Add(time.Hour), now)
			}
		})
	}
}
