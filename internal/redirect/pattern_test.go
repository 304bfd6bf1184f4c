package redirect_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/redirect"
)

func TestParseOriginRefuses(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"", "*", "null", "https://", "https://*", "https://*.", "http://*:3000", "*.example.com", "//app.example.com",
		"app.example.com", "ftp://app.example.com", "https:app.example.com", "https:/app.example.com",
		"*://app.example.com", "http*://app.example.com",
		// public suffixes
		"https://*.com", "https://*.example", "https://*.localhost", "https://*.co.uk", "https://*.com.au",
		"https://*.or.jp", "https://*.gov.br", "https://*.vercel.app", "https://*.github.io", "https://*.PAGES.dev",
		"https://*.com:8443",
		// a wildcard is the whole first label
		"https://**.example.com", "https://*.*.example.com", "https://a.*.example.com", "https://app*.example.com",
		"https://*app.example.com", "https://app.example.*", "https://*example.com", "https://a.b*.example.com",
		// an origin has no more
		"https://app.example.com/", "https://app.example.com/app", "https://app.example.com?a",
		"https://app.example.com#a",
		"https://user@app.example.com", "https://user:pass@app.example.com", `https://app.example.com\a`,
		// names and ports that no browser sends
		"https://app..example.com", "https://.example.com", "https://app.example.com.", "https://*.example.com.",
		"https://app example.com", "https://app.example.com ", " https://app.example.com", "https://app.example.com:",
		"https://app.example.com:0", "https://app.example.com:65536", "https://app.example.com:0443",
		"https://app.example.com:*", "https://app.example.com:https", "https://app.example.com:+1",
		"https://app.example.com:-1", "https://bücher.example.com", "https://*.bücher.com",
		"https://\u212a.example.com",
		"https://%61pp.example.com", "https://app.example.com%2f", "https://[::1", "https://::1",
		"https://[::1%25eth0]",
		"https://[0:0:0:0:0:0:0:1]", "https://*.127.0.0.1", "https://*.[::1]", "https://a,b.example.com",
		"https://app.example.com,https://b.example.com", "https://app.example.com\nhttps://b.example.com",
		"https://" + strings.Repeat("a", 64) + ".example.com", "https://" + strings.Repeat("a.", 130) + "example.com",
	} {
		if p, err := redirect.ParseOrigin(raw); err == nil {
			t.Errorf("ParseOrigin(%q) = %+v", raw, p)
		}
	}
}

func TestOriginPattern(t *testing.T) {
	t.Parallel()
	for pattern, rows := range map[string]map[string]bool{
		"https://app.example.com": {
			"https://app.example.com": true, "https://app.example.com:443": true, "HTTPS://APP.example.com": true,
			"http://app.example.com": false, "https://app.example.com:8443": false, "https://example.com": false,
			"https://a.app.example.com": false, "https://app.example.com.": false, "https://xapp.example.com": false,
			"https://app.example.com.evil.example": false, "https://evil.example": false, "null": false, "": false,
			"https://app.example.com@evil.example": false, "https://user@app.example.com": false,
		},
		"HTTPS://App.Example.com:443": {"https://app.example.com": true, "http://app.example.com:443": false},
		"https://app.example.com:80":  {"https://app.example.com:80": true, "https://app.example.com": false},
		"http://localhost:5173": {
			"http://localhost:5173": true, "http://LOCALHOST:5173": true, "https://localhost:5173": false,
			"http://localhost": false, "http://localhost:51730": false, "http://127.0.0.1:5173": false,
			"http://a.localhost:5173": false,
		},
		"http://[::1]:5173":     {"http://[::1]:5173": true, "http://[::1]": false, "http://[::2]:5173": false},
		"http://127.0.0.1:5173": {"http://127.0.0.1:5173": true, "http://127.0.0.2:5173": false},
		"https://*.preview.example.com": {
			"https://pr-1.preview.example.com": true, "https://A.preview.example.com:443": true,
			"https://xn--bcher-kva.preview.example.com": true, "https://preview.example.com": false,
			"https://a.b.preview.example.com": false, "https://.preview.example.com": false,
			"https://*.preview.example.com": false, "https://a-preview.example.com": false,
			"https://evilpreview.example.com": false, "https://a.preview.example.com:8443": false,
			"http://a.preview.example.com": false, "https://a.preview.example.com.evil.example": false,
			"https://a%2eb.preview.example.com": false, "https://a.preview.example.com.": false,
			"https://evil.example/.preview.example.com": false, "https://evil.example#.preview.example.com": false,
			"https://evil.example:.preview.example.com": false, "https://ü.preview.example.com": false,
		},
		"http://*.example.com:3000": {
			"http://a.example.com:3000": true, "http://a.example.com": false, "http://a.example.com:3001": false,
		},
		"https://*.example.co.uk": {"https://a.example.co.uk": true, "https://example.co.uk": false},
	} {
		p, err := redirect.ParseOrigin(pattern)
		if err != nil {
			t.Errorf("ParseOrigin(%q): %v", pattern, err)
			continue
		}
		for raw, want := range rows {
			if got := p.Match(redirect.HeaderOrigin(raw)); got != want {
				t.Errorf("%s matches the header %q: %t, want %t", pattern, raw, got, want)
			}
		}
		if (redirect.OriginPattern{}).Match(redirect.HeaderOrigin("https://app.example.com")) || p.Match(nil) {
			t.Errorf("%s: the zero value or nil matches", pattern)
		}
	}
}

func TestHostPattern(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		pattern, scheme, host string
		want                  bool
	}{
		{"example.com", "https", "example.com", true},
		{"example.com", "http", "EXAMPLE.com:80", true},
		{"example.com", "http", "example.com:443", false},
		{"example.com:443", "https", "example.com", true},
		{"example.com:443", "http", "example.com", false},
		{"example.com:8443", "https", "example.com:8443", true},
		{"example.com:8443", "https", "example.com", false},
		{"*.preview.example.com", "https", "a.preview.example.com", true},
		{"*.preview.example.com", "http", "a.preview.example.com:80", true},
		{"*.preview.example.com", "https", "a.preview.example.com:8443", false},
		{"*.preview.example.com", "https", "a.b.preview.example.com", false},
		{"*.preview.example.com", "https", "preview.example.com", false},
		{"*.preview.example.com", "https", ".preview.example.com", false},
		{"*.preview.example.com", "https", "evil.example/.preview.example.com", false},
		{"*.preview.example.com", "https", "evil.example#.preview.example.com", false},
		{"*.preview.example.com", "https", `evil\.preview.example.com`, false},
		{"*.preview.example.com", "https", "user@a.preview.example.com", false},
		{"*.preview.example.com:8443", "https", "a.preview.example.com:8443", true},
		{"[::1]:3000", "http", "[::1]:3000", true},
		{"localhost", "ftp", "localhost", false},
	} {
		p, err := redirect.ParseHost(tc.pattern)
		if err != nil {
			t.Errorf("ParseHost(%q): %v", tc.pattern, err)
		}
		if got := p.Match(tc.scheme, tc.host); got != tc.want {
			t.Errorf("%s matches %s://%s: %t, want %t", tc.pattern, tc.scheme, tc.host, got, tc.want)
		}
	}
}

func TestInsecure(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"http://app.example.com": true, "http://*.example.com": true, "http://10.0.0.1:3000": true,
		"http://localhost:3000": false, "http://[::1]": false, "http://127.0.0.1": false,
		"https://*.example.com": false,
	} {
		p, err := redirect.ParseOrigin(raw)
		if got := p.Insecure(); got != want || err != nil {
			t.Errorf("%s: %t, %v", raw, got, err)
		}
	}
}

// What matches has the scheme and the port of the pattern, and its name or one label in front of
// its name. Whatever the two texts are, nothing else matches.
func FuzzOriginPattern(f *testing.F) {
	for _, pattern := range []string{
		"https://*.preview.example.com", "http://localhost:5173", "https://[::1]:8443", "https://*.co.uk", "*",
	} {
		for _, header := range []string{
			"https://a.preview.example.com", "http://localhost:5173", "https://[::1]:8443", "null",
			"https://a%2eb.co.uk",
			"https://evil.example/.preview.example.com",
		} {
			f.Add(pattern, header)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, header string) {
		p, err := redirect.ParseOrigin(pattern)
		origin := redirect.HeaderOrigin(header)
		if origin != nil && redirect.HeaderOrigin(origin.String()).String() != origin.String() {
			t.Fatalf("%q is read as %q, and that otherwise", header, origin)
		}
		if !p.Match(origin) {
			return
		}
		if err != nil {
			t.Fatalf("%q matches %q, which is refused: %v", pattern, header, err)
		}
		wild, isWild := strings.CutPrefix(strings.ToLower(pattern), strings.ToLower(origin.Scheme)+"://*.")
		if !isWild {
			want := redirect.HeaderOrigin(pattern)
			if want == nil || want.String() != origin.String() {
				t.Fatalf("%q matches %q", pattern, header)
			}
			return
		}
		want, err := url.Parse(origin.Scheme + "://" + wild)
		if err != nil {
			t.Fatal(err)
		}
		label, domain, _ := strings.Cut(origin.Hostname(), ".")
		if label == "" || domain != want.Hostname() || !strings.Contains(domain, ".") ||
			strings.ContainsAny(label, "*/\\@?#%:") || !redirect.SameOrigin(
			&url.URL{Scheme: origin.Scheme, Host: strings.TrimPrefix(origin.Host, label+".")}, want) {
			t.Fatalf("%q matches %q", pattern, header)
		}
	})
}
