package schemachange

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"time"

	"ariga.io/atlas/sql/schema"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// Apply makes the plan of [Diff] and runs it, and returns what it did: a plan without statements
// where there was nothing to do. Readers and writers may be at work meanwhile, and several
// processes may call it at the same time: one runs the plan, the others wait and find nothing left
// to do.
//
// A plan that fails leaves everything as it was. PostgreSQL and SQLite run it in one transaction;
// MySQL and MariaDB commit each statement, so there those that ran are undone one by one. On
// PostgreSQL and MySQL no statement waits long for a table in use; Apply lets the traffic pass and
// tries again, for half a minute.
func Apply(ctx context.Context, a *gormadapter.Adapter, own ...any) (*Plan, error) {
	p, err := Diff(ctx, a, own...)
	if err != nil || len(p.Up) == 0 {
		return p, err
	}
	t, err := newTarget(a, own)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(patience); ; {
		err := t.pinned(ctx, func(conn pinned) error {
			return t.engine.change(ctx, conn, func(q schema.ExecQuerier) (_ *Plan, err error) {
				p, err = t.plan(ctx, q)
				return p, err
			})
		})
		if err == nil {
			return p, nil
		}
		if !t.engine.busy(err) || time.Now().After(deadline) || !pause(ctx) {
			return nil, fmt.Errorf("schemachange: %w", redacted(err))
		}
	}
}

const patience = 30 * time.Second

// pause waits a moment, not the same for all, and reports whether ctx goes on.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(50*time.Millisecond + rand.N(200*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func run(ctx context.Context, q schema.ExecQuerier, statements []Statement) error {
	for _, s := range statements {
		if _, err := q.ExecContext(ctx, s.SQL); err != nil {
			return fmt.Errorf("%s: %w", s.Comment, err)
		}
	}
	return nil
}

// values are the places where databases put what is in a row into their errors.
var values = regexp.MustCompile(`(?s)(Duplicate entry |value: |input value for |syntax for type [^:]*: ).*`)

// redacted returns err itself unless it holds a value.
func redacted(err error) error {
	text := err.Error()
	if clean := values.ReplaceAllString(text, "$1(a value)"); clean != text {
		return fmt.Errorf("%s", clean)
	}
	return err
}
