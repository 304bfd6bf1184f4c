package jsonvalue_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
)

func TestStringsAndNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value          any
		text, asString string
	}{
		{"text", "text", "text"},
		{"", "", ""},
		{json.Number("9007199254740993"), "9007199254740993", ""},
		{json.Number("1e3"), "1e3", ""},
		{1e15, "1000000000000000", ""},
		{1.5, "1.5", ""},
		{int64(math.MaxInt64), "9223372036854775807", ""},
		{42, "42", ""},
		{nil, "", ""},
		{true, "", ""},
		{[]any{"text"}, "", ""},
		{map[string]any{"text": "text"}, "", ""},
	} {
		if got := jsonvalue.StringOrNumber(tt.value); got != tt.text {
			t.Errorf("StringOrNumber(%v) = %q, want %q", tt.value, got, tt.text)
		}
		if got := jsonvalue.String(tt.value); got != tt.asString {
			t.Errorf("String(%v) = %q, want %q", tt.value, got, tt.asString)
		}
	}
}
