package schemachange

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"time"

	"ariga.io/atlas/sql/schema"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// Apply makes the same plan as [Diff], runs it, and returns what it ran. If there was nothing to
// change, the plan has no statements.
//
// Other connections may read and write meanwhile, and several processes may call Apply at the same
// time: one runs the plan, the others wait and then find nothing to change.
//
// If a statement fails, Apply leaves the schema as it was and returns an error. PostgreSQL and
// SQLite run the plan in one transaction. MySQL and MariaDB commit each statement; there Apply
// undoes the statements that ran, last one first.
//
// On PostgreSQL a statement waits half a second for a table that is in use, on MySQL and MariaDB
// two seconds. Then Apply undoes the plan, lets the other transactions continue, and tries again,
// for 30 seconds in all or until ctx ends. Errors contain no values of rows. Diff's errors apply
// too.
func Apply(ctx context.Context, a *gormadapter.Adapter, entities ...any) (*Plan, error) {
	d, err := newLiveDatabase(a, entities)
	if err != nil {
		return nil, err
	}
	p, err := d.diff(ctx) // without locks that disturb others: usually there is nothing to change
	if err != nil {
		return nil, fmt.Errorf("schemachange: %w", err)
	}
	if len(p.Up) == 0 {
		return p, nil
	}
	if p, err = d.applyWithRetries(ctx); err != nil {
		return nil, fmt.Errorf("schemachange: %w", withoutValues(err))
	}
	return p, nil
}

// retryFor is how long Apply tries again if tables are in use.
const retryFor = 30 * time.Second

func (d *liveDatabase) applyWithRetries(ctx context.Context) (*Plan, error) {
	deadline := time.Now().Add(retryFor)
	for {
		p, err := d.apply(ctx)
		if err == nil || !d.engine.retryable(err) || time.Now().After(deadline) || !sleep(ctx) {
			return p, err
		}
	}
}

// sleep waits for 50 to 250 milliseconds, at random, so that several processes do not try at the
// same moments. It returns false if ctx ended first.
func sleep(ctx context.Context) bool {
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

// rowValue matches the parts of database errors that quote a value of a row.
var rowValue = regexp.MustCompile(
	`(?s)(Duplicate entry |value: |input value for |syntax for type [^:]*: ).*`,
)

// withoutValues returns err itself if it quotes no value of a row, and otherwise an error with the
// same text but without the value. That one wraps nothing, because the wrapped errors have it too.
func withoutValues(err error) error {
	text := err.Error()
	clean := rowValue.ReplaceAllString(text, "$1(a value)")
	if clean == text {
		return err
	}
	return errors.New(clean)
}
