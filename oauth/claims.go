package oauth

import (
	"strconv"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
)

// Claims is a JSON object from outside: the profile of a person, or the content of a JWT session.
// In an object that this module has decoded, numbers are of type [encoding/json.Number]. A nil
// Claims is an empty object. Claims is a map, so it must not be changed while another goroutine
// reads it.
//
// The methods take a path, which leads through nested objects: c.String("a", "b") reads member b of
// the object in member a. In a list the name is the index of an element, from "0". An empty path is
// c itself.
type Claims map[string]any

// String returns the string or the number at a path as a string, and "" if there is none.
func (c Claims) String(path ...string) string { return jsonvalue.StringOrNumber(c.at(path)) }

// True reports whether the value at a path is the boolean true. The string "true" is not.
func (c Claims) True(path ...string) bool {
	v, _ := c.at(path).(bool)
	return v
}

// Object returns the object at a path, and nil if there is none.
func (c Claims) Object(path ...string) Claims {
	v, _ := c.at(path).(map[string]any)
	return v
}

// List returns the objects of the list at a path, without its elements of other types, and nil if
// there is no list.
func (c Claims) List(path ...string) []Claims {
	v, _ := c.at(path).([]any)
	var list []Claims
	for _, e := range v {
		if object, ok := e.(map[string]any); ok {
			list = append(list, object)
		}
	}
	return list
}

// Strings returns the strings and numbers of the list at a path, without its elements of other
// types, and nil if there is no list.
func (c Claims) Strings(path ...string) []string {
	v, _ := c.at(path).([]any)
	var list []string
	for _, e := range v {
		if s := jsonvalue.StringOrNumber(e); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// at returns the value at a path, and nil if there is none.
func (c Claims) at(path []string) any {
	var v any = map[string]any(c)
	for _, name := range path {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}
