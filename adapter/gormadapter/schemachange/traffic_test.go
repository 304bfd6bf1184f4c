package schemachange_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// What a round adds to the default user, each in one way.
type (
	withNullable struct {
		gormadapter.User
		Nick *string `gorm:"size:40"`
	}
	withDefault struct {
		gormadapter.User
		Level int `gorm:"not null;default:10"`
	}
	withOtherDefault struct {
		gormadapter.User
		Level int `gorm:"not null;default:20"`
	}
	withUnique struct {
		gormadapter.User
		Phone *string `gorm:"size:40;uniqueIndex:user_phone_unique"`
	}
	withEnum struct {
		gormadapter.User
		Role string `gorm:"size:20;not null;default:ADMIN;check:user_role,role IN ('ADMIN', 'TRIAL')"`
	}
)

const rounds = 200

// Changing the tables under readers and writers loses no row and disturbs nobody.
func TestRounds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or more")
	}
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := adapter(t, db)
		apply(t, a)
		ways := [][]*gormadapter.Adapter{
			{adapter(t, db, gormadapter.WithUser[withNullable]())},
			{adapter(t, db, gormadapter.WithUser[withDefault]()),
				adapter(t, db, gormadapter.WithUser[withOtherDefault]())},
			{adapter(t, db, gormadapter.WithUser[withUnique]())},
			{adapter(t, db, gormadapter.WithUser[withEnum]())},
		}
		site := startTraffic(t, adapter(t, d.open(t, gorm.Config{})))
		for round := range rounds {
			var downs []string
			for _, entities := range ways[round%len(ways)] {
				p := apply(t, entities)
				if len(p.Up) == 0 {
					t.Fatalf("round %d: nothing was done", round)
				}
				downs = append(downs, p.DownScript())
			}
			if round < len(ways) || round >= rounds-len(ways) {
				settled(t, ways[round%len(ways)][len(downs)-1])
			}
			for i := range downs {
				runScript(t, db, downs[len(downs)-1-i])
			}
		}
		settled(t, a)
		site.end(t, a)
	})
}

// traffic signs users in and reads their sessions, all the time.
type traffic struct {
	adapter *gormadapter.Adapter
	stop    context.CancelFunc
	workers sync.WaitGroup
	reads   atomic.Int64

	mu     sync.Mutex
	tokens []string
	faults []error
}

// mostUsers bounds what SQLite has to copy in each round.
const mostUsers = 400

func startTraffic(t testing.TB, a *gormadapter.Adapter) *traffic {
	ctx, stop := context.WithCancel(t.Context())
	s := &traffic{adapter: a, stop: stop}
	for worker := range 2 {
		s.workers.Go(func() { s.write(ctx, worker) })
		s.workers.Go(func() { s.read(ctx) })
	}
	return s
}

// pace is how often a worker asks for something, so that the test measures no fight for the
// processor.
const pace = 4 * time.Millisecond

func (s *traffic) write(ctx context.Context, worker int) {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		<-ticker.C
		token := fmt.Sprintf("%d-%d", worker, n%(mostUsers/2))
		session := &cardea.Session{Token: token, Expires: time.Now().Add(time.Hour)}
		if n >= mostUsers/2 {
			s.note(ctx, s.adapter.RenewSession(ctx, token, session.Expires))
			continue
		}
		err := s.adapter.Transact(ctx, func(ctx context.Context) error {
			u := &cardea.User{Email: token + "@example.com"}
			if err := s.adapter.CreateUser(ctx, u); err != nil {
				return err
			}
			session.UserID = u.ID
			if err := s.adapter.LinkAccount(ctx,
				&cardea.Account{UserID: u.ID, Type: "oauth", Provider: "github",
					ProviderAccountID: token}); err != nil {
				return err
			}
			return s.adapter.CreateSession(ctx, session)
		})
		if s.note(ctx, err); err == nil {
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
		s.mu.Lock()
		token := ""
		if len(s.tokens) > 0 {
			token = s.tokens[n%len(s.tokens)]
		}
		s.mu.Unlock()
		if token == "" {
			continue
		}
		_, err := s.adapter.Session(ctx, token)
		s.note(ctx, err)
		s.reads.Add(1)
	}
}

func (s *traffic) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.mu.Lock()
		s.faults = append(s.faults, err)
		s.mu.Unlock()
	}
}

// end compares what is there with what was written.
func (s *traffic) end(t testing.TB, a *gormadapter.Adapter) {
	t.Helper()
	s.stop()
	s.workers.Wait()
	t.Logf("%d users, %d reads, %d faults", len(s.tokens), s.reads.Load(), len(s.faults))
	for i, err := range s.faults {
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
		t.Errorf("got %d users and %d reads: there was no traffic", len(s.tokens), s.reads.Load())
	}
}

// Several processes start at once with the same new entities.
func TestManyApply(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		apply(t, adapter(t, d.open(t, gorm.Config{})))
		const processes = 8
		var did atomic.Int64
		var all sync.WaitGroup
		for range processes {
			a := adapter(t, d.open(t, gorm.Config{}), gormadapter.WithUser[second]())
			all.Go(func() {
				p, err := schemachange.Apply(t.Context(), a)
				if err != nil {
					t.Error(err)
				} else if len(p.Up) > 0 {
					did.Add(1)
				}
			})
		}
		all.Wait()
		if did.Load() != 1 {
			t.Errorf("%d processes changed something, want 1", did.Load())
		}
		settled(t, adapter(t, d.open(t, gorm.Config{}), gormadapter.WithUser[second]()))
	})
}

// byNow is an entity whose plan fails in its last statements, after columns were added: there are
// two users of one name.
type byNow struct {
	gormadapter.User
	Level int     `gorm:"not null;default:10"`
	Login *string `gorm:"size:40"`
}

type named struct {
	ID   string `gorm:"primaryKey;size:40;not null"`
	Name string `gorm:"size:40;not null;uniqueIndex:named_name_unique"`
}

func TestFailureChangesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := adapter(t, db)
		apply(t, a)
		signedIn(t, a, "one")
		exec(t, db, "CREATE TABLE nameds (id varchar(40) NOT NULL PRIMARY KEY, name varchar(40) NOT NULL)",
			"INSERT INTO nameds VALUES ('1', 'secret@example.com'), ('2', 'secret@example.com')")
		a2 := adapter(t, db, gormadapter.WithUser[byNow]())
		before, err := schemachange.Diff(t.Context(), a2, &named{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = schemachange.Apply(t.Context(), a2, &named{})
		if err == nil {
			t.Fatal("a unique index was made over rows that are not")
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds a value: %v", err)
		}
		after, err := schemachange.Diff(t.Context(), a2, &named{})
		if err != nil {
			t.Fatal(err)
		}
		if before.Script() != after.Script() || len(after.Up) == 0 {
			t.Errorf("was to do\n%s\nis to do\n%s", before.Script(), after.Script())
		}
		if _, err := a.Session(t.Context(), "one"); err != nil {
			t.Errorf("session: %v", err)
		}
		if d.dialect == "sqlite" && value[int](t, db, "PRAGMA foreign_keys") != 1 {
			t.Error("foreign keys stay off")
		}
	})
}

// A plan waits for nobody longer than half a second at a time, and ends with its context.
func TestApplyEndsWithContext(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := adapter(t, db)
		apply(t, a)
		signedIn(t, a, "one")
		blocked := d.open(t, gorm.Config{}).Begin()
		exec(t, blocked, "UPDATE "+quoted(d, "user")+" SET name = 'Zoe'")
		defer blocked.Rollback()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := schemachange.Apply(ctx, adapter(t, db, gormadapter.WithUser[second]())); err == nil {
			t.Error("the table changed under a transaction")
		} else if ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v before the context ended", err)
		}
		blocked.Rollback()
		if got := apply(t, adapter(t, db, gormadapter.WithUser[second]())); len(got.Up) == 0 {
			t.Error("the second attempt did nothing")
		}
	})
}
