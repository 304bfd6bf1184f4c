// Package ratelimit has what an application and a store say about limits: how many events a limit
// allows, where they are counted, and the limits of a site.
package ratelimit

import (
	"math"
	"time"
)

// Rate allows Count events at once, and then one more each time that Within/Count has passed: with
// 10 in 15 minutes ten at once, then one every 90 seconds. After Within without events, Count
// events are allowed at once again. Stores count to the microsecond: if Within/Count is less, the
// rate allows everything.
type Rate struct {
	Count  int           // 1 or more
	Within time.Duration // more than 0
}

// InsecureUnlimited returns a rate that allows everything, and so switches a limit off. Then
// nothing slows down who guesses passwords or codes, unless something in front of the site does.
func InsecureUnlimited() Rate { return Rate{Count: math.MaxInt32, Within: time.Second} }
