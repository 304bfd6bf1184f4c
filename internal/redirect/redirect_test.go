package redirect_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/redirect"
)

func parse(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// hostile has values that must not lead away from http://app. oauth2-proxy GHSA-qqxw-m5fj-f7gv,
// GHSA-j7px-6hwj-hpjg, GHSA-5m6c-jp6f-2vcv and CVE-2021-21291, of NextAuth CVE-2022-24858,
// CVE-2022-29214 and CVE-2022-31093, Pocket ID CVE-2026-28512, and URLs that browsers read in
// surprising ways.
var hostile = []string{
	// Scheme-relative, with all variants of a slash.
	"//e", "///e", "////e", `/\e`, `\/e`, `\\e`, `\e`, `/\/e`, `//\e`, "/ /e", "/\t/e", "/\n/e", "/\r\n/e", "\t//e",
	" //e", "//e ", "/\x00/e", "/\x0b/e",
	// Encoded once, so that decoding makes them scheme-relative.
	"/%09/e", "/%0a/e", "/%0d%0a/e", "/%20/e", "/%00/e", "/%2f/e", "/%2Fe", "%2f%2fe", "/%5ce", "/%5C%5Ce", "/%c2%85/e",
	"/%e3%80%80/e",
	// Dot segments that leave a double slash at the front.
	"/..//e", "/.//e", "/./e", "/a/..//e", "/a/../..//e", "/%2e//e", "/%2e%2e//e", "/.%2E//e", "/..", "/.",
	"/a/.. /e",
	// Schemes.
	"http:e", "https:e", "http:/e", "http:///e", "https://e", "http:\\\\e", "HTTP://e", "ftp://app/", "ws://app/",
	"javascript:alert(1)",
	"javascript://app/%0aalert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
	"data:text/html,<script>1</script>",
	"vbscript:x", "blob:http://app/1", "file:///etc/passwd", "view-source:http://app", "://app", "http//app", "://",
	":", "mailto:a@app",
	// Userinfo.
	"http://app@e", "http://app:80@e", "http://app%40e", "http://e@app", "http://:@app", "http://@app",
	"http://app\\@e", "http://e\\@app", "http://e#@app",
	"http://e?@app", "http://e/@app", "http://app;@e",
	// Suffix, prefix, port.
	"http://app.e", "http://eapp", "http://e.app", "http://app-e", "http://app.", "http://ap", "http://app:81",
	"http://app:080", "http://app:e", "http://app:80:80",
	"http://app:65616", "https://app", "https://app:80", "http://", "http://:80", "http:// app", "http://app /",
	"http://app%00.e", "http://app%2ee", "http://app%09",
	// Characters that browsers map to others.
	"http://ａｐｐ", "http://app。e", "http://app．e", "http://app｡e", "http://aρρ", "http://app\u200b", "http://app\u00ad",
	"／／e", "/／e", "/\u2028/e", "\ufeff//e",
	"http://app\u2100", "http://a\u2488com", "http://app⁄@e",
	// Addresses.
	"http://[::1]", "http://[::ffff:127.0.0.1]", "http://[app]", "http://[app", "http://app]", "http://[::1%25app]",
	"http://127.0.0.1", "http://2130706433",
	// Empty, too long, relative, not encoded.
	"", " ", "\t", "e", "app", "www.app", "dashboard", "./dashboard", "?a=b", "#a", "%", "/%", "/%zz", "/%2",
	"\xff", "/\xc0\xaf", "/" + strings.Repeat("a", redirect.MaxLength),
	"/a\r\nSet-Cookie: a=b", "/a\r\n\r\n<script>", "/\u0085e",
}

func TestHostileTargetsEndAtTheBase(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"http://app", "http://app/shop/"} {
		for _, raw := range hostile {
			if got := redirect.Target(raw, parse(t, base)); got != base {
				t.Errorf("Target(%q) = %q, want %q", raw, got, base)
			}
		}
	}
}

func TestTargetsWithinTheApplication(t *testing.T) {
	t.Parallel()
	tests := []struct{ raw, base, want string }{
		{"/", "https://app.example", "https://app.example/"},
		{"/dashboard", "https://app.example", "https://app.example/dashboard"},
		{"/dashboard/", "https://app.example", "https://app.example/dashboard/"},
		{"/dashboard", "https://app.example/auth", "https://app.example/dashboard"},
		{"/a?next=//evil.example&b=%09#//c", "https://app.example",
			"https://app.example/a?next=//evil.example&b=%09#//c"},
		{"/my%20file/k%C5%AF%C5%88", "https://app.example", "https://app.example/my%20file/k%C5%AF%C5%88"},
		{"/repos/a%2Fb", "https://app.example", "https://app.example/repos/a%2Fb"},
		{"/@evil.example", "https://app.example", "https://app.example/@evil.example"},
		{"/.well-known/..a/b..", "https://app.example", "https://app.example/.well-known/..a/b.."},
		{"/https://app.example", "https://app.example", "https://app.example/https://app.example"},

		{"https://app.example", "https://app.example", "https://app.example"},
		{"https://app.example/x?y#z", "https://app.example", "https://app.example/x?y#z"},
		{"https://app.example?y=https://evil.example", "https://app.example",
			"https://app.example?y=https://evil.example"},
		{"https://app.example#@evil.example", "https://app.example", "https://app.example#@evil.example"},
		{"HTTPS://App.Example/X", "https://app.example", "https://app.example/X"},
		{"https://app.example:443/x", "https://app.example", "https://app.example/x"},
		{"https://app.example:/x", "https://app.example", "https://app.example/x"},
		{"https://app.example/x", "https://app.example:443", "https://app.example:443/x"},
		{"https://app.example", "https://app.example/shop/", "https://app.example"},
		{"https://app.example//evil", "https://app.example", "https://app.example/evil"},
		{"https://app.example/a//b-c_d~1", "https://app.example", "https://app.example/a//b-c_d~1"},
		{"https://app.example.evil/x", "https://app.example", "https://app.example"},
		{"https://app.example/./x", "https://app.example", "https://app.example"},
		{"https://app.example/a b", "https://app.example", "https://app.example/a%20b"},
		{"http://localhost:3000/x", "http://localhost:3000", "http://localhost:3000/x"},
		{"http://[::1]:3000/x", "http://[::1]:3000", "http://[::1]:3000/x"},
	}
	for _, tt := range tests {
		if got := redirect.Target(tt.raw, parse(t, tt.base)); got != tt.want {
			t.Errorf("Target(%q, %s) = %q, want %q", tt.raw, tt.base, got, tt.want)
		}
	}
}

func TestBaseWithoutAnOrigin(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://bücher.example", "ftp://app.example", "https://", "/app", "https:app"} {
		if got, want := redirect.Target("/x", parse(t, base)), parse(t, base).String(); got != want {
			t.Errorf("Target(/x, %s) = %q, want %q", base, got, want)
		}
	}
}

func TestLongestTarget(t *testing.T) {
	t.Parallel()
	base := parse(t, "http://app")
	longest := "http://app/" + strings.Repeat("a", redirect.MaxLength-len("http://app/"))
	for _, raw := range []string{longest, strings.TrimPrefix(longest, "http://app")} {
		if got := redirect.Target(raw, base); got != longest {
			t.Errorf("a target of %d bytes was refused", len(longest))
		}
		if got := redirect.Target(raw+"a", base); got != "http://app" {
			t.Errorf("a target of %d bytes was accepted", len(longest)+1)
		}
	}
	spelledLonger := strings.Replace(longest, "http://app/", "http://app:80/", 1)
	if got := redirect.Target(spelledLonger, base); got != longest {
		t.Errorf("a value of %d bytes for a target of %d was refused", len(spelledLonger), len(longest))
	}
}

// FuzzTarget parses each result as browsers do and as Go does. Also NextAuth
// CVE-2022-31093: Target always returns.
func FuzzTarget(f *testing.F) {
	for _, raw := range hostile {
		f.Add(raw)
	}
	f.Add("/a?b#c")
	f.Add("http://app:80/a?b#c")
	f.Add("/" + strings.Repeat("a", redirect.MaxLength-1))
	base := parse(f, "http://app")
	f.Fuzz(func(t *testing.T, raw string) {
		got := redirect.Target(raw, base)
		u, err := url.Parse(got)
		if err != nil || !redirect.SameOrigin(u, base) {
			t.Fatalf("Target(%q) = %q leaves the origin", raw, got)
		}
		if authority := browserAuthority(got); authority != "app" {
			t.Fatalf("Target(%q) = %q, where a browser goes to %q", raw, got, authority)
		}
		if path := strings.TrimPrefix(got, "http://app"); browserAuthority(path) != "" {
			t.Fatalf("Target(%q) = %q, whose path alone leads away", raw, got)
		}
		if again := redirect.Target(got, base); again != got {
			t.Fatalf("Target(%q) = %q, and once more %q", raw, got, again)
		}
	})
}

// browserAuthority returns the userinfo, host and port that a browser on an http page finds in s,
// or "" if s stays on the page's host. It has the steps of the URL Standard's basic parser for
// special schemes, up to the end of the authority.
func browserAuthority(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	s, _, _ = strings.Cut(s, "#")
	s, _, _ = strings.Cut(s, "?")
	s = strings.ReplaceAll(s, `\`, "/")
	scheme, rest, found := strings.Cut(s, ":")
	if !found || strings.Contains(scheme, "/") {
		if !strings.HasPrefix(s, "//") {
			return ""
		}
		rest = s
	}
	authority, _, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	return authority
}
