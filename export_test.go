package cardea

import (
	"net/http"
	"runtime"
	"time"
)

// SetClock sets the clock of a. It must be called before the first request.
func (a *Auth) SetClock(now func() time.Time) { a.now = now }

// FeaturePosts returns the paths of the forms of all features.
func (a *Auth) FeaturePosts() (paths []string) {
	for _, t := range a.routes {
		if t.path != "" && t.method == http.MethodPost {
			paths = append(paths, t.path)
		}
	}
	return paths
}

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
