package schemachange_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

// The default user with one addition each. A database needs different statements for each kind.
type (
	userWithNick struct {
		gormadapter.User
		Nick *string `gorm:"size:40"`
	}
	userWithDefault struct {
		gormadapter.User
		Level int `gorm:"not null;default:10"`
	}
	userWithOtherDefault struct {
		gormadapter.User
		Level int `gorm:"not null;default:20"`
	}
	userWithUnique struct {
		gormadapter.User
		Phone *string `gorm:"size:40;uniqueIndex:user_phone_unique"`
	}
	userWithCheck struct {
		gormadapter.User
		Role string `gorm:"size:20;not null;default:ADMIN;check:user_role,role IN ('ADMIN', 'TRIAL')"`
	}
)

const rounds = 80 // 20 of each way

// Changing the tables while others read and write loses no row and makes no request fail.
func TestTrafficDuringChanges(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or more")
	}
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := newAdapter(t, db)
		mustApply(t, a)
		ways := [][]*gormadapter.Adapter{
			{newAdapter(t, db, gormadapter.WithUser[userWithNick]())},
			{
				newAdapter(t, db, gormadapter.WithUser[userWithDefault]()),
				newAdapter(t, db, gormadapter.WithUser[userWithOtherDefault]()),
			},
			{newAdapter(t, db, gormadapter.WithUser[userWithUnique]())},
			{newAdapter(t, db, gormadapter.WithUser[userWithCheck]())},
		}
		load := startTraffic(t, newAdapter(t, d.open(t, gorm.Config{})))
		for round := range rounds {
			var downs []string
			for _, entities := range ways[round%len(ways)] {
				p := mustApply(t, entities)
				if len(p.Up) == 0 {
					t.Fatalf("round %d: nothing changed", round)
				}
				downs = append(downs, p.DownScript())
			}
			if round < len(ways) || round >= rounds-len(ways) {
				expectNoChanges(t, ways[round%len(ways)][len(downs)-1])
			}
			for _, down := range slices.Backward(downs) {
				runScript(t, db, down)
			}
		}
		expectNoChanges(t, a)
		load.stopAndCheck(t, a)
	})
}

// traffic signs users in and reads their sessions until it is stopped.
type traffic struct {
	adapter *gormadapter.Adapter
	stop    context.CancelFunc
	workers sync.WaitGroup
	reads   atomic.Int64

	mu     sync.Mutex
	tokens []string
	errs   []error
}

// maxUsers limits what SQLite has to copy in each round.
const maxUsers = 400

func startTraffic(t testing.TB, a *gormadapter.Adapter) *traffic {
	ctx, stop := context.WithCancel(t.Context())
	s := &traffic{adapter: a, stop: stop}
	for worker := range 2 {
		s.workers.Go(func() { s.write(ctx, worker) })
		s.workers.Go(func() { s.read(ctx) })
	}
	return s
}

// pace is the time between two requests of a worker. It leaves the processor time for the changes.
const pace = 4 * time.Millisecond

func (s *traffic) write(ctx context.Context, worker int) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		<-ticker.C
		token := fmt.Sprintf("%d-%d", worker, n%(maxUsers/2))
		if n >= maxUsers/2 {
			s.record(ctx, s.adapter.RenewSession(ctx, token, time.Now().Add(time.Hour)))
			continue
		}
		err := s.adapter.Transact(ctx, func(ctx context.Context) error {
			_, err := signUp(ctx, s.adapter, token)
			return err
		})
		s.record(ctx, err)
		if err == nil {
			s.mu.Lock()
			s.tokens = append(s.tokens, token)
			s.mu.Unlock()
		}
	}
}

func (s *traffic) read(ctx context.Context) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		<-ticker.C
		token, ok := s.token(n)
		if !ok {
			continue
		}
		_, err := s.adapter.Session(ctx, token)
		s.record(ctx, err)
		s.reads.Add(1)
	}
}

// token returns one of the tokens that were written, or false if there is none yet.
func (s *traffic) token(n int) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) == 0 {
		return "", false
	}
	return s.tokens[n%len(s.tokens)], true
}

func (s *traffic) record(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.mu.Lock()
		s.errs = append(s.errs, err)
		s.mu.Unlock()
	}
}

// stopAndCheck compares what the database has with what was written.
func (s *traffic) stopAndCheck(t testing.TB, a *gormadapter.Adapter) {
	t.Helper()
	s.stop()
	s.workers.Wait()
	t.Logf("%d users, %d reads, %d errors", len(s.tokens), s.reads.Load(), len(s.errs))
	for i, err := range s.errs {
		if i < 5 {
			t.Errorf("a request failed: %v", err)
		}
	}
	for _, token := range s.tokens {
		found, err := a.Session(t.Context(), token)
		if err != nil {
			t.Errorf("session %s: %v", token, err)
			continue
		}
		if u, err := a.UserByAccount(t.Context(), "github", token); err != nil || u.ID != found.UserID {
			t.Errorf("account %s: got %v and %v", token, u, err)
		}
	}
	if len(s.tokens) < 10 || s.reads.Load() < 10 {
		t.Errorf("got %d users and %d reads: too little traffic to show anything", len(s.tokens), s.reads.Load())
	}
}
