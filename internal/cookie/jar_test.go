package cookie_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/cookie"
)

// jarOf returns the jar of a request with these Cookie headers.
func jarOf(names *cookie.Names, lines ...string) *cookie.Jar {
	return cookie.NewJar(http.Header{"Cookie": lines}, names)
}

func TestGet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"nothing", nil, ""},
		{"other cookies only", []string{"b=1; aa=2; A=3"}, ""},
		{"among others", []string{"b=1; a=2; c=3"}, "2"},
		{"first of several", []string{"a=1; a=2", "a=3"}, "1"},
		{"second line", []string{"b=1", "a=2"}, "2"},
		{"no space between", []string{"b=1;a=2;c=3"}, "2"},
		{"spaces and tabs around", []string{"b=1;\t a \t=  2\t ; c"}, "2"},
		{"equals sign in the value", []string{"a=b=c="}, "b=c="},
		{"empty", []string{"a=; b=1"}, ""},
		{"no equals sign", []string{"a; b=1"}, ""},
		{"empty pairs", []string{";; ;a=1;;"}, "1"},
		{"encoded", []string{"a=token%7Chash%20%C5%AF+"}, "token|hash ů+"},
		{"badly encoded", []string{"a=100%"}, "100%"},
		{"half an escape", []string{"a=%7C%2"}, "%7C%2"},
		{"not UTF-8 when decoded", []string{"a=%7C%ff"}, "%7C%ff"},
		{"without a name", []string{"=a=1"}, ""},
		{"as the value of a nameless cookie", []string{"=a=1; b=a=2"}, ""},
		{"quotes are part of the value", []string{`a="1"`}, `"1"`},
		{"line without a cookie", []string{"", "a=1"}, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			names := cookie.NamesV5(false)
			if got := jarOf(&names, tt.lines...).Get("a"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Browsers allow a page on http to set a cookie whose name has another character before the prefix.
func TestUnicodeSpaceDoesNotMakeAPrefix(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(true)
	for _, space := range []string{"\u2000", "\u00a0", "\u0085", "\v", "\f"} {
		if got := jarOf(&names, space+names.CSRF+"=evil").Get(names.CSRF); got != "" {
			t.Errorf("%q before the name: got %q", space, got)
		}
	}
}

func TestWithPrefix(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	jar := jarOf(&names, "authjs.state.b=1; x.authjs.state.c=2; authjs.state.a=3; authjs.state.b=4; authjs.stat=5; "+
		"authjs.state.ů=6", "authjs.state.c=7")
	want := []string{"authjs.state.b", "authjs.state.a", "authjs.state.c"}
	if got := jar.WithPrefix("authjs.state."); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := jar.WithPrefix("authjs.nonce."); got != nil {
		t.Errorf("got %q, want none", got)
	}
}

func TestWithPrefixIsLimited(t *testing.T) {
	t.Parallel()
	var header strings.Builder
	for n := range 500 {
		header.WriteString("authjs.state." + strconv.Itoa(n) + "=1; ")
	}
	names := cookie.NamesV5(false)
	if got := len(jarOf(&names, header.String()).WithPrefix("authjs.state.")); got != 100 {
		t.Errorf("got %d names, want 100", got)
	}
}

// fiber CVE-2026-25899: the work that a request can cause is limited.
func TestTooManyBytesOfCookiesAreIgnored(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	const session = "authjs.session-token=1; a=2; "
	filler := strings.Repeat("x", 100<<10-len(session))
	if jar := jarOf(&names, session, filler); jar.Session() != "1" || jar.Get("a") != "2" {
		t.Error("100 kB were refused")
	}
	if jar := jarOf(&names, session, filler+"x"); jar.Session() != "" || jar.Get("a") != "" ||
		jar.WithPrefix("a") != nil {
		t.Error("more than 100 kB were read")
	}
}

// FuzzParse checks that a jar returns only parts of the request, whatever it has, and clears no
// cookies but those of the session.
func FuzzParse(f *testing.F) {
	f.Add("authjs.session-token=a; authjs.csrf-token=token%7Chash")
	f.Add("authjs.session-token.1=b; authjs.session-token.0=a; authjs.session-tokenX=c; authjs.session-token.2")
	f.Add("authjs.session-token.00=a; authjs.session-token.-1=b; authjs.session-token.99999999999999999999=c")
	f.Add(";=;;a=%;%=a; \t=\t")
	names := cookie.NamesV5(false)
	f.Fuzz(func(t *testing.T, line string) {
		jar := jarOf(&names, line)
		if got := jar.Session(); len(got) > len(line) {
			t.Fatalf("session %q from %q", got, line)
		}
		for _, name := range jar.WithPrefix("") {
			if !strings.Contains(line, name) || len(jar.Get(name)) > len(line) {
				t.Fatalf("cookie %q from %q", name, line)
			}
		}
		jar.ClearSession()
		for _, header := range written(jar) {
			c, err := http.ParseSetCookie(header)
			if err != nil || !strings.HasPrefix(c.Name, names.Session) || c.MaxAge != -1 || c.Value != "" {
				t.Fatalf("%q made %q", line, header)
			}
		}
	})
}

// requestLine is the Cookie header of a browser, with a few cookies of the application itself.
const requestLine = "theme=dark; _ga=GA1.1.1234567890.1234567890; lang=cs; authjs.csrf-token=" +
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef%7C" +
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef; " +
	"authjs.callback-url=http%3A%2F%2Flocalhost%3A3000; authjs.session-token=0f0e9a52-6d1e-4d61-8a1e-5f4b2c1d8a0e"

func BenchmarkSession(b *testing.B) {
	names := cookie.NamesV5(false)
	h := http.Header{"Cookie": {requestLine}}
	b.ReportAllocs()
	for b.Loop() {
		if cookie.NewJar(h, &names).Session() == "" {
			b.Fatal("no session")
		}
	}
}

func BenchmarkSessionAndRenew(b *testing.B) {
	names := cookie.NamesV5(false)
	h := http.Header{"Cookie": {requestLine}}
	b.ReportAllocs()
	for b.Loop() {
		jar := cookie.NewJar(h, &names)
		if err := jar.SetSession(jar.Session(), now); err != nil {
			b.Fatal(err)
		}
		jar.Write(http.Header{})
	}
}

// What the browser will send counts: a cookie that the response sets or removes with its new value,
// and other sites' cookies not at all.
func TestSize(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	jar := jarOf(&names, "theme=dark; authjs.session-token=12345; authjs.session-token.0=1; authjs.state.a=12; "+
		"authjs.state.b=1; authjs.csrf-token=1; authjs.csrf-tokenX=1; authjs.state=1; authjs.mail=1")
	const session = len("authjs.session-token=12345; authjs.session-token.0=1; ")
	const others = len("authjs.state.a=12; authjs.state.b=1; authjs.csrf-token=1; authjs.mail=1; ")
	if s, o := jar.Size(); s != session || o != others {
		t.Errorf("got %d and %d, want %d and %d", s, o, session, others)
	}
	jar.Clear("authjs.state.a")
	if err := jar.Set(cookie.Cookie{Name: "authjs.mail", Value: "|"}); err != nil {
		t.Fatal(err)
	}
	if err := jar.Set(cookie.Cookie{Name: "authjs.callback-url", Value: "/"}); err != nil {
		t.Fatal(err)
	}
	want := len("authjs.state.b=1; authjs.csrf-token=1; authjs.mail=%7C; authjs.callback-url=%2F; ")
	if _, o := jar.Size(); o != want {
		t.Errorf("after the response: got %d, want %d", o, want)
	}
}

// The cookies of a response that is not sent yet count before those of the request, but only those
// that the browser sends to the whole host. What the application sets stays as it is.
func TestAnswered(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(false)
	for _, tt := range []struct {
		name, request string
		response      []string
		session, csrf string
	}{
		{"nothing", "authjs.session-token=1; authjs.csrf-token=2", nil, "1", "2"},
		{"set", "authjs.csrf-token=2", []string{"authjs.session-token=3; Path=/"}, "3", "2"},
		{"replaced", "authjs.session-token=1; authjs.csrf-token=2",
			[]string{"authjs.csrf-token=3%7C; Path=/"}, "1", "3|"},
		{"cleared", "authjs.session-token=1", []string{"authjs.session-token=; Max-Age=0; Path=/"}, "", ""},
		{"cleared and set", "authjs.session-token=1",
			[]string{"authjs.session-token=; Max-Age=0; Path=/", "authjs.session-token=4; Path=/"}, "4", ""},
		{"set and cleared", "",
			[]string{"authjs.session-token=4; Path=/", "authjs.session-token=; Max-Age=0; Path=/"}, "", ""},
		{"chunks instead", "authjs.session-token=1", []string{"authjs.session-token=; Max-Age=0; Path=/",
			"authjs.session-token.0=a; Path=/", "authjs.session-token.1=b; Path=/"}, "ab", ""},
		{"cleared at another place", "authjs.session-token=1",
			[]string{"authjs.session-token=; Max-Age=0; Path=/api"}, "1", ""},
		{"of the application", "authjs.session-token=1", []string{"theme=dark; Path=/", "x", ""}, "1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			jar := jarOf(&names, tt.request)
			jar.Answered(http.Header{"Set-Cookie": tt.response})
			if got := jar.Session(); got != tt.session {
				t.Errorf("session %q, want %q", got, tt.session)
			}
			if got := jar.Get("authjs.csrf-token"); got != tt.csrf {
				t.Errorf("token %q, want %q", got, tt.csrf)
			}
		})
	}
}

// RFC 6265 § 4.1.1: a response sets a cookie once. Other cookies, and those of the same name at
// another place, stay.
func TestWriteReplaces(t *testing.T) {
	t.Parallel()
	names := cookie.NamesV5(true)
	h := http.Header{"Set-Cookie": {
		"theme=dark; Path=/", "__Secure-authjs.session-token=1; Path=/",
		"__Secure-authjs.session-token=; Path=/api; Max-Age=0",
		"__Secure-authjs.session-token=2; Path=/; Domain=example.com",
	}}
	jar := jarOf(&names)
	if err := jar.SetSession("new", now); err != nil {
		t.Fatal(err)
	}
	jar.Write(h)
	got := h["Set-Cookie"]
	want := []string{"theme=dark", "__Secure-authjs.session-token=; Path=/api",
		"__Secure-authjs.session-token=2; Path=/; Domain", "__Secure-authjs.session-token=new; Path=/"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}
