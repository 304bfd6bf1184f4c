package cardea

import (
	"encoding/json"
	"strconv"
)

// Claims is a JSON object from outside: a profile, or the content of a JWT session. Numbers are json.Number when it was read.
type Claims map[string]any

// String returns the text or the number at a path of member names, as text, and "" when there is none.
func (c Claims) String(path ...string) string {
	switch v := c.at(path).(type) {
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

func (c Claims) at(path []string) any {
	var v any = map[string]any(c)
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}
