package outbound

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// RFC 8259 § 7 forbids unescaped control characters in strings. WeChat and WeCom copy nicknames,
// cities and messages into their JSON as they are: lanrion/weixin_authorize#52,
// node-webot/co-wechat-api#63, zhayujie/CowAgent#2810.
func TestControlCharactersInValuesAreDropped(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"{\"nickname\":\"\x14an\x00n\x1f\"}":                          "ann",
		"{\"nickname\":\"a\nb\tc\rd\"}":                               "abcd",
		"{\"nickname\":\"\x07\"}":                                     "",
		"{\"nickname\":\"\x07\\\"\\\\\\u00e9\x07\"}":                  `"\é`,
		"{\"nickname\":\"\x07a\x7f\u0085b\"}":                         "a\x7f\u0085b", // which JSON allows
		"{\"nickname\":\"\x07\\u0007\"}":                              "\a",           // which is escaped
		"\n{\t\"nickname\"\r\n:\n\"a\x01b\"\n}\n":                     "ab",
		"{\"a\":[\"\x01\",{\"b\":\"\x02\"}],\"nickname\":\"x\"}":      "x",
		"{\"nickname\":\"" + strings.Repeat("x\x01", 100_000) + "\"}": strings.Repeat("x", 100_000),
	} {
		if got, err := Object([]byte(body)); err != nil || got["nickname"] != want {
			t.Errorf("%.60q: got %.60v, %v, want %.60q", body, got, err, want)
		}
		got, err := Objects([]byte("[" + body + "]"))
		if err != nil || len(got) != 1 || got[0]["nickname"] != want {
			t.Errorf("a list of %.60q: got %.60v, %v", body, got, err)
		}
	}
}

// A control character anywhere else is an error, as is anything else that JSON forbids.
func TestOnlyControlCharactersInValuesAreDropped(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"in a name":                           "{\"na\x01me\":\"x\"}",
		"in a name, before white space":       "{\"name\x01\" \n:\"x\"}",
		"behind a backslash":                  "{\"name\":\"x\\\x01\"}",
		"behind a backslash, before a quote":  "{\"name\":\"x\\\x01\"\"}",
		"in the digits of an escape sequence": "{\"name\":\"\\u00\x0141\"}",
		"between two members":                 "{\"name\":\"x\",\x01\"b\":1}",
		"behind the object":                   "{\"name\":\"\x01\"}\x01",
		"in a number":                         "{\"name\":\"\x01\",\"b\":1\x012}",
		"and an unknown escape sequence":      "{\"name\":\"\x01\\x\"}",
		"and a missing quote":                 "{\"name\":\"\x01}",
		"and a missing brace":                 "{\"name\":\"\x01\"",
		"and a second object":                 "{\"name\":\"\x01\"}{}",
		"and a comma too many":                "{\"name\":\"\x01\",}",
		"and single quotes":                   "{'name':\"\x01\"}",
		"in HTML":                             "<html>\x01\"\x01\"",
	} {
		if got, err := Object([]byte(body)); err == nil || got != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// FuzzDecode: a body that JSON allows means what it meant; one that is accepted besides means what
// it means without its control characters.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"{\"a\":\"\x01\"}", "{\"a\\\x01\":1}", "[\"\\u\x0000e9\"]", `{"a":[1,2e3,"\""]}`, "1\n2", "\"\x01\":", "",
		"[\"\\\\\x01\"]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, strict, without any
		err := Decode(body, &got)
		if decodeOne(body, &strict) == nil && (err != nil || !reflect.DeepEqual(got, strict)) {
			t.Fatalf("%q: got %v, %v, want %v", body, got, err, strict)
		}
		if err != nil || strict != nil {
			return
		}
		clean := slices.DeleteFunc(bytes.Clone(body), func(b byte) bool { return b < ' ' })
		if err := decodeOne(clean, &without); err != nil || !reflect.DeepEqual(got, without) {
			t.Errorf("%q: got %v, want %v, %v", body, got, without, err)
		}
	})
}

// The second reading of a body costs nothing if there is none.
func BenchmarkObject(b *testing.B) {
	member := `"name":"` + strings.Repeat("Ann Example ", 100) + `"`
	for name, body := range map[string]string{
		"normal": "{" + member + "}", "control": "{" + member + ",\"nickname\":\"\x01\"}",
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := Object([]byte(body)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
