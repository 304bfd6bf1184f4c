package authjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
)

// Claims are the content of a session: the claims of Auth.js and those that the jwt callback of the
// Node server adds.
//
// Claims that were read have [json.Number] for numbers. Do not change them, because other handlers
// of the request may use the same map; change a clone. All methods also work for nil.
type Claims map[string]any

// Subject returns the ID of the user (sub), or "" if there is none. A number is returned in decimal
// digits.
//
// next-auth v4 makes sessions without sub for users of a credentials provider that have no id. So
// never take an empty Subject for a user.
func (c Claims) Subject() string { return jsonvalue.StringOrNumber(c["sub"]) }

// Name returns the display name of the user, or "" if there is none.
func (c Claims) Name() string { return jsonvalue.String(c["name"]) }

// Email returns the e-mail address of the user, or "" if there is none. The address need not be
// verified, so do not identify users by it.
func (c Claims) Email() string { return jsonvalue.String(c["email"]) }

// VerifiedEmail returns the e-mail address of the user if the user has proven it to the server that
// began the session, and "" otherwise. Only Cardea says so (claim verified_email); Auth.js has no
// such claim. If the address in the session was changed afterwards, the new one is not verified.
func (c Claims) VerifiedEmail() string {
	email := c.Email()
	if jsonvalue.String(c["verified_email"]) != email {
		return ""
	}
	return email
}

// Picture returns the URL of the user's picture, or "" if there is none.
func (c Claims) Picture() string { return jsonvalue.String(c["picture"]) }

// lastSecond is the end of the year 9999, the last one that a date in JSON can have (RFC 3339).
const lastSecond = 253402300799

// Expires returns when the session expires (exp), in whole seconds and in UTC. It returns the zero
// time if the claims have no exp or one that is not a number, and the end of the year 9999 for any
// later time.
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

// As converts claims to a type of the application, by its json tags. A field without a claim stays
// empty. For nil claims As returns nil and [ErrNoSession]. If a claim does not have the type of its
// field, As returns nil and an error that names the claim, without its value.
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

// mismatch returns an error that names the claim but not its value, which the decoder's own error
// may contain.
func mismatch(t reflect.Type, err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return fmt.Errorf("authjs: claims as %v: claim %s does not fit %v", t, e.Field, e.Type)
	}
	return fmt.Errorf("authjs: claims as %v: they do not fit", t)
}
