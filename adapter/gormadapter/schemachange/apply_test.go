package schemachange_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// The first call creates the tables. The second has nothing to change.
func TestApplyTwice(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		a := newAdapter(t, d.open(t, gorm.Config{}))
		if p := mustApply(t, a); len(p.Up) == 0 || len(p.Down) == 0 {
			t.Errorf("got %d statements up and %d down, want some of both", len(p.Up), len(p.Down))
		}
		expectNoChanges(t, a)
		if p := mustApply(t, a); len(p.Up) > 0 {
			t.Errorf("the second call ran\n%s", p.Script())
		}
	})
}

func TestNoChangesAfterMigrate(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		a := newAdapter(t, d.open(t, gorm.Config{}))
		if err := a.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		expectNoChanges(t, a)
	})
}

// A plan needs the locks and settings of a connection, so it cannot be part of the application's
// transaction.
func TestAdapterOnTransactionIsRefused(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		err := db.Transaction(func(tx *gorm.DB) error {
			a := newAdapter(t, tx)
			for name, call := range map[string]func() error{
				"Diff":  func() error { _, err := schemachange.Diff(t.Context(), a); return err },
				"Apply": func() error { _, err := schemachange.Apply(t.Context(), a); return err },
			} {
				if err := call(); err == nil || !strings.Contains(err.Error(), "made on a transaction") {
					t.Errorf("%s: got %v, want an error about the transaction", name, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if db.Migrator().HasTable("user") {
			t.Error("the table user was created")
		}
		mustApply(t, newAdapter(t, db))
	})
}

// Several processes start at the same time with the same new entities.
func TestConcurrentApply(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		mustApply(t, newAdapter(t, d.open(t, gorm.Config{})))
		const processes = 8
		var changed atomic.Int64
		var all sync.WaitGroup
		for range processes {
			a := newAdapter(t, d.open(t, gorm.Config{}), gormadapter.WithUser[userV2]())
			all.Go(func() {
				p, err := schemachange.Apply(t.Context(), a)
				if err != nil {
					t.Error(err)
				} else if len(p.Up) > 0 {
					changed.Add(1)
				}
			})
		}
		all.Wait()
		if changed.Load() != 1 {
			t.Errorf("%d processes changed the schema, want 1", changed.Load())
		}
		expectNoChanges(t, newAdapter(t, d.open(t, gorm.Config{}), gormadapter.WithUser[userV2]()))
	})
}

// Servers at all nodes of a cluster start at once: first with an empty database, then with new
// entities. One of them runs the plan, the others wait, and nothing of the lock is left.
func TestConcurrentApplyAtAllNodes(t *testing.T) {
	t.Parallel()
	for range 4 {
		nodes := newOnNodes(t, "mysql", "CARDEA_TEST_GALERA")
		for _, opts := range [][]gormadapter.Option{nil, {gormadapter.WithUser[userV2]()}} {
			var changed atomic.Int64
			var all sync.WaitGroup
			for _, d := range nodes {
				a := newAdapter(t, d.open(t, gorm.Config{}), opts...)
				all.Go(func() {
					p, err := schemachange.Apply(t.Context(), a)
					if err != nil {
						t.Error(err)
					} else if len(p.Up) > 0 {
						changed.Add(1)
					}
				})
			}
			all.Wait()
			if changed.Load() != 1 {
				t.Errorf("%d processes changed the schema, want 1", changed.Load())
			}
			db := nodes[0].open(t, gorm.Config{})
			expectNoChanges(t, newAdapter(t, db, opts...))
			if db.Migrator().HasTable("cardea_schema_lock") {
				t.Error("the table of the lock is still there")
			}
		}
	}
}

// A process died while it had the lock of a cluster. The next one gets it when it has expired.
func TestLockOfADeadProcess(t *testing.T) {
	t.Parallel()
	db := newOnNodes(t, "mysql", "CARDEA_TEST_GALERA")[1].open(t, gorm.Config{})
	mustExec(t, db, "CREATE TABLE cardea_schema_lock (id INT PRIMARY KEY, holder CHAR(26), expires DATETIME)",
		"INSERT INTO cardea_schema_lock VALUES (1, 'dead', UTC_TIMESTAMP() + INTERVAL 2 SECOND)")
	expires := queryValue[string](t, db, "SELECT CAST(expires AS CHAR) FROM cardea_schema_lock")
	a := newAdapter(t, db)
	mustApply(t, a)
	if queryValue[int](t, db, "SELECT UTC_TIMESTAMP() < '"+expires+"'") != 0 {
		t.Error("did not wait for the lock")
	}
	expectNoChanges(t, a)
}

// Together these entities make a plan whose last statements fail, after it added columns: two rows
// have the same name.
type (
	userWithLogin struct {
		gormadapter.User
		Level int     `gorm:"not null;default:10"`
		Login *string `gorm:"size:40"`
	}
	named struct {
		ID   string `gorm:"primaryKey;size:40;not null"`
		Name string `gorm:"size:40;not null;uniqueIndex:named_name_unique"`
	}
)

func TestFailureChangesNothing(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := newAdapter(t, db)
		mustApply(t, a)
		createSignedInUser(t, a, "one")
		mustExec(t, db, "CREATE TABLE nameds (id varchar(40) NOT NULL PRIMARY KEY, name varchar(40) NOT NULL)",
			"INSERT INTO nameds VALUES ('1', 'secret@example.com'), ('2', 'secret@example.com')")
		a2 := newAdapter(t, db, gormadapter.WithUser[userWithLogin]())
		before, err := schemachange.Diff(t.Context(), a2, &named{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = schemachange.Apply(t.Context(), a2, &named{})
		if err == nil {
			t.Fatal("a unique index was created although two rows have the same value")
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error contains a value of a row: %v", err)
		}
		after, err := schemachange.Diff(t.Context(), a2, &named{})
		if err != nil {
			t.Fatal(err)
		}
		if before.Script() != after.Script() || len(after.Up) == 0 {
			t.Errorf("the plan before was\n%s\nthe plan after is\n%s", before.Script(), after.Script())
		}
		if _, err := a.Session(t.Context(), "one"); err != nil {
			t.Errorf("session: %v", err)
		}
		if d.dialect == "sqlite" && queryValue[int](t, db, "PRAGMA foreign_keys") != 1 {
			t.Error("foreign keys stay off")
		}
	})
}

// Apply returns soon after its context ends, although the table is still in use.
func TestApplyEndsWithContext(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := newAdapter(t, db)
		mustApply(t, a)
		createSignedInUser(t, a, "one")
		blocker := d.open(t, gorm.Config{}).Begin()
		mustExec(t, blocker, "UPDATE "+quoted(d, "user")+" SET name = 'Zoe'")
		defer blocker.Rollback()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := schemachange.Apply(ctx, newAdapter(t, db, gormadapter.WithUser[userV2]()))
		if err == nil {
			t.Error("the table changed although a transaction used it")
		} else if ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v before the context ended", err)
		}
		blocker.Rollback()
		if p := mustApply(t, newAdapter(t, db, gormadapter.WithUser[userV2]())); len(p.Up) == 0 {
			t.Error("the second call changed nothing")
		}
	})
}
