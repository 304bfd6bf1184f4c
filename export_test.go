package cardea

import "time"

// SetClock sets the clock of a. It must be called before the first request.
func (a *Auth) SetClock(now func() time.Time) { a.now = now }
