package redact

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Object returns a copy of a JSON object in which the values of secret members (see [IsName]) are
// [Hidden], at any depth.
func Object(o map[string]any) map[string]any {
	if o == nil {
		return nil
	}
	clean := make(map[string]any, len(o))
	for name, v := range o {
		if v != nil && v != "" && IsName(name) {
			clean[name] = Hidden
		} else {
			clean[name] = member(v)
		}
	}
	return clean
}

// member returns a value of an object without the secrets in it. What is an object or a list in
// JSON is one here, whatever its type in Go: hooks of the application put other types into claims
// than package encoding/json does.
func member(v any) any {
	if raw, ok := v.(json.RawMessage); ok {
		if json.Unmarshal(raw, &v) != nil {
			return Hidden
		}
		return member(v)
	}
	r := reflect.ValueOf(v)
	switch {
	case v == nil:
	case r.Kind() == reflect.Map && r.Type().Key().Kind() == reflect.String && !r.IsNil():
		o := make(map[string]any, r.Len())
		for name, v := range r.Seq2() {
			o[name.String()] = v.Interface()
		}
		return Object(o)
	case r.Kind() == reflect.Slice && r.Type().Elem().Kind() != reflect.Uint8 && !r.IsNil():
		clean := make([]any, r.Len())
		for i := range clean {
			clean[i] = member(r.Index(i).Interface())
		}
		return clean
	}
	return v
}

// secretWords are what the names of secrets contain, in lower case and without separators.
var secretWords = []string{
	"token", "secret", "password", "passwd", "passphrase", "passcode", "apikey", "privatekey", "sessionkey",
	"accesskey", "signingkey", "encryptionkey", "verifier", "cookie", "credential", "authorization", "assertion",
	"bearer", "jwt", "dsn",
}

// harmlessEndings are how the names of properties of a secret end, such as token_type.
var harmlessEndings = []string{
	"type", "expires", "expiresat", "expiresin", "expiry", "exp", "iat", "endpoint", "verified", "status",
}

// IsName reports whether a value with that name is probably a secret: access_token, clientSecret,
// X-Api-Key. Upper and lower case and the separators of words do not matter.
func IsName(name string) bool {
	name = strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
	for _, ending := range harmlessEndings {
		if strings.HasSuffix(name, ending) {
			return false
		}
	}
	if name == "code" || name == "pin" || name == "otp" || name == "key" || name == "pwd" {
		return true
	}
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
