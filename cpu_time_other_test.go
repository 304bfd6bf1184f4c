//go:build !linux

package cardea_test

import "time"

var start = time.Now()

// threadTime is the time of the clock, since Go does not tell that of the thread here.
func threadTime() time.Duration { return time.Since(start) }
