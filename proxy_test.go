package cardea_test

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/ratelimit"
)

// proxied is a site behind a load balancer in 10.0.0.0/8 or fd00::/8, and perhaps a proxy there.
func proxied(c *cardea.Config) {
	c.TrustedHosts = []string{"app.example"}
	c.TrustedProxies = []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("fe80::/10"),
	}
}

// Each proxy appends what it has seen, so that a list is in the order of X-Forwarded-For: with
// "https,http" the browser has spoken https to the outer proxy (tornadoweb/tornado issue 2161,
// rack/rack issue 80). What a client has sent itself stands left of that, and does not count.
func TestForwardedListsAreReadThroughTrustedProxies(t *testing.T) {
	t.Parallel()
	const xff, proto, host = "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"
	for _, tc := range []struct {
		name   string
		header []string
		want   string
	}{
		{"two proxies", []string{xff, "203.0.113.5, 10.0.0.1", proto, "https,http"}, "https"},
		{"two proxies, the inner one on https", []string{xff, "203.0.113.5, 10.0.0.1", proto, "http, https"}, "http"},
		{"two proxies that say the same", []string{xff, "203.0.113.5,10.0.0.1", proto, "https,https"}, "https"},
		{"three proxies", []string{xff, "203.0.113.5, 10.0.0.1, 10.0.0.2", proto, "https,http,http"}, "https"},
		{"two header lines", []string{xff, "203.0.113.5", xff, "10.0.0.1", proto, "https", proto, "http"}, "https"},
		{"addresses with ports", []string{xff, "203.0.113.5:50001, 10.0.0.1:443", proto, "https,http"}, "https"},
		{"IPv6", []string{xff, `2001:db8::1, "[fd00::1]:443"`, proto, "https,http"}, "https"},
		{"the inner proxy names only the outer", []string{xff, "10.0.0.1", proto, "https,http"}, "https"},
		{"the inner proxy passes on one value", []string{xff, "203.0.113.5, 10.0.0.1", proto, "https"}, "https"},
		{"a value of the client's", []string{xff, "203.0.113.5, 10.0.0.1", proto, "http,https,http"}, "https"},
		{"an untrusted proxy outside", []string{xff, "203.0.113.5, 198.51.100.1", proto, "https,http"}, "http"},
		{"a client that claims to be a proxy", []string{xff, "10.0.0.9, 203.0.113.5", proto, "https,http"}, "http"},
		{"an address that is none", []string{xff, "10.0.0.9, unknown", proto, "https,http"}, "http"},
		{"no addresses", []string{proto, "https,http"}, "http"},

		{"upper case", []string{proto, "HTTPS"}, "https"},
		{"mixed case", []string{proto, " Https "}, "https"},
		{"upper case, http", []string{proto, "HTTP"}, "http"},
		{"WebSocket", []string{proto, "wss"}, "https"},
		{"WebSocket without TLS", []string{proto, "WS"}, "http"},
		{"another scheme", []string{proto, "ftp"}, "http"},
		{"empty", []string{proto, ""}, "http"},
		{"an empty item", []string{proto, "https,"}, "http"},

		{"hosts", []string{xff, "203.0.113.5, 10.0.0.1", proto, "https,http", host, "app.example, backend"}, "https"},
		{"a host of the client's",
			[]string{xff, "203.0.113.5, 10.0.0.1", proto, "https,http", host, "evil.example,app.example,backend"},
			"https"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := originOf(t, newSite(t, proxied), request{"app.example", "10.1.2.3", tc.header})
			if want := tc.want + "://app.example"; got != want {
				t.Errorf("origin = %q, want %q", got, want)
			}
		})
	}
}

// mailer is a site that sends one mail to each client.
func mailer(change func(*cardea.Config)) func(*cardea.Config, *email.Options) {
	return func(c *cardea.Config, o *email.Options) {
		change(c)
		c.TrustedHosts = nil
		o.ClientLimit = ratelimit.Rate{Count: 1, Within: time.Hour}
	}
}

// askFrom asks for a mail in a request from a peer, and reports whether that is allowed.
func askFrom(t *testing.T, s mailSite, peer, forwardedFor string) bool {
	t.Helper()
	b := newBrowser(t, s.URL)
	form := url.Values{"csrfToken": {b.CSRFToken()}, "email": {strings.ToLower(rand.Text()) + "@example.com"}}
	r := httptest.NewRequest(http.MethodPost, s.URL+"/api/auth/signin/email", strings.NewReader(form.Encode()))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookiesOf(b).String())
	if forwardedFor != "" {
		r.Header.Set("X-Forwarded-For", forwardedFor)
	}
	return serveDirectly(s.site, r).StatusCode != http.StatusTooManyRequests
}

// Azure's Application Gateway writes the client's port (rack/rack issue 1227, koajs/koa issue 827);
// others write brackets, quotes (RFC 7239 § 6) or a zone. Two clients must not be one, and one must
// not be two.
func TestClientsAreToldApart(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string]struct{ first, same, other string }{
		"IPv4":                   {"203.0.113.7", "203.0.113.7", "203.0.113.8"},
		"IPv4 with port":         {"203.0.113.7:50001", "203.0.113.7:50002", "203.0.113.8:50001"},
		"IPv4, now with port":    {"203.0.113.7", "203.0.113.7:1", "203.0.113.8:1"},
		"IPv4 in IPv6":           {"::ffff:203.0.113.7", "203.0.113.7", "::ffff:203.0.113.8"},
		"IPv4 in IPv6 with port": {"[::ffff:203.0.113.7]:1", "203.0.113.7", "[::ffff:203.0.113.8]:1"},
		"IPv6":                   {"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"},
		"IPv6 in brackets":       {"[2001:db8::1]", "2001:db8::1", "[2001:db8:0:1::1]"},
		"IPv6 with port":         {"[2001:db8::1]:443", "[2001:db8::1]:444", "[2001:db8:0:1::1]:443"},
		"IPv6 in quotes":         {`"[2001:db8::1]:443"`, "2001:db8::1", `"[2001:db8:0:1::1]:443"`},
		"IPv6 with zone":         {"2001:db8::1%eth0", "2001:db8::1", "2001:db8:0:1::1%eth0"},
		"IPv6 with zone, port":   {"[2001:db8::1%25eth0]:80", "2001:db8::1", "[2001:db8:0:1::1%eth0]:80"},
		"second proxy":           {"203.0.113.7:1, 10.0.0.1:2", "203.0.113.7", "203.0.113.8:1, 10.0.0.1:2"},
		"second proxy, zone":     {"203.0.113.7, fe80::1%eth0", "203.0.113.7", "203.0.113.8, fe80::1%eth0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, mailer(proxied))
			const peer = "10.1.2.3:4"
			if !askFrom(t, s, peer, pair.first) || !askFrom(t, s, peer, pair.other) {
				t.Errorf("%s and %s are one client", pair.first, pair.other)
			}
			if askFrom(t, s, peer, pair.same) {
				t.Errorf("%s and %s are two clients", pair.first, pair.same)
			}
		})
	}
}

// The peer has as many forms: middleware of the application may have set it.
func TestPeerInAnyForm(t *testing.T) {
	t.Parallel()
	for _, peer := range []string{
		"10.1.2.3:4", "10.1.2.3", "[::ffff:10.1.2.3]:4", "[fd00::1]:4", "fd00::1", "[fe80::1%eth0]:4", "fe80::1%eth0",
	} {
		s := newMailSite(t, mailer(proxied))
		if !askFrom(t, s, peer, "203.0.113.7") || !askFrom(t, s, peer, "203.0.113.8") {
			t.Errorf("%s is no trusted proxy", peer)
		}
	}
	for _, peer := range []string{"@", "", "/run/proxy.sock", "203.0.113.5:1", "pipe"} {
		s := newMailSite(t, mailer(proxied))
		if !askFrom(t, s, peer, "203.0.113.7") || askFrom(t, s, peer, "203.0.113.8") {
			t.Errorf("%q is trusted though nobody said so", peer)
		}
	}
}

// A proxy on a Unix socket has no address (caddyserver/caddy issue 7263, jshttp/proxy-addr issue
// 9).
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	for _, trusted := range []bool{true, false} {
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) {
			c.TrustedHosts, c.TrustUnixSocket, c.Logger = []string{"app.example"}, trusted, log.logger()
		})
		socket := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: s.auth}
		go server.Serve(l)
		t.Cleanup(func() { server.Close() })
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}
		client := &http.Client{Transport: &http.Transport{DialContext: dial}}
		r, _ := http.NewRequest(http.MethodGet, "http://app.example/api/auth/providers", nil)
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(text(t, res), `"https://app.example/`); got != trusted {
			t.Errorf("trusted %v: https %v", trusted, got)
		}
		if got := len(log.records(t, "cardea: forwarded headers ignored")); got == 1 == trusted {
			t.Errorf("trusted %v: %d warnings", trusted, got)
		}
		if !trusted && !strings.Contains(log.String(), "Config.TrustUnixSocket") {
			t.Errorf("the log does not name the setting: %s", &log)
		}
	}
}

// A TCP peer without an address is not one of a Unix socket, whatever RemoteAddr says.
func TestOnlyUnixSocketsAreTrustedAsSuch(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.TrustedHosts, c.TrustUnixSocket = []string{"app.example"}, true
	})
	for peer, want := range map[string]string{"@": "http", "": "http", "203.0.113.5:1": "http"} {
		r := httptest.NewRequest(http.MethodGet, "http://app.example/api/auth/providers", nil)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{}))
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-Proto", "https")
		if got := text(t, serveDirectly(s, r)); !strings.Contains(got, `"`+want+`://app.example/`) {
			t.Errorf("%q: %s", peer, got)
		}
	}
}

// An application behind a proxy that it does not know of takes all visitors for one, and makes
// links of http. One line says so, however many requests come.
func TestForwardedHeadersOfStrangersAreWarnedOfOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"no proxies":    func(c *cardea.Config) { c.TrustedHosts = []string{"app.example"} },
		"other proxies": proxied,
		"base URL":      func(c *cardea.Config) { c.BaseURL = "https://app.example" },
	} {
		for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"} {
			t.Run(name+" "+header, func(t *testing.T) {
				t.Parallel()
				var log logRecorder
				s := newSite(t, func(c *cardea.Config) { change(c); c.Logger = log.logger() })
				for range 3 {
					originOf(t, s, request{"app.example", "198.51.100.1", []string{header, "app.example"}})
				}
				got := log.records(t, "cardea: forwarded headers ignored")
				if len(got) != 1 || got[0]["level"] != "WARN" || got[0]["peer"] != "198.51.100.1:1234" ||
					got[0]["header"] != header || !strings.Contains(got[0]["cause"].(string), "Config.TrustedProxies") {
					t.Errorf("warnings: %v", got)
				}
			})
		}
	}
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { proxied(c); c.Logger = log.logger() })
	originOf(t, s, request{"app.example", "10.0.0.1", []string{"X-Forwarded-For", "203.0.113.7"}})
	originOf(t, s, request{"app.example", "203.0.113.7", nil})
	if got := log.String(); strings.Contains(got, "forwarded headers ignored") {
		t.Errorf("a warning without a reason: %s", got)
	}
}

// A trusted proxy that does not say whose request it has makes all visitors one client. One line
// says so, also if it sends something else than an address.
func TestProxyThatHidesItsClientsIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	const message = "cardea: a trusted proxy does not name its client"
	for name, tc := range map[string]struct {
		peer   string
		header []string
		want   int
	}{
		"no header":           {"10.0.0.1", nil, 1},
		"another header":      {"10.0.0.1", []string{"X-Forwarded-Proto", "https"}, 1},
		"no address":          {"10.0.0.1", []string{"X-Forwarded-For", "unknown"}, 1},
		"a client":            {"10.0.0.1", []string{"X-Forwarded-For", "203.0.113.7"}, 0},
		"a client in the net": {"10.0.0.1", []string{"X-Forwarded-For", "10.9.9.9"}, 0},
		"no proxy":            {"203.0.113.7", nil, 0},
	} {
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) { proxied(c); c.Logger = log.logger() })
		for range 3 {
			originOf(t, s, request{"app.example", tc.peer, tc.header})
		}
		got := log.records(t, message)
		if len(got) != tc.want || tc.want == 1 && !strings.Contains(got[0]["cause"].(string), "X-Forwarded-For") {
			t.Errorf("%s: warnings: %v", name, got)
		}
	}
}

// Whoever reads in the log that a limit is used up also reads that it may be the one of all
// visitors.
func TestCauseOfALimitNamesTheProxy(t *testing.T) {
	t.Parallel()
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, tc := range []struct {
		trusted         []netip.Prefix
		forwarded, want string
	}{
		{loopback, "", "; the client is a trusted proxy that sends no X-Forwarded-For"},
		{loopback, "203.0.113.7", ""},
		{loopback, "::1", ""},
		{nil, "203.0.113.7", "; the request has X-Forwarded-For, and its peer is no trusted proxy"},
		{nil, "", "; the client is this machine"},
	} {
		var log logRecorder
		s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
			c.TrustedProxies, c.Logger = tc.trusted, log.logger()
			o.ClientLimit = ratelimit.Rate{Count: 1, Within: time.Hour}
		})
		b := newBrowser(t, s.URL)
		if tc.forwarded != "" {
			b.Transport = setHeader{"X-Forwarded-For", tc.forwarded}
		}
		for range 2 {
			b.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
		}
		const limit = "the limit EmailProvider.ClientLimit of 1 within 1h0m0s is used up"
		log.checkFailure(t, "RateLimited", limit+tc.want)
		cause := log.records(t, "cardea: request failed")[0]["cause"].(string)
		if tc.want == "" && !strings.HasSuffix(cause, limit) {
			t.Errorf("cause %q", cause)
		}
	}
}

// What the log calls remote is the client, as far as trusted proxies know it.
func TestRemoteInTheLogIsTheClient(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.TrustedProxies, c.Logger = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, log.logger()
	})
	from := func(b *cardeatest.Browser, client string) {
		b.Transport = setHeader{"X-Forwarded-For", client}
	}
	b := newBrowser(t, s.URL)
	from(b, "192.0.2.66, 203.0.113.7:50001")
	signInWith(t, b, "idp")
	b.Post("/signout", nil)
	s.ask(t, b, "bea@example.com", "/")
	visit(t, b, s.URL+"/api/auth/callback/idp?state=x")
	for _, message := range []string{
		"cardea: signed in", "cardea: signed out", "cardea: sign-in mail sent", "cardea: request failed",
	} {
		got := log.records(t, message)
		if len(got) == 0 || got[0]["remote"] != "203.0.113.7" {
			t.Errorf("%s: %v", message, got)
		}
	}
}

// setHeader is a transport that adds a header to requests.
type setHeader struct{ name, value string }

func (h setHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(h.name, h.value)
	return ownTransport.RoundTrip(r)
}
