package gormadapter

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
)

// checkedColumns are the fields of signInSpecs that are read each time a session is checked. The
// others are for lists of sessions, and reading them would make each check slower.
var checkedColumns = []string{"CreatedAt", "AuthTime", "SeenAt", "Methods", "Level"}

// checkedValues are the values of checkedColumns as the driver returns them, nil for a column that
// there is not. database/sql copies a value into an any faster than into any other type.
type checkedValues [5]any

// dest appends pointers to the values of the named columns to dest.
func (c *checkedValues) dest(dest []any, names []string) []any {
	for i, name := range checkedColumns {
		if len(names) == len(c) || slices.Contains(names, name) {
			dest = append(dest, &c[i])
		}
	}
	return dest
}

// describe sets what s knows about its sign-in. A value that cannot be read counts as unknown.
func (c *checkedValues) describe(s *cardea.Session) {
	s.CreatedAt, s.AuthTime, s.SeenAt = asTime(c[0]), asTime(c[1]), asTime(c[2])
	s.Methods, s.Level = methods(asText(c[3])), asLevel(c[4])
}

func asTime(v any) time.Time {
	if t, ok := v.(time.Time); ok {
		return utcMillis(t)
	}
	return time.Time{}
}

func asLevel(v any) int {
	if n, ok := v.(int64); ok {
		return int(n)
	}
	level, _ := strconv.Atoi(asText(v)) // MySQL's text protocol
	return level
}

// describe sets what s knows about its sign-in, from the entity.
func (r *row) describe(s *cardea.Session) {
	s.CreatedAt, s.AuthTime = r.optionalTime("CreatedAt"), r.optionalTime("AuthTime")
	s.SeenAt = r.optionalTime("SeenAt")
	s.Methods, s.Level = methods(r.optionalText("Methods")), 0
	if r.byName["Level"] != nil {
		s.Level = int(numberAt(r.at("Level")))
	}
	s.IP, s.UserAgent = r.optionalText("IP"), r.optionalText("UserAgent")
}

func (r *row) optionalTime(name string) time.Time {
	if r.byName[name] == nil {
		return time.Time{}
	}
	return timeAt(r.at(name))
}

func (r *row) optionalText(name string) string {
	if r.byName[name] == nil {
		return ""
	}
	return r.text(name)
}

// methods reads the methods of a sign-in, which are separated by spaces.
func methods(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Fields(text)
}

// setSignIn writes what s knows about its sign-in to the entity.
func (r *row) setSignIn(s *cardea.Session) {
	r.set("CreatedAt", nullableTime(s.CreatedAt))
	r.set("AuthTime", nullableTime(s.AuthTime))
	r.set("SeenAt", nullableTime(s.SeenAt))
	r.setFitting("Methods", strings.Join(s.Methods, " "))
	if s.Level > 0 {
		r.set("Level", s.Level)
	}
	r.setFitting("IP", s.IP)
	r.setFitting("UserAgent", s.UserAgent[:min(len(s.UserAgent), r.sizeOf("UserAgent", len(s.UserAgent)))])
}

// setFitting writes a text to a field, or nothing if the column of the application's entity has no
// room for it.
func (r *row) setFitting(name, text string) {
	if len(text) > r.sizeOf(name, len(text)) {
		text = ""
	}
	r.set(name, nullable(text))
}

// sizeOf returns how long a text in a field may be, or unlimited if the field does not say.
func (r *row) sizeOf(name string, unlimited int) int {
	if field := r.byName[name]; field != nil && field.Size > 0 {
		return field.Size
	}
	return unlimited
}
