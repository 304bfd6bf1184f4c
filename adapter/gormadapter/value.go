package gormadapter

import (
	"crypto/rand"
	"fmt"
	"time"
)

// optional turns a value into a column that may be NULL, where the empty one is NULL.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(stored(t))
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return stored(*t)
}

// stored is a time as it goes into the database and comes out of it: the databases and their drivers disagree about anything finer than a
// millisecond, and about zones.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// newID returns a random UUID (RFC 9562 § 5.4).
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
