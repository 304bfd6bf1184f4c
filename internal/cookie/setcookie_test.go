package cookie_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
)

var now = time.Date(2026, 11, 22, 13, 26, 40, 561e6, time.FixedZone("CET", 3600))

// written returns the Set-Cookie headers of a jar.
func written(j *cookie.Jar) []string {
	h := http.Header{}
	j.Write(h)
	return h["Set-Cookie"]
}

// compare compares Set-Cookie headers.
func compare(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing: %s", want[i])
		case i >= len(want):
			t.Errorf("too many: %s", got[i])
		case got[i] != want[i]:
			t.Errorf("Set-Cookie %d:\n got %s\nwant %s", i, got[i], want[i])
		}
	}
}

// setAll sets each cookie, with attributes as in use, and returns the Set-Cookie headers.
func setAll(t *testing.T, names cookie.Names) []string {
	t.Helper()
	const life = 15 * time.Minute
	jar := cookie.NewJar(nil, &names)
	if err := jar.SetSession("eyJ.a-b_c", now.Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []cookie.Cookie{
		{Name: names.CallbackURL, Value: "https://app.example/a?b=c d"},
		{Name: names.CSRF, Value: "token|hash"},
		{Name: names.State, Value: "s", MaxAge: 900, Expires: now.Add(life)},
		{Name: names.Mail, Value: "m", MaxAge: 900},
	} {
		if err := jar.Set(c); err != nil {
			t.Fatal(err)
		}
	}
	jar.Clear(names.Session + ".0")
	return written(jar)
}

// rodauth #142: every attribute of every cookie.
func TestSetCookieHeaders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		names cookie.Names
		want  []string
	}{
		{"v5 on http", cookie.NamesV5(false), []string{
			"authjs.session-token=eyJ.a-b_c; Path=/; Expires=Tue, 22 Dec 2026 12:26:40 GMT; HttpOnly; SameSite=Lax",
			"authjs.callback-url=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc%20d; Path=/; HttpOnly; SameSite=Lax",
			"authjs.csrf-token=token%7Chash; Path=/; HttpOnly; SameSite=Lax",
			"authjs.state=s; Max-Age=900; Path=/; Expires=Sun, 22 Nov 2026 12:41:40 GMT; HttpOnly; SameSite=Lax",
			"authjs.mail=m; Max-Age=900; Path=/; HttpOnly; SameSite=Lax",
			"authjs.session-token.0=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
		}},
		{"v5 on https", cookie.NamesV5(true), []string{
			"__Secure-authjs.session-token=eyJ.a-b_c; Path=/; Expires=Tue, 22 Dec 2026 12:26:40 GMT; HttpOnly; " +
				"Secure; SameSite=Lax",
			"__Secure-authjs.callback-url=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc%20d; Path=/; HttpOnly; Secure; " +
				"SameSite=Lax",
			"__Host-authjs.csrf-token=token%7Chash; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-authjs.state=s; Max-Age=900; Path=/; Expires=Sun, 22 Nov 2026 12:41:40 GMT; HttpOnly; " +
				"Secure; SameSite=Lax",
			"__Host-authjs.mail=m; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-authjs.session-token.0=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
		}},
		{"v4 on http", cookie.NamesV4(false), []string{
			"next-auth.session-token=eyJ.a-b_c; Path=/; Expires=Tue, 22 Dec 2026 12:26:40 GMT; HttpOnly; SameSite=Lax",
			"next-auth.callback-url=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc%20d; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.csrf-token=token%7Chash; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.state=s; Max-Age=900; Path=/; Expires=Sun, 22 Nov 2026 12:41:40 GMT; HttpOnly; " +
				"SameSite=Lax",
			"next-auth.mail=m; Max-Age=900; Path=/; HttpOnly; SameSite=Lax",
			"next-auth.session-token.0=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
		}},
		{"v4 on https", cookie.NamesV4(true), []string{
			"__Secure-next-auth.session-token=eyJ.a-b_c; Path=/; Expires=Tue, 22 Dec 2026 12:26:40 GMT; HttpOnly; " +
				"Secure; SameSite=Lax",
			"__Secure-next-auth.callback-url=https%3A%2F%2Fapp.example%2Fa%3Fb%3Dc%20d; Path=/; HttpOnly; Secure; " +
				"SameSite=Lax",
			"__Host-next-auth.csrf-token=token%7Chash; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Host-next-auth.state=s; Max-Age=900; Path=/; Expires=Sun, 22 Nov 2026 12:41:40 GMT; HttpOnly; " +
				"Secure; SameSite=Lax",
			"__Host-next-auth.mail=m; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax",
			"__Secure-next-auth.session-token.0=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			compare(t, setAll(t, tt.names), tt.want)
		})
	}
}

func TestValuesAreEncodedAsComponents(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	jar := cookie.NewJar(nil, &names)
	// First characters that encodeURIComponent does not encode, then those that would end a cookie
	// or a header, then text beyond ASCII.
	if err := jar.Set(cookie.Cookie{Name: "a", Value: "Az09-_.!~*'()" + "\";,\\ \r\n\x00%+=" + "ů🐎"}); err != nil {
		t.Fatal(err)
	}
	compare(t, written(jar), []string{
		"a=Az09-_.!~*'()%22%3B%2C%5C%20%0D%0A%00%25%2B%3D%C5%AF%F0%9F%90%8E; Path=/; HttpOnly; SameSite=Lax",
	})
}

func TestLaterCookieReplacesEarlier(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	jar := cookie.NewJar(nil, &names)
	for _, c := range []cookie.Cookie{
		{Name: "a", Value: "1", MaxAge: 9}, {Name: "b", Value: "2"}, {Name: "a", Value: "3"},
	} {
		if err := jar.Set(c); err != nil {
			t.Fatal(err)
		}
	}
	jar.Clear("b")
	h := http.Header{"Set-Cookie": {"theirs=1"}}
	jar.Write(h)
	jar.Write(h)
	compare(t, h["Set-Cookie"], []string{
		"theirs=1",
		"a=3; Path=/; HttpOnly; SameSite=Lax",
		"b=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
	})
}

func TestCookiesThatCannotBeSet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		cookie cookie.Cookie
		want   error
	}{
		{"4096 bytes", cookie.Cookie{Name: "name", Value: strings.Repeat("x", 4092)}, nil},
		{"4097 bytes", cookie.Cookie{Name: "name", Value: strings.Repeat("x", 4093)}, cookie.ErrTooLong},
		{"4097 bytes once it is encoded", cookie.Cookie{Name: "name", Value: strings.Repeat("x", 4090) + "|"},
			cookie.ErrTooLong},
		{"no name", cookie.Cookie{Value: "x"}, cookie.ErrName},
		{"line break in the name", cookie.Cookie{Name: "a\r\nb"}, cookie.ErrName},
		{"separator in the name", cookie.Cookie{Name: "a;b"}, cookie.ErrName},
		{"equals sign in the name", cookie.Cookie{Name: "a=b"}, cookie.ErrName},
		{"name beyond ASCII", cookie.Cookie{Name: "ů"}, cookie.ErrName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			names := cookie.NamesV5(false)
			jar := cookie.NewJar(nil, &names)
			if err := jar.Set(tt.cookie); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if got := len(written(jar)); tt.want != nil && got != 0 {
				t.Errorf("%d cookies were set", got)
			}
			jar.Clear(tt.cookie.Name)
			if got := len(written(jar)); (got == 0) != errors.Is(tt.want, cookie.ErrName) {
				t.Errorf("%d cookies were cleared", got)
			}
		})
	}
}

// FuzzSet parses the Set-Cookie headers with the standard library.
func FuzzSet(f *testing.F) {
	f.Add("authjs.csrf-token", "token|hash")
	f.Add("a", "\r\nSet-Cookie: b=c; Domain=example")
	f.Add("__Host-a\x00", "ů; Secure")
	f.Fuzz(func(t *testing.T, name, value string) {
		names := cookie.NamesV5(true)
		jar := cookie.NewJar(nil, &names)
		if jar.Set(cookie.Cookie{Name: name, Value: value}) != nil {
			return
		}
		lines := written(jar)
		c, err := http.ParseSetCookie(lines[0])
		if err != nil || len(lines) != 1 {
			t.Fatalf("Set-Cookie %q: %v", lines, err)
		}
		if decoded, err := url.PathUnescape(c.Value); err != nil || c.Name != name || decoded != value {
			t.Errorf("%q=%q became %q", name, value, lines[0])
		}
		if c.Domain != "" || c.Path != "/" || !c.HttpOnly || !c.Secure || len(c.Unparsed) != 0 ||
			slices.Contains([]byte(lines[0]), '\n') {
			t.Errorf("%q=%q changed an attribute: %s", name, value, lines[0])
		}
	})
}
