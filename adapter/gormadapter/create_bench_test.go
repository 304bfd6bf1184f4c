//go:build unix

package gormadapter_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkCreateAtOnce adds users with an account and a session, as BenchmarkCreate does, from
// eight goroutines at once. It reports the medians of the ratios of the rounds: of the throughput,
// and of the time that all but one in a hundred stay below.
func BenchmarkCreateAtOnce(b *testing.B) {
	onEach(b, func(b *testing.B, e engine) {
		a := openOn(b, e.empty(b))
		create, n := newBareCreator(b, a), 0
		var throughput, p99 []float64
		for b.Loop() {
			n++
			bareTime, bareP99 := creators(func(i int) { create(fmt.Sprint("bare", n, ".", i)) })
			ownTime, ownP99 := creators(func(i int) {
				if err := signUp(b, a, fmt.Sprint("own", n, ".", i)); err != nil {
					b.Error(err)
				}
			})
			throughput = append(throughput, bareTime.Seconds()/ownTime.Seconds())
			p99 = append(p99, ownP99.Seconds()/bareP99.Seconds())
		}
		b.ReportMetric(median(throughput), "throughput-ratio")
		b.ReportMetric(median(p99), "p99-ratio")
		b.ReportMetric(0, "ns/op")
	})
}

// creators calls create from eight goroutines at once, with a new number each time.
func creators(create func(i int)) (elapsed, p99 time.Duration) {
	const goroutines, each = 8, 50
	latencies := make([]time.Duration, goroutines*each)
	begin := time.Now()
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := g; i < len(latencies); i += goroutines {
				began := time.Now()
				create(i)
				latencies[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	elapsed = time.Since(begin)
	slices.Sort(latencies)
	return elapsed, latencies[len(latencies)*99/100]
}
