package cardea

import "time"

// SetClock makes a take its time from now. It must come before the first request.
func (a *Auth) SetClock(now func() time.Time) { a.now = now }
