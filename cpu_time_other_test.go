//go:build !linux

package cardea_test

import "time"

var start = time.Now()

// threadTime returns the time of the clock, because Go cannot measure that of a thread here.
func threadTime() time.Duration { return time.Since(start) }
