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

// Apply makes the same plan as [Diff], runs it, and returns what it ran. If nothing has to change,
// the plan has no statements.
//
// Other connections may read and write at the same time, and several processes may call Apply: one
// runs the plan, the others wait and then find nothing to change.
//
// If a statement fails, Apply leaves the schema as it was and returns an error. PostgreSQL and
// SQLite run the plan in one transaction. MySQL and MariaDB commit each statement; there Apply
// undoes the statements that ran, the last one first. In a Galera cluster the processes agree by a
// row of the table cardea_schema_lock, which exists only while Apply runs.
//
// A statement waits for a table that is in use, for half a second on PostgreSQL and two seconds on
// MySQL and MariaDB. Then Apply undoes the plan, lets the other transactions continue, and tries
// again, until 30 seconds have passed or ctx ends.
//
// Apply returns the errors of Diff too. Its errors contain no values of rows. If the user of the
// database lacks a right, the error says what to grant.
func Apply(ctx context.Context, a *gormadapter.Adapter, entities ...any) (*Plan, error) {
	d, err := newLiveDatabase(a, entities)
	if err != nil {
		return nil, err
	}
	p, err := d.diff(ctx) // usually nothing has to change, and then the locks of apply are not needed
	if err == nil && len(p.Up) == 0 {
		return p, nil
	}
	if ctx.Err() != nil || errors.Is(err, errLocked) {
		return nil, fmt.Errorf("schemachange: %w", err)
	}
	// Any other error may come from a change that another node of a Galera cluster makes meanwhile.
	if p, err = d.applyWithRetries(ctx); err != nil {
		return nil, d.describe(err)
	}
	return p, nil
}

// maxRetryTime limits how long Apply tries again while tables are in use.
const maxRetryTime = 30 * time.Second

func (d *liveDatabase) applyWithRetries(ctx context.Context) (*Plan, error) {
	deadline := time.Now().Add(maxRetryTime)
	for {
		p, err := d.apply(ctx)
		if err == nil || !d.engine.retryable(err) || time.Now().After(deadline) || !waitBeforeRetry(ctx) {
			return p, err
		}
	}
}

// waitBeforeRetry waits for 50 to 250 milliseconds. The time is random, so that several processes
// do not try again at the same moment. It returns false if ctx ends before.
func waitBeforeRetry(ctx context.Context) bool {
	timer := time.NewTimer(50*time.Millisecond + rand.N(200*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// run runs statements in order. The error for one begins with its comment.
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

// withoutValues returns err if its text contains no value of a row. Otherwise it returns an error
// with the same text without the value. That error wraps nothing, because the texts of the wrapped
// errors contain the value too.
func withoutValues(err error) error {
	text := err.Error()
	clean := rowValue.ReplaceAllString(text, "$1(a value)")
	if clean == text {
		return err
	}
	return errors.New(clean)
}
