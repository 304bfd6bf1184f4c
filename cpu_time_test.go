package cardea_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// cpuTime returns what f takes of the processor, which does not depend on what else the machine
// does. What f starts in other goroutines does not count. With the race detector, under which code
// takes some ten times as long, it is a tenth of that.
func cpuTime(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := threadTime()
	f()
	took := threadTime() - begin
	if info, ok := debug.ReadBuildInfo(); ok &&
		slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return took / 10
	}
	return took
}
