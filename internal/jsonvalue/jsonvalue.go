// Package jsonvalue reads values of decoded JSON whose type the sender may have chosen differently
// than expected.
package jsonvalue

import (
	"encoding/json"
	"strconv"
)

// String returns v if it is a string, and "" otherwise.
func String(v any) string {
	s, _ := v.(string)
	return s
}

// StringOrNumber returns v if it is a string, and a number in decimal digits: a [json.Number] as it
// was written, a float64, int64 or int without an exponent. Anything else is "".
func StringOrNumber(v any) string {
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
