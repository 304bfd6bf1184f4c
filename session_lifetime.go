package cardea

import "time"

// effective returns the configuration in which MaxAge and UpdateAge are not longer than Lifetime.
func (c SessionConfig) effective() SessionConfig {
	if c.Lifetime > 0 {
		c.MaxAge = min(c.MaxAge, c.Lifetime)
		c.UpdateAge = min(c.UpdateAge, c.MaxAge)
	}
	return c
}

// begin returns the time of the sign-in of a session. If nobody knows it, it is the time at which
// the session was last extended, and at the latest now: the expiry of another server may be longer.
func (c SessionConfig) begin(s *Session, now time.Time) time.Time {
	if !s.CreatedAt.IsZero() {
		return s.CreatedAt
	}
	if extended := s.Expires.Add(-c.MaxAge); extended.Before(now) {
		return extended
	}
	return now
}

// within returns the expiry, or the end of the lifetime of a session if that is earlier.
func (c SessionConfig) within(begin, expires time.Time) time.Time {
	if end := begin.Add(c.Lifetime); c.Lifetime > 0 && end.Before(expires) {
		return end
	}
	return expires
}

// complete makes a stored session one that the application can use.
func (c SessionConfig) complete(s *Session, now time.Time) {
	s.Level = max(s.Level, 1)
	c.limit(s, now)
}

// limit makes a session end with its lifetime, whatever expiry is stored: the configuration may
// have changed, and another server may have extended the session.
func (c SessionConfig) limit(s *Session, now time.Time) {
	s.Expires = c.within(c.begin(s, now), s.Expires)
}

// isOver reports whether the lifetime of a session is over.
func (c SessionConfig) isOver(s *Session, now time.Time) bool {
	return !now.Before(c.within(c.begin(s, now), now.Add(time.Second)))
}

// extended returns the expiry of a session that is extended now.
func (c SessionConfig) extended(s *Session, now time.Time) time.Time {
	return c.within(c.begin(s, now), now.Add(c.MaxAge))
}

// isRefreshDue reports whether the expiry of a session was last extended UpdateAge ago, or earlier,
// and can be extended.
func (c SessionConfig) isRefreshDue(s *Session, now time.Time) bool {
	return !now.Before(s.Expires.Add(c.UpdateAge-c.MaxAge)) && c.extended(s, now).After(s.Expires)
}

// lastUse returns the latest time at which a session is known to have been used. The expiry tells
// when it was extended, unless the lifetime has limited that.
func (c SessionConfig) lastUse(s *Session, now time.Time) time.Time {
	last := s.Expires.Add(-c.MaxAge)
	if last.After(now) { // another server has extended it, for longer
		last = now
	}
	for _, at := range []time.Time{s.CreatedAt, s.SeenAt} {
		if at.After(last) {
			last = at
		}
	}
	return last
}
