package factor

import "time"

// SetClock replaces the clock of the codes. Call it before cardea.New.
func (f *Feature) SetClock(now func() time.Time) { f.now = now }
