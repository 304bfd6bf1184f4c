package gormadapter

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"strconv"
	"time"
)

// nullable returns s for a column that may be NULL: nil for the empty string.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// nullableTime returns t for a column that may be NULL: nil for the zero time.
func nullableTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(utcMillis(t))
}

// textAt returns the text in a field, given a pointer to it. The field may have any type that
// fieldKind allows for texts and IDs. textAt returns "" for a missing value.
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

// timeAt returns the time in a field, given a pointer to it, or the zero time for a missing value.
// It also changes the time in the field to UTC, because the application sees the entity and drivers
// return times in other zones.
func timeAt(field any) time.Time {
	switch p := field.(type) {
	case *time.Time:
		*p = utcMillis(*p)
		return *p
	case **time.Time:
		if *p == nil {
			return time.Time{}
		}
		**p = utcMillis(**p)
		return **p
	case *sql.NullTime:
		p.Time = utcMillis(p.Time)
		return p.Time
	}
	t, _ := columnValue(field).(time.Time)
	return utcMillis(t)
}

// numberAt returns the number in a field, given a pointer to it, or 0 for a missing value.
func numberAt(field any) int64 {
	n, _ := columnValue(field).(int64)
	return n
}

// boolAt returns the boolean in a field, given a pointer to it.
func boolAt(field any) bool {
	b, _ := columnValue(field).(bool)
	return b
}

// columnValue returns what database/sql would send for a field, given a pointer to it: nil, an
// int64, float64, bool, string, []byte or time.Time. It returns nil if database/sql cannot send the
// field's type.
func columnValue(field any) driver.Value {
	v, err := driver.DefaultParameterConverter.ConvertValue(reflect.ValueOf(field).Elem().Interface())
	if err != nil {
		return nil
	}
	return v
}

// asText returns an ID from the database as text, or "" if v cannot be an ID.
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

// utcMillis returns a time as the adapter writes and returns all times: in UTC and truncated to the
// millisecond. Databases and their drivers differ in their zones and in anything finer. The zero
// time stays the zero time.
func utcMillis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
