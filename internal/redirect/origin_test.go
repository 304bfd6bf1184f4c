package redirect_test

import (
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// Better Auth #9226: hosts that only look like the allowed one.
func TestSameOrigin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		a, b string
		want bool
	}{
		{"the same", "https://app.example", "https://app.example", true},
		{"path, query and fragment do not count", "https://app.example/a?b#c", "https://app.example/d", true},
		{"case of scheme and host", "HTTPS://App.EXAMPLE", "https://app.example", true},
		{"default port of https", "https://app.example:443", "https://app.example", true},
		{"default port of http", "http://app.example", "http://app.example:80", true},
		{"empty port", "https://app.example:", "https://app.example", true},
		{"loopback with port", "http://localhost:3000", "http://localhost:3000", true},
		{"IPv6", "http://[::1]:3000", "http://[::1]:3000/x", true},
		{"punycode", "https://xn--bcher-kva.example", "https://XN--bcher-KVA.example", true},

		{"substring", "http://evil-localhost.com", "http://localhost", false},
		{"prefix", "https://app.example.evil.example", "https://app.example", false},
		{"suffix", "https://evilapp.example", "https://app.example", false},
		{"subdomain", "https://a.app.example", "https://app.example", false},
		{"parent domain", "https://example", "https://app.example", false},
		{"trailing dot", "https://app.example.", "https://app.example", false},
		{"port", "https://app.example:8443", "https://app.example", false},
		{"default port of the other scheme", "https://app.example:80", "https://app.example", false},
		{"default port of the other scheme on both", "http://app.example:443", "https://app.example:443", false},
		{"port with a leading zero", "https://app.example:0443", "https://app.example", false},
		{"scheme", "http://app.example", "https://app.example", false},
		{"scheme without origin", "ftp://app.example", "ftp://app.example", false},
		{"empty scheme", "//app.example", "//app.example", false},
		{"no authority", "https:app.example", "https:app.example", false},
		{"no host", "https://", "https://", false},
		{"port without host", "https://:443", "https://:443", false},
		{"null origin", "null", "null", false},
		{"userinfo", "https://app.example@evil.example", "https://app.example", false},
		{"userinfo of the same host", "https://u@app.example", "https://app.example", false},
		{"IDN and its punycode", "https://bücher.example", "https://xn--bcher-kva.example", false},
		{"IDN as text", "https://bücher.example", "https://bücher.example", false},
		{"Kelvin sign for k", "https://\u212a.example", "https://k.example", false},
		{"full-width letters", "https://ａｐｐ.example", "https://app.example", false},
		{"IPv4-mapped IPv6", "http://[::ffff:127.0.0.1]", "http://127.0.0.1", false},
		{"IPv6 written otherwise", "http://[0:0:0:0:0:0:0:1]", "http://[::1]", false},
		{"IPv6 zone", "http://[fe80::1%25eth0]", "http://[fe80::1%25eth0]", false},
		{"IPv4 as a number", "http://2130706433", "http://127.0.0.1", false},
		{"loopback by name and by address", "http://localhost", "http://127.0.0.1", false},
		{"any address", "http://0.0.0.0:3000", "http://localhost:3000", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := parse(t, tt.a), parse(t, tt.b)
			if got := redirect.SameOrigin(a, b); got != tt.want {
				t.Errorf("SameOrigin(%s, %s) = %t, want %t", tt.a, tt.b, got, tt.want)
			}
			if got := redirect.SameOrigin(b, a); got != tt.want {
				t.Errorf("SameOrigin(%s, %s) = %t, want %t", tt.b, tt.a, got, tt.want)
			}
		})
	}
}

func TestNilHasNoOrigin(t *testing.T) {
	t.Parallel()
	u := &url.URL{Scheme: "https", Host: "app.example"}
	if redirect.SameOrigin(nil, nil) || redirect.SameOrigin(u, nil) || redirect.SameOrigin(nil, u) {
		t.Error("nil has an origin")
	}
}

// Better Auth #9226: hosts that only look like the allowed one.
func TestIsLoopbackHost(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true,
		"0:0:0:0:0:0:0:1": true, "::ffff:127.0.0.1": true,

		"": false, "0.0.0.0": false, "::": false, "::ffff:0.0.0.0": false, "[::1]": false, "::1%eth0": false,
		"localhost.": false, "localhost:80": false,
		"evil-localhost.com": false, "localhost.evil.example": false, "evil.localhost": false,
		"127.0.0.1.evil.example": false, "127.1": false,
		"2130706433": false, "0x7f.0.0.1": false, "0177.0.0.1": false, "126.0.0.1": false, "128.0.0.1": false,
		"192.168.0.1": false, "10.0.0.1": false,
		"169.254.169.254": false, "fe80::1": false, "::ffff:10.0.0.1": false, "localho\u017ft": false,
		"ｌocalhost": false,
	}
	for host, want := range tests {
		if got := redirect.IsLoopbackHost(host); got != want {
			t.Errorf("IsLoopbackHost(%q) = %t, want %t", host, got, want)
		}
	}
}
