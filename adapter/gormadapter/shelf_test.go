package gormadapter_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

// opener opens an adapter on a certain database, with connections of its own.
type opener func(testing.TB) *gormadapter.Adapter

func opens(o gormadapter.Options) opener {
	return func(t testing.TB) *gormadapter.Adapter {
		t.Helper()
		return openExisting(t, o)
	}
}

// shelf holds databases for the promises of the contract: to make one, with its tables, takes
// longer than to keep most promises. Each is used by one test at a time, and by an adapter and
// connections that are that test's own.
type shelf struct {
	parent  *testing.T
	fresh   func(testing.TB) opener                // makes an empty database
	migrate func(testing.TB, *gormadapter.Adapter) // makes its tables

	mu   sync.Mutex
	free []opener // of databases whose tables are empty
}

// reused is for adaptertest.Run: its stores are in databases that end with t.
func reused(t *testing.T, fresh func(testing.TB) opener) func(*testing.T) cardea.Adapter {
	return (&shelf{parent: t, fresh: fresh, migrate: migrate}).adapter
}

// reusedOfApplication is reused with tables that the application's own migrations make.
func reusedOfApplication(t *testing.T, fresh func(testing.TB) opener) func(*testing.T) cardea.Adapter {
	return (&shelf{parent: t, fresh: fresh, migrate: autoMigrate}).adapter
}

func migrate(t testing.TB, a *gormadapter.Adapter) {
	t.Helper()
	must(t, a.Migrate(t.Context()))
}

func autoMigrate(t testing.TB, a *gormadapter.Adapter) {
	t.Helper()
	must(t, a.DB().AutoMigrate(a.Entities()...))
}

// adapter returns one on an empty database. It comes back emptied when the test has passed;
// otherwise nobody else gets it.
func (s *shelf) adapter(t *testing.T) cardea.Adapter {
	t.Helper()
	open, ready := s.take()
	if !ready {
		open = s.fresh(lasting{t, s.parent})
	}
	t.Cleanup(func() { // when the connections are closed
		if !t.Failed() {
			s.put(open)
		}
	})
	a := open(t)
	if !ready {
		s.migrate(t, a)
	}
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		if err := clean(a); err != nil {
			t.Error(err)
		}
	})
	return a
}

func (s *shelf) take() (open opener, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return nil, false
	}
	open = s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return open, true
}

func (s *shelf) put(open opener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, open)
}

// clean deletes all rows, those of a user before the user, and makes sure that there are none.
func clean(a *gormadapter.Adapter) error {
	db := a.DB().Session(&gorm.Session{NewDB: true, AllowGlobalUpdate: true, SkipHooks: true}).Unscoped()
	for _, entity := range slices.Backward(a.Entities()) {
		if err := db.Session(&gorm.Session{}).Delete(entity).Error; err != nil {
			return fmt.Errorf("delete every %T: %w", entity, err)
		}
	}
	for _, entity := range a.Entities() {
		var left int64
		if err := db.Session(&gorm.Session{}).Model(entity).Count(&left).Error; err != nil {
			return fmt.Errorf("count every %T: %w", entity, err)
		}
		if left > 0 {
			return fmt.Errorf("%d rows of %T are left", left, entity)
		}
	}
	return nil
}

// lasting is a test that leaves what it has to clean up to its parent, and what goes wrong then. It
// ends by itself as always.
type lasting struct {
	testing.TB
	parent *testing.T
}

func (l lasting) Cleanup(f func())  { l.parent.Cleanup(f) }
func (l lasting) TempDir() string   { return l.parent.TempDir() }
func (l lasting) Error(args ...any) { l.parent.Error(args...) }
