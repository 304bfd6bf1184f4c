package redisstore_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/redis/go-redis/v9"
)

// row is what a program by hand would keep for a session.
type row struct {
	UserID, Name, Email, Image                          string
	Expires, AuthTime, CreatedAt, SeenAt, EmailVerified time.Time
	Methods                                             []string
	Level                                               int
}

// The read of a cached session, compared with GET and encoding/json, in turns.
func BenchmarkSessionRead(b *testing.B) {
	client, o := redisEngine.client(b), withSessions()
	o.Timeout, o.Sessions = 500*time.Millisecond, time.Hour
	a := wrap(b, newStore(b, client, o), memadapter.New())
	now := time.Now()
	u := &cardea.User{Name: "Ann", Email: "ann@example.com", Image: "https://example.com/a.png", EmailVerified: now}
	must(b, a.CreateUser(b.Context(), u))
	sessions := sessionsOf(b, a)
	must(b, sessions.CreateSession(b.Context(), &cardea.Session{
		Token: "a", UserID: u.ID, Expires: now.Add(time.Hour), Methods: []string{"fed"}, Level: 1, AuthTime: now,
		CreatedAt: now, SeenAt: now,
	}))
	text, err := json.Marshal(row{u.ID, u.Name, u.Email, u.Image, now, now, now, now, now, []string{"fed"}, 1})
	must(b, err)
	must(b, client.Set(b.Context(), o.Prefix+"bare", text, time.Hour).Err())
	cached := func() {
		s, err := sessions.Session(b.Context(), "a")
		if err != nil || s.User.Name != "Ann" {
			b.Fatal(err)
		}
	}
	bare := func() {
		text, err := client.Get(b.Context(), o.Prefix+"bare").Bytes()
		var r row
		if err != nil || json.Unmarshal(text, &r) != nil || r.Name != "Ann" {
			b.Fatal(err)
		}
	}
	inTurns(b, cached, bare)
}

// The count of a limit, compared with a script that only reads.
func BenchmarkTakeLimit(b *testing.B) {
	client := redisEngine.client(b)
	o := options()
	o.Timeout = 500 * time.Millisecond
	s := newStore(b, client, o)
	script := redis.NewScript(`return {KEYS[1], redis.call('GET', KEYS[1])}`)
	take := func() {
		if _, _, err := s.TakeLimit(b.Context(), "a", once, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	bare := func() {
		if _, err := script.Run(b.Context(), client, []string{o.Prefix + "limit:a"}).Slice(); err != nil {
			b.Fatal(err)
		}
	}
	take()
	inTurns(b, take, bare)
}

// inTurns runs both in turns, and reports how many times as long the first takes, and how many more
// allocations it makes.
func inTurns(b *testing.B, ours, bare func()) {
	b.Helper()
	var times [2]time.Duration
	for b.Loop() {
		for i, run := range []func(){ours, bare} {
			begin := time.Now()
			for range 50 {
				run()
			}
			times[i] += time.Since(begin)
		}
	}
	b.ReportMetric(float64(times[0])/float64(times[1]), "ratio")
	b.ReportMetric(testing.AllocsPerRun(100, ours), "allocs")
	b.ReportMetric(testing.AllocsPerRun(100, bare), "bare-allocs")
	b.ReportMetric(0, "ns/op")
}
