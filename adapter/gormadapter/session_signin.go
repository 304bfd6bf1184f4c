package gormadapter

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// checkedColumns are the fields of signInSpecs that are read each time a session is checked. The
// others are for lists of sessions, and reading them would make each check slower.
var checkedColumns = []string{"CreatedAt", "AuthTime", "SeenAt", "Level", "Methods"}

// checkedText returns all checkedColumns as one text, with | between them: times in milliseconds
// since 1970, "" for NULL and for a column that there is not.
//
// On SQLite and PostgreSQL each column of a result costs several allocations, and one text costs
// fewer than five columns. In MySQL's times only the driver knows the zone, so there the columns
// are read one by one.
//
// format is the fastest way on PostgreSQL. On SQLite printf, its other name, takes 4 % of the
// query's processor time more than the operator.
func (c *compiler) checkedText(t *table) clause.Column {
	var values []string
	for _, name := range checkedColumns {
		value := "NULL"
		if field := t.byName[name]; field != nil {
			value = c.readMillis(t, field)
		}
		values = append(values, value)
	}
	sql := "format('%s|%s|%s|%s|%s', " + strings.Join(values, ", ") + ")" // it writes NULL as ""
	if c.dialect == sqliteDialect {
		sql = "ifnull(" + strings.Join(values, ", '') || '|' || ifnull(") + ", '')"
	}
	return clause.Column{Name: sql + " AS sign_in", Raw: true}
}

// checkedValues are the values of checkedColumns: either the text of checkedText, or each as the
// driver returns it, nil for a column that there is not. database/sql copies a value into an any
// faster than into any other type.
type checkedValues struct {
	text string
	each [5]any
}

// dest appends pointers to the values that t reads to dest.
func (c *checkedValues) dest(dest []any, t *sessionTable) []any {
	if t.checkedAsText {
		return append(dest, &c.text)
	}
	for i, name := range checkedColumns {
		if len(t.checked) == len(c.each) || slices.Contains(t.checked, name) {
			dest = append(dest, &c.each[i])
		}
	}
	return dest
}

// describe sets what s knows about its sign-in. A value that cannot be read counts as unknown.
func (c *checkedValues) describe(s *cardea.Session) {
	if c.text == "" {
		s.CreatedAt, s.AuthTime, s.SeenAt = asTime(c.each[0]), asTime(c.each[1]), asTime(c.each[2])
		s.Level, s.Methods = asLevel(c.each[3]), methods(asText(c.each[4]))
		return
	}
	created, rest, _ := strings.Cut(c.text, "|")
	proven, rest, _ := strings.Cut(rest, "|")
	seen, rest, _ := strings.Cut(rest, "|")
	level, names, _ := strings.Cut(rest, "|")
	if strings.Contains(names, "|") { // it is in a value, and nobody knows in which
		return
	}
	s.CreatedAt, s.AuthTime, s.SeenAt = parseTime(created), parseTime(proven), parseTime(seen)
	s.Level, _ = strconv.Atoi(level)
	s.Methods = methods(names)
}

// timeLayouts are how drivers of SQLite, and SQLite itself, write times as text. The fraction of a
// second is read without being in a layout.
var timeLayouts = []string{
	"2006-01-02 15:04:05Z07:00", time.RFC3339, "2006-01-02 15:04:05 -0700 MST", time.DateTime, "2006-01-02T15:04:05",
}

// parseTime reads a time of checkedText. It returns the zero time for anything else.
func parseTime(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(n).UTC()
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return utcMillis(t)
		}
	}
	return time.Time{}
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
