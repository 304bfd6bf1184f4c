package cardea_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// A configuration that New accepts and that will probably not work is said in the log, with the
// name of the setting, and never an error: New does not know the network.
func TestNewWarnsOfSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*cardea.Config)
		want   []string // each setting that is warned of, with a part of the cause
	}{
		{"the defaults", func(*cardea.Config) {}, nil},
		{"a site on https", func(c *cardea.Config) {
			c.BaseURL, c.Pages.SignIn = "https://example.com", "https://EXAMPLE.com:443/signin"
			c.Pages.Error, c.Pages.NewUser = "/oops", "/welcome"
			c.TrustedOrigins = []string{"https://app.example.com", "https://*.preview.example.com"}
		}, nil},
		{"a secret that was typed", func(c *cardea.Config) { c.Secret = strings.Repeat("a", 39) },
			[]string{"Config.Secret has only 1 different characters"}},
		{"a secret of hexadecimal digits", func(c *cardea.Config) {
			c.Secret = "8badf00dcafe1234deadbeef00c0ffee"
		}, nil},
		{"a public name on http", func(c *cardea.Config) { c.BaseURL = "http://shop.example.com" },
			[]string{"Config.BaseURL is http://shop.example.com, so everybody"}},
		{"a public address on http", func(c *cardea.Config) { c.BaseURL = "http://203.0.113.7:8080" },
			[]string{"Config.BaseURL is http://203.0.113.7:8080"}},
		{"a public IPv6 address on http", func(c *cardea.Config) { c.BaseURL = "http://[2001:db8::7]" },
			[]string{"Config.BaseURL is http://[2001:db8::7]"}},
		{"a front end on another domain", func(c *cardea.Config) {
			c.BaseURL = "https://api.example.com"
			c.TrustedOrigins = []string{"https://app.example.com", "https://*.example.org", "http://localhost:5173"}
		}, []string{
			"Config.TrustedOrigins[1] https://*.example.org is another site than https://api.example.com",
			"Config.TrustedOrigins[2] http://localhost:5173 is another site",
		}},
		{"a front end on another name of this machine", func(c *cardea.Config) {
			c.BaseURL = "http://localhost:8080"
			c.TrustedOrigins = []string{"http://localhost:5173", "http://127.0.0.1:5173", "https://localhost:5173"}
		}, []string{
			"Config.TrustedOrigins[1] http://127.0.0.1:5173 is another site",
			"Config.TrustedOrigins[2] https://localhost:5173 is another site",
		}},
		{"pages on other origins", func(c *cardea.Config) {
			c.BaseURL = "https://example.com"
			c.Pages = cardea.Pages{
				SignIn: "http://example.com/signin", SignOut: "https://www.example.com/bye",
				Error: "https://example.com:8443/oops", VerifyRequest: "https://example.com/mail",
				Account: "https://account.example.com/", NewUser: "https://example.com.evil.example/welcome",
				Confirm: "https://confirm.example.com/",
			}
		}, []string{
			"Config.Pages.SignIn http://example.com/signin is not on the origin", "Config.Pages.SignOut",
			"Config.Pages.Error", "Config.Pages.NewUser", "Config.Pages.Account",
			"Config.Pages.Confirm",
		}},
		{"pages on a trusted origin", func(c *cardea.Config) {
			c.BaseURL, c.TrustedOrigins = "https://api.example.com", []string{"https://*.app.example.com"}
			c.Pages.SignIn = "https://one.app.example.com/signin"
		}, nil},
		{"pages with several hosts", func(c *cardea.Config) {
			c.TrustedHosts = []string{"example.com", "*.preview.example.com"}
			c.Pages.SignIn, c.Pages.SignOut = "https://a.preview.example.com/signin", "https://example.org/bye"
		}, []string{"Config.Pages.SignOut https://example.org/bye is not on the origin"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			c := validConfig()
			c.Logger = log.logger()
			tc.change(&c)
			if _, err := cardea.New(c); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range log.records(t, "cardea: a setting will probably not work") {
				got = append(got, r["setting"].(string)+" "+r["cause"].(string))
			}
			if !slices.EqualFunc(got, tc.want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

// Development and private networks have no certificates, and need no warning.
func TestNoWarningOfHTTPInPrivateNetworks(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"localhost:3000", "127.0.0.1:3000", "[::1]:3000", "app.localhost", "nas", "web:8080", "nas.local", "shop.test",
		"shop.home.arpa", "fritz.lan", "app.corp", "10.1.2.3", "172.20.0.4:8080", "192.168.178.20", "169.254.7.7",
		"[fd12:3456::1]", "[fe80::1]", "100.100.1.2", "vault.internal", "x.example",
	} {
		var log logRecorder
		c := validConfig()
		c.Logger, c.BaseURL = log.logger(), "http://"+host
		if _, err := cardea.New(c); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if got := log.records(t, "cardea: a setting will probably not work"); len(got) > 0 {
			t.Errorf("%s: %v", host, got)
		}
	}
}
