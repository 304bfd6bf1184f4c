package email_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/email"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	label, local := strings.Repeat("x", 63), strings.Repeat("a", 64)
	long := local + "@" + label + "." + label + "." + strings.Repeat("x", 61) // 254 bytes
	for address, want := range map[string]string{
		"Ann.Example+Tag@Example.COM": "ann.example+tag@example.com",
		" \tann@example.com \t":       "ann@example.com",
		"o'brien@example.com":         "o'brien@example.com",
		"a@localhost":                 "a@localhost",
		"a@xn--bcher-kva.example":     "a@xn--bcher-kva.example",
		long:                          long,

		"": "", "@": "", "a@": "", "@b": "", "a": "", "a@b@c": "", "a b@c": "", "a@b c": "", "a@b,c": "", "a,b@c": "",
		`"a"@b`: "", "a(b)@c": "",
		"<a@b>": "", "a@b\n": "", "a\r\n@b": "", "a\x00@b": "", "a@[1.2.3.4]": "", ".a@b": "", "a.@b": "", "a..a@b": "",
		"a@b.": "", "a@.b": "",
		"a@-b": "", "a@b-": "", "a@b_c": "", "a\uff20b": "", "a@b\uff0ec": "", "\u212a@b": "", "a@\u0130.example": "",
		"\u00e9@b": "", "a@\u00e9": "",
		"a" + long: "", local + "a@b": "", "a@" + label + "x": "", "\u00a0a@b": "", "a@b\u2003": "",
	} {
		got, err := email.Normalize(address)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, email.ErrAddress) {
			t.Errorf("Normalize(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
}

// Auth.js GHSA-7rqj-j65f-68wh and similar faults: an accepted address is exactly one address to
// every parser, and normalizing it again does not change it.
func FuzzNormalize(f *testing.F) {
	for _, s := range []string{
		"ann@example.com", " A+B@C.example ", "a@x,b@y", `"a@x"@y`, "a\uff20x", "a@x@y", "a@x\r\nBcc: b@y", "a@x (b@y)",
		"<a@x>", "\u212a@x", "a@[127.0.0.1]", "a..b@x", "!#$%&'*+-/=?^_`{|}~@x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := email.Normalize(s)
		if err != nil {
			if got != "" {
				t.Fatalf("got %q and an error", got)
			}
			return
		}
		if again, err := email.Normalize(got); err != nil || again != got {
			t.Fatalf("%q becomes %q, which becomes %q, %v", s, got, again, err)
		}
		parsed, err := mail.ParseAddressList(got)
		if err != nil || len(parsed) != 1 || parsed[0].Address != got || parsed[0].Name != "" {
			t.Fatalf("%q becomes %q, which reads as %v, %v", s, got, parsed, err)
		}
		if strings.Count(got, "@") != 1 || len(got) > 254 || strings.ContainsAny(got, " \t\r\n\x00\"(),:;<>[]\\") ||
			got != strings.ToLower(got) {
			t.Fatalf("%q becomes %q", s, got)
		}
		for _, r := range got {
			if r > 0x7e {
				t.Fatalf("%q becomes %q", s, got)
			}
		}
	})
}
