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

// databasePool reuses databases and their adapters for the tests of the contract, because creating
// one with its tables takes longer than most tests. One test at a time uses a database.
type databasePool struct {
	parent  *testing.T
	fresh   func(testing.TB) *gormadapter.Adapter  // opens an empty database
	migrate func(testing.TB, *gormadapter.Adapter) // creates its tables

	mu   sync.Mutex
	free []*gormadapter.Adapter // their tables are empty
}

// reused is for adaptertest.Run: its stores are in databases that are dropped after t.
func reused(t *testing.T, fresh func(testing.TB) *gormadapter.Adapter) func(*testing.T) cardea.Adapter {
	return (&databasePool{parent: t, fresh: fresh, migrate: migrate}).adapter
}

// reusedOfApplication is reused, with tables that the application's own migrations create.
func reusedOfApplication(t *testing.T, fresh func(testing.TB) *gormadapter.Adapter) func(*testing.T) cardea.Adapter {
	return (&databasePool{parent: t, fresh: fresh, migrate: autoMigrate}).adapter
}

func migrate(t testing.TB, a *gormadapter.Adapter) {
	t.Helper()
	must(t, a.Migrate(t.Context()))
}

func autoMigrate(t testing.TB, a *gormadapter.Adapter) {
	t.Helper()
	must(t, a.DB().AutoMigrate(a.Entities()...))
}

// adapter returns an adapter on an empty database. If the test passes, the database is emptied and
// returned to the pool. Otherwise no other test gets it.
func (s *databasePool) adapter(t *testing.T) cardea.Adapter {
	t.Helper()
	a := s.take()
	if a == nil {
		a = s.fresh(untilParentEnds{t, s.parent})
		s.migrate(t, a)
	}
	connections, err := a.DB().DB()
	must(t, err)
	connections.SetMaxIdleConns(50) // as many as run at once, because connecting takes most of the time
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		if err := clean(a); err != nil {
			t.Error(err)
			return
		}
		connections.SetMaxIdleConns(1) // a server has room for few adapters that have more
		s.put(a)
	})
	return a
}

// take returns nil if no adapter is free.
func (s *databasePool) take() *gormadapter.Adapter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return nil
	}
	a := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return a
}

func (s *databasePool) put(a *gormadapter.Adapter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, a)
}

// clean deletes all rows, those of a user before the user, and checks that none are left.
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

// untilParentEnds is a test whose cleanup runs when its parent ends. The parent then reports
// errors.
type untilParentEnds struct {
	testing.TB
	parent *testing.T
}

func (l untilParentEnds) Cleanup(f func())  { l.parent.Cleanup(f) }
func (l untilParentEnds) TempDir() string   { return l.parent.TempDir() }
func (l untilParentEnds) Error(args ...any) { l.parent.Error(args...) }
