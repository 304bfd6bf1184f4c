package jsonvalue_test

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
)

// FuzzObject checks that Object reads what encoding/json reads, or leaves it to it.
func FuzzObject(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"sub":"1"}`, `{"a":null,"b":true,"c":false,"d":0,"e":1700000000,"":""}`, `{"a":"1","a":2}`,
		`{"a":01}`, `{"a":-1}`, `{"a":1.5}`, `{"a":1e3}`, `{"a":"\n"}`, `{"a":"é"}`, "{\"a\":\"\xff\"}",
		"{\"a\":\"\x01\"}", `{"a" :1}`, `{"a":1} `, `{"a":1}}`, `{"a":1,}`, `{"a":{}}`, `{"a":[]}`,
		`{"a":nul}`, `{"a":truex}`, `{a":1}`, `[]`, `null`, ``, `{`, `{"`, `{"a"`, `{"a":`, `{"a":"`,
		`{"a":"b"`, `{"a":"b",`, `{"a":"b","`, `{"\u0061":1}`, "{\"\u2028\":\"\u2029\"}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := jsonvalue.Object(text)
		if !ok {
			if got != nil {
				t.Error("it has members, and returns false")
			}
			return
		}
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatalf("%q: encoding/json refuses it: %v", text, err)
		}
		if _, err := d.Token(); err != io.EOF {
			t.Fatalf("%q: encoding/json finds more: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, want %#v", text, got, want)
		}
	})
}

// FuzzAppendObject checks that AppendObject writes what encoding/json writes.
func FuzzAppendObject(f *testing.F) {
	f.Add("name", "Ann Example", "sub", "1", int64(1700000000), true)
	f.Add("\"", "\\", "\x7f", "<&>", int64(-1), false)
	f.Add("é\u2028", "\xff", "", "\n", int64(0), false)
	f.Add("a", "b", "b", "-0", int64(0), false)
	f.Add("a", "b", "b", "1.50", int64(0), false)
	f.Add("a", "b", "b", "007", int64(0), false)
	f.Fuzz(func(t *testing.T, name, text, other, number string, n int64, b bool) {
		claims := map[string]any{
			name: text, other: json.Number(number), "n": n, "b": b, "null": nil, "list": []any{text, 1.5},
			"object": map[string]any{name: text}, "int": int(n),
		}
		var members []jsonvalue.Member
		for name, value := range claims {
			members = append(members, jsonvalue.Member{Name: name, Value: value})
		}
		got, gotErr := jsonvalue.AppendObject([]byte("before "), members)
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		wantErr := e.Encode(claims)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("got %v, want %v", gotErr, wantErr)
		}
		if wantErr == nil && string(got)+"\n" != "before "+want.String() {
			t.Errorf("got %s, want %s", got, want.String())
		}
	})
}
