package expiring

// NewSet returns a set that holds at most the given number of ids.
func NewSet(most int) *Set { return &Set{most: most} }
