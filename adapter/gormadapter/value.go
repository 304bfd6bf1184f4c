package gormadapter

import (
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// optional returns the value of a column that may be NULL: nil for the empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// optionalTime is optional for a time, in the precision that the database keeps.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(stored(t))
}

// textAt returns the text in a field of any type that can hold one, given a pointer to the field.
// It returns "" if there is none.
func textAt(field any) string {
	switch p := field.(type) {
	case *string:
		return *p
	case **string:
		if *p == nil {
			return ""
		}
		return **p
	case *sql.NullString:
		return p.String
	case *int64:
		return strconv.FormatInt(*p, 10)
	}
	return asText(columnValue(field))
}

// timeAt returns the time in a field, given a pointer to the field, or the zero time if there is
// none. It also sets the field to that time in UTC, because drivers return times in other zones.
func timeAt(field any) time.Time {
	switch p := field.(type) {
	case *time.Time:
		*p = utc(*p)
		return *p
	case **time.Time:
		if *p == nil {
			return time.Time{}
		}
		**p = utc(**p)
		return **p
	case *sql.NullTime:
		p.Time = utc(p.Time)
		return p.Time
	}
	t, _ := columnValue(field).(time.Time)
	return utc(t)
}

// utc is stored, but keeps the zero time.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return stored(t)
}

// numberAt returns the number in a field, given a pointer to the field, or 0.
func numberAt(field any) int64 {
	n, _ := columnValue(field).(int64)
	return n
}

// boolAt returns the truth value in a field, given a pointer to the field, or false.
func boolAt(field any) bool {
	b, _ := columnValue(field).(bool)
	return b
}

// columnValue returns what a field holds, given a pointer to the field, as database/sql sends it:
// nil, int64, float64, bool, string, []byte or time.Time. It returns nil if the field cannot be
// sent.
func columnValue(field any) driver.Value {
	v, err := driver.DefaultParameterConverter.ConvertValue(reflect.ValueOf(field).Elem().Interface())
	if err != nil {
		return nil
	}
	return v
}

// asText returns the text of an ID from a column, or "".
func asText(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// stored returns a time as it is written to the database and read from it: in UTC and milliseconds.
// The databases and their drivers disagree about zones, and about anything finer than that.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// newUUID returns a random UUID (RFC 9562 § 5.4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
