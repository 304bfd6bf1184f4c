package cardea

import (
	"runtime"
	"time"
)

// SetClock sets the clock of a. It must be called before the first request.
func (a *Auth) SetClock(now func() time.Time) { a.now = now }

// WaitForTasks returns when everything that follows the answers so far is done.
func (a *Auth) WaitForTasks() {
	running := func() bool {
		a.tasks.mu.Lock()
		defer a.tasks.mu.Unlock()
		return a.tasks.running > 0
	}
	for running() {
		runtime.Gosched()
	}
}
