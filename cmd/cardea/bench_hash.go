package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/cardea-auth/cardea/passwordhash"
)

// choices are parameters for Argon2id, from the cheapest to the most expensive. The first five cost
// an attacker about the same (OWASP); the last is of RFC 9106 § 4, with one thread.
var choices = []passwordhash.Argon2id{
	{Memory: 7 << 10, Time: 5, Threads: 1},
	{Memory: 9 << 10, Time: 4, Threads: 1},
	{Memory: 12 << 10, Time: 3, Threads: 1}, // the default
	{Memory: 19 << 10, Time: 2, Threads: 1},
	{Memory: 46 << 10, Time: 1, Threads: 1},
	{Memory: 46 << 10, Time: 3, Threads: 1},
	{Memory: 64 << 10, Time: 3, Threads: 1},
}

const (
	slowestHash = 100 * time.Millisecond // of a sign-in, which is what a recommendation may cost
	mostMemory  = 512 << 20              // bytes of all hashes that are computed at once
)

// benchHash prints what hashes of passwords cost on this machine, and recommends parameters.
func benchHash(args []string, stdout io.Writer) error {
	if err := noArguments("bench-hash", args); err != nil {
		return err
	}
	parallel := max(1, runtime.GOMAXPROCS(0)-1) // as a site does by default
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "memory\tpasses\ttime of one\tper second, %d at once\tmemory, %[1]d at once\t\n", parallel)
	best, advice := choices[0], "All of these take longer than %d ms, or more than %d MiB at once. The cheapest:"
	for _, c := range choices {
		one, rate, err := measure(c, parallel)
		if err != nil {
			return err
		}
		together := parallel * int(c.Memory) << 10
		fmt.Fprintf(table, "%d MiB\t%d\t%.1f ms\t%.0f\t%d MiB\t\n",
			c.Memory>>10, c.Time, float64(one.Microseconds())/1000, rate, together>>20)
		if one <= slowestHash && together <= mostMemory {
			best, advice = c, "The most expensive of these with at most %d ms and %d MiB at once:"
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "\n"+advice+"\npasswordhash.Argon2id{Memory: %d, Time: %d, Threads: %d}\n",
		slowestHash.Milliseconds(), mostMemory>>20, best.Memory, best.Time, best.Threads)
	return err
}

// measure returns how long one hash takes alone, and how many are made in a second if so many are
// computed at once.
func measure(c passwordhash.Argon2id, parallel int) (one time.Duration, rate float64, err error) {
	h, err := passwordhash.New(passwordhash.Options{Argon2id: c, Parallel: parallel})
	if err != nil {
		return 0, 0, err
	}
	const tries = 3
	for i := range tries {
		start := time.Now()
		if _, err := h.Hash(context.Background(), "correct horse battery staple"); err != nil {
			return 0, 0, err
		}
		if took := time.Since(start); i == 0 || took < one {
			one = took
		}
	}
	var wait sync.WaitGroup
	failures := make([]error, parallel)
	start := time.Now()
	for i := range parallel {
		wait.Go(func() {
			for range tries {
				if _, err := h.Hash(context.Background(), "correct horse battery staple"); err != nil {
					failures[i] = err
					return
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(start).Seconds()
	for _, failure := range failures {
		if failure != nil {
			return 0, 0, failure
		}
	}
	return one, float64(tries*parallel) / took, nil
}
