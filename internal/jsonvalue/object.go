package jsonvalue

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The functions in this file do what encoding/json does, for the objects that tokens consist of:
// texts, whole numbers, booleans and null. encoding/json needs half of the time of a token, because
// it looks at types and sorts a map by reflection. See BenchmarkJWTSession. Everything else is left
// to encoding/json, to which the fuzz tests compare them.

// Member is a member of a JSON object.
type Member struct {
	Name  string
	Value any
}

// AppendObject appends a JSON object to b, as [json.Encoder] writes a map with
// SetEscapeHTML(false). Its members are sorted by name, also in the slice. The error is that of
// encoding/json for a value that is not JSON.
func AppendObject(b []byte, members []Member) ([]byte, error) {
	slices.SortFunc(members, func(x, y Member) int { return strings.Compare(x.Name, y.Name) })
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, m.Name), ':')
		var err error
		if b, err = appendValue(b, m.Value); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return appendString(b, v), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case json.Number:
		if wholeNumber(string(v)) == len(v) && v != "" {
			return append(b, v...), nil
		}
	}
	return appendAny(b, v)
}

// appendString appends a text. Only one of printable ASCII is not left to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			b, _ = appendAny(b, s) // every text is JSON
			return b
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendAny(b []byte, v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), nil
}

// Object returns the members of a JSON object, with [json.Number] for numbers, as encoding/json
// does. It returns false for text that is left to encoding/json: if it is not an object, or if it
// has blanks, escaped characters, numbers with a fraction or exponent, arrays or other objects.
func Object(text []byte) (map[string]any, bool) {
	s := string(text) // the members are parts of it
	if len(s) < 2 || s[0] != '{' || !utf8.ValidString(s) {
		return nil, false
	}
	members := make(map[string]any, strings.Count(s, `":`))
	if s == "{}" {
		return members, true
	}
	for {
		name, rest, ok := cutString(s[1:])
		if !ok || rest == "" || rest[0] != ':' {
			return nil, false
		}
		value, rest, ok := cutValue(rest[1:])
		if !ok || rest == "" || rest[0] != ',' && rest != "}" {
			return nil, false
		}
		members[name] = value
		if s = rest; s[0] == '}' {
			return members, true
		}
	}
}

// cutString cuts a text in quotes off.
func cutString(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[1:i], s[i+1:], true
		case c == '\\' || c < ' ':
			return "", "", false
		}
	}
	return "", "", false
}

// cutValue cuts a value off.
func cutValue(s string) (value any, rest string, ok bool) {
	if text, rest, ok := cutString(s); ok {
		return text, rest, true
	}
	if n := wholeNumber(s); n > 0 {
		return json.Number(s[:n]), s[n:], true
	}
	for _, word := range []Member{{"null", nil}, {"true", true}, {"false", false}} {
		if rest, found := strings.CutPrefix(s, word.Name); found {
			return word.Value, rest, true
		}
	}
	return nil, "", false
}

// wholeNumber returns the length of the whole number without a sign with which s begins, and 0 if
// there is none, or zeros before it (RFC 8259 § 6).
func wholeNumber(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	if n > 1 && s[0] == '0' {
		return 0
	}
	return n
}
