//go:build unix

package gormadapter_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

// plenty is a limit that no benchmark reaches, of an event every 3.6 seconds.
var plenty = ratelimit.Rate{Count: 1_000_000, Within: 1000 * time.Hour}

// BenchmarkTakeLimit counts events of 1,000 keys that have been counted before.
func BenchmarkTakeLimit(b *testing.B) {
	onEach(b, func(b *testing.B, e engine) {
		const keys = 1000
		a := openOn(b, e.empty(b))
		bare := newBareCounter(b, a)
		for i := range keys {
			takes(b, a, countedKey(i))
		}
		compare(b, func(i int) { bare(countedKey(i % keys)) }, func(i int) { takes(b, a, countedKey(i%keys)) })
	})
}

// BenchmarkTakeLimitOfHotKey counts events of one key, from 64 goroutines at once: bare statements
// and the adapter in turn, and the adapter of one instance and of three in turn. It reports the
// medians of the ratios of the rounds.
func BenchmarkTakeLimitOfHotKey(b *testing.B) {
	onEach(b, func(b *testing.B, e engine) {
		o := e.empty(b)
		instances := []*gormadapter.Adapter{openOn(b, o), openExisting(b, o), openExisting(b, o)}
		bare, key := newBareCounter(b, instances[0]), countedKey(0)
		takes(b, instances[0], key)
		var toBare, toOne []float64
		for b.Loop() {
			statements := crowd(func(int) { bare(key) })
			one := crowd(func(int) { takes(b, instances[0], key) })
			three := crowd(func(i int) { takes(b, instances[i%len(instances)], key) })
			toBare = append(toBare, statements.Seconds()/one.Seconds())
			toOne = append(toOne, one.Seconds()/three.Seconds())
		}
		b.ReportMetric(median(toBare), "throughput-ratio")
		b.ReportMetric(median(toOne), "three-to-one-ratio")
		b.ReportMetric(0, "ns/op")
	})
}

// crowd calls op from 64 goroutines at once, which have the numbers 0 to 63, and returns how long
// that took.
func crowd(op func(i int)) time.Duration {
	const writers, events = 64, 10
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range events {
				op(i)
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

func countedKey(i int) string {
	sum := sha256.Sum256(fmt.Append(nil, "key", i))
	return hex.EncodeToString(sum[:])
}

func takes(b *testing.B, a *gormadapter.Adapter, key string) {
	b.Helper()
	if ok, _, err := a.TakeLimit(b.Context(), key, plenty, time.Now()); !ok || err != nil {
		b.Error(ok, err)
	}
}

// newBareCounter returns a function that counts an event by a statement on bare database/sql. On
// MariaDB, which has no upsert with a condition, the key must have a row.
func newBareCounter(b *testing.B, a *gormadapter.Adapter) func(key string) {
	b.Helper()
	interval := (plenty.Within / time.Duration(plenty.Count)).Microseconds()
	burst := interval * int64(plenty.Count)
	const upsert = "INSERT INTO throttle (`key`, tat) VALUES (?, %[1]s + ?) ON CONFLICT (`key`) DO UPDATE " +
		"SET tat = %[2]s(throttle.tat, %[1]s) + ? WHERE %[2]s(throttle.tat, %[1]s) + ? - %[1]s <= ?"
	var query string
	args := func(key string) []any { return []any{key, interval, interval, interval, burst} }
	switch a.DB().Name() {
	case "sqlite":
		query = fmt.Sprintf(upsert, "?", "max")
		args = func(key string) []any {
			now := time.Now().UnixMicro()
			return []any{key, now, interval, now, interval, now, interval, now, burst}
		}
	case "postgres":
		query = fmt.Sprintf(upsert, "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint)", "greatest")
	default:
		query = "UPDATE throttle SET tat = greatest(tat, %[1]s) + ? WHERE `key` = ? AND greatest(tat, %[1]s) + ? - " +
			"%[1]s <= ?"
		query = fmt.Sprintf(query, "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))")
		args = func(key string) []any { return []any{interval, key, interval, burst} }
	}
	statement := bare(b, a, query)
	return func(key string) {
		result, err := statement.exec(context.Background(), args(key)...)
		if err != nil {
			b.Error(err)
			return
		}
		if n, err := result.RowsAffected(); n != 1 || err != nil {
			b.Error(n, err)
		}
	}
}
