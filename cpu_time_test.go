package cardea_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// cpuTime returns the processor time that f takes, which does not depend on what else the machine
// does. Goroutines that f starts do not count. With the race detector, which slows code down about
// ten times, it returns a tenth of the time.
func cpuTime(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	f()
	took := threadTime() - before
	if info, ok := debug.ReadBuildInfo(); ok &&
		slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return took / 10
	}
	return took
}
