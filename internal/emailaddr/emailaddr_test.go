package emailaddr_test

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/emailaddr"
)

func TestClean(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 242) + "@example.com"
	for given, want := range map[string]string{
		"ada@example.com":          "ada@example.com",
		" Ada@Example.COM\n":       "ada@example.com",
		"ada+tag@example.com":      "ada+tag@example.com",
		"jürgen@exämple.de":        "jürgen@exämple.de",
		"\u212Aelvin@example.com":  "\u212Aelvin@example.com", // the Kelvin sign is not k
		"\u0130@example.com":       "\u0130@example.com",      // a dotted capital I is not i
		long:                       long,
		"a" + long:                 "",
		"":                         "",
		"ada":                      "",
		"@example.com":             "",
		"ada@":                     "",
		"ada@example@com":          "",
		"ada @example.com":         "",
		"ada@exam\x00ple.com":      "",
		"ada@example.com\x7f":      "",
		"ada@example.com,b@c.d":    "",
		"ada@example.com;b":        "",
		"Ada <ada@example.com>":    "",
		`"ada"@example.com`:        "",
		"ada(comment)@example.com": "",
		"pending:ada@example.com":  "",
		"ada@[IPv6:2001:db8::1]":   "ada@[ipv6:2001:db8::1]",
	} {
		if got := emailaddr.Clean(given); got != want {
			t.Errorf("Clean(%q) = %q, want %q", given, got, want)
		}
		if want != "" && emailaddr.Clean(want) != want {
			t.Errorf("Clean(%q) changes its own result", given)
		}
	}
}

func TestLowerASCII(t *testing.T) {
	t.Parallel()
	if got := strings.Map(emailaddr.LowerASCII, "@AZ[`az{ÄK\u212A\u0130"); got != "@az[`az{Äk\u212A\u0130" {
		t.Errorf("got %q", got)
	}
}
