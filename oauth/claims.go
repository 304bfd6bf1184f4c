package oauth

import (
	"encoding/json"
	"strconv"
)

// Claims is a JSON object from outside: a profile, or the content of a JWT session. Numbers are
// json.Number when it was read.
//
// Its methods take a path: names of members, each in the object that the one before leads to. In a
// list a name is a position, "0" the first.
type Claims map[string]any

// String returns the text or the number at a path, as text, and "" when there is none.
func (c Claims) String(path ...string) string { return asText(c.at(path)) }

func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

// True reports whether the value at a path is the boolean true; the text "true" is not.
func (c Claims) True(path ...string) bool {
	v, _ := c.at(path).(bool)
	return v
}

// Object returns the object at a path, nil when there is none. Nil has the methods of an empty one.
func (c Claims) Object(path ...string) Claims {
	v, _ := c.at(path).(map[string]any)
	return v
}

// List returns the objects of the list at a path, without its elements of other kinds; nil when
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

// Strings returns the texts and numbers of the list at a path, without its elements of other kinds;
// nil when there is no list.
func (c Claims) Strings(path ...string) []string {
	v, _ := c.at(path).([]any)
	var list []string
	for _, e := range v {
		if s := asText(e); s != "" {
			list = append(list, s)
		}
	}
	return list
}

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
