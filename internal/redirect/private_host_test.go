package redirect_test

import (
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea/internal/redirect"
)

func TestIsPrivateHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "a.localhost": true, "nas": true, "nas.local": true,
		"x.y.test": true, "a.home.arpa": true, "127.0.0.1": true, "10.0.0.1": true, "192.168.1.1": true,
		"172.31.255.255": true, "169.254.1.1": true, "100.64.0.1": true, "0.0.0.0": true, "::1": true, "fd00::1": true,
		"fe80::1": true, "::ffff:10.0.0.1": true,

		"example.com": false, "local.example.com": false, "localhost.com": false, "test.de": false, "arpa.com": false,
		"xhome.arpa": false, "172.32.0.1": false, "100.128.0.1": false, "203.0.113.7": false, "2001:db8::1": false,
		"::ffff:203.0.113.7": false, "a.zip": false,
	} {
		if got := redirect.IsPrivateHost(host); got != want {
			t.Errorf("IsPrivateHost(%q) = %v", host, got)
		}
	}
}

// What is not certain is not another site: below co.uk, the last two labels are shared by
// strangers.
func TestIsOtherSite(t *testing.T) {
	t.Parallel()
	for pattern, rows := range map[string]map[string]bool{
		"https://app.example.com": {
			"https://example.com": false, "https://API.example.com:8443": false, "https://a.b.example.com": false,
			"http://app.example.com": true, "https://example.org": true, "https://badexample.com": true,
			"https://192.0.2.1": true,
		},
		"https://*.example.com": {"https://example.com": false, "https://example.org": true},
		"https://a.co.uk":       {"https://b.co.uk": false},
		"http://localhost:5173": {
			"http://localhost:3000": false, "http://127.0.0.1:3000": true, "https://localhost:3000": true,
		},
		"http://127.0.0.1:5173": {"http://127.0.0.1": false, "http://10.0.0.1": true, "http://1.0.0.1": true},
		"http://[::1]:5173":     {"http://[::1]": false, "http://[::2]": true},
	} {
		p, err := redirect.ParseOrigin(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for origin, want := range rows {
			u, err := url.Parse(origin)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.IsOtherSite(u); got != want {
				t.Errorf("%s, %s: got %v", pattern, origin, got)
			}
		}
	}
}
