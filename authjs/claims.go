package authjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Claims are the content of a session: what Auth.js puts there and whatever the jwt callback of the
// Node server adds. Claims that were read have [json.Number] for numbers and must not be changed,
// as others may hold the same map; clone it to add something. The methods work on nil too.
type Claims map[string]any

// Subject returns the id of the user (sub), a number as text, and "" when there is none: next-auth
// v4 makes sessions without one for credentials users without id, so an empty Subject names nobody.
func (c Claims) Subject() string {
	switch v := c["sub"].(type) {
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	}
	return c.text("sub")
}

// Name returns the display name of the user, and "" when there is none.
func (c Claims) Name() string { return c.text("name") }

// Email returns the e-mail address of the user, and "" when there is none. Nothing says that it was
// verified; it is no key for a user.
func (c Claims) Email() string { return c.text("email") }

// Picture returns the URL of the user's picture, and "" when there is none.
func (c Claims) Picture() string { return c.text("picture") }

func (c Claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// lastSecond is the end of the year 9999, the last that fits into a date of JSON (RFC 3339).
const lastSecond = 253402300799

// Expires returns when the session ends (exp), to the second and in UTC, and the zero time when it
// does not. Nothing is later than the year 9999.
func (c Claims) Expires() time.Time {
	var at float64
	switch v := c["exp"].(type) {
	case json.Number:
		at, _ = v.Float64()
	case float64:
		at = v
	case int64:
		at = float64(v)
	case int:
		at = float64(v)
	default:
		return time.Time{}
	}
	return time.Unix(int64(max(0, min(at, lastSecond))), 0).UTC()
}

// As returns claims as the application's own type, by its json tags. It returns nil and an error
// when there are none ([ErrNoSession]) and when one has another type than its field; a field
// without a claim stays empty.
func As[T any](c Claims) (*T, error) {
	if c == nil {
		return nil, ErrNoSession
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("authjs: claims as %v: they are not JSON", reflect.TypeFor[T]())
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v T
	if err := d.Decode(&v); err != nil {
		return nil, mismatch(reflect.TypeFor[T](), err)
	}
	return &v, nil
}

// mismatch names the claim but not its value, which the error of a decoder may hold.
func mismatch(t reflect.Type, err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return fmt.Errorf("authjs: claims as %v: claim %s does not fit %v", t, e.Field, e.Type)
	}
	return fmt.Errorf("authjs: claims as %v: they do not fit", t)
}
