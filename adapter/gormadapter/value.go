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

// textAt is the text in a field of any type that can hold one, given a pointer to it; "" where
// there is none.
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
	return asText(held(field))
}

// timeAt is the moment in a field, given a pointer to it; zero where there is none. The field has
// it in UTC afterwards, because drivers return times in zones of their own.
func timeAt(field any) time.Time {
	switch p := field.(type) {
	case *time.Time:
		*p = moment(*p)
		return *p
	case **time.Time:
		if *p == nil {
			return time.Time{}
		}
		**p = moment(**p)
		return **p
	case *sql.NullTime:
		p.Time = moment(p.Time)
		return p.Time
	}
	t, _ := held(field).(time.Time)
	return moment(t)
}

func moment(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return stored(t)
}

func numberAt(field any) int64 {
	n, _ := held(field).(int64)
	return n
}

func truthAt(field any) bool {
	b, _ := held(field).(bool)
	return b
}

// held is what a field holds, given a pointer to it, as database/sql sends it: nil, int64, float64,
// bool, string, []byte or time.Time.
func held(field any) driver.Value {
	v, err := driver.DefaultParameterConverter.ConvertValue(reflect.ValueOf(field).Elem().Interface())
	if err != nil {
		return nil
	}
	return v
}

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

// stored is a time as it goes into the database and comes out of it: the databases and their
// drivers disagree about anything finer than a millisecond, and about zones.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// newUUID returns a random UUID (RFC 9562 § 5.4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
