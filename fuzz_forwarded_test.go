package cardea_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// FuzzForwarded sends any Host and X-Forwarded headers. Links lead only to trusted hosts, whatever
// a proxy forwards. A peer that is not a trusted proxy cannot change its address with a header, and
// so cannot exceed the limit of mails.
func FuzzForwarded(f *testing.F) {
	for _, seed := range [][4]string{
		{"app.example", "https", "localhost, app.example", ""}, {"app.example", "https, http", "localhost", ""},
		{"evil.app.example", "", "evil.localhost", ""}, {"evilapp.example", "", "app.example.evil", ""},
		{"app.example", "", "", ""}, {"app.example", "https", "app.example", "192.0.2.7"},
		{"evil.example", "http", "evil.example", "10.0.0.1, 192.0.2.7"},
		{"app.example:443", "https", "app.example:443", "10.0.0.1,,"},
		{"backend", "https,http", "app.example, backend", "192.0.2.7, 10.0.0.1:50001"},
		{"backend", "http,https,http", "evil.example,app.example,backend", "192.0.2.7, [::ffff:10.0.0.1]"},
		{"app.example", "HTTPS", "evil.example, app.example", "[2001:db8::1]:80"},
		{"app.example@evil.example", "javascript", "//", "::ffff:10.0.0.1"},
		{"APP.EXAMPLE.", "https,http", "app.example\t", "fe80::1%25eth0"},
		{"", "\x00", "app.example\r\nX: y", "unknown"}, {"[::1]", "", "[::1", "1.2.3.4:x"},
		{"App.Example:", "https", "app.example:", "::ffff:10.0.0.1"},
		{"app.example::80", "https", "app.example::443", ""},
		{"app.example:80:443", "https", "app.example?", strings.Repeat("10.0.0.1,", 500)},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	x := newFuzzTarget(f, cardea.StrategyDatabase, func(c *cardea.Config) {
		c.TrustedHosts = []string{"app.example", "localhost"}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		c.Providers[1].(*cardea.EmailProvider).ClientLimit.Count = 1 // used up by requestMail below
	})
	x.requestMail(f)
	f.Fuzz(func(t *testing.T, host, scheme, forwardedHost, forwardedFor string) {
		headers := http.Header{
			"X-Forwarded-Proto": {scheme}, "X-Forwarded-Host": {forwardedHost}, "X-Forwarded-For": {forwardedFor},
		}
		for peer, want := range map[string]string{
			"192.0.2.1:1234": canonical("http", host),
			"10.1.2.3:4": canonical(schemeOf(addedBy(hops(forwardedFor), scheme, "")),
				addedBy(hops(forwardedFor), forwardedHost, host)),
		} {
			r := httptest.NewRequest(http.MethodGet, origin+"/api/auth/providers", nil)
			r.RemoteAddr, r.Host, r.Header = peer, host, headers.Clone()
			w := httptest.NewRecorder()
			x.auth.ServeHTTP(w, r)
			checkOrigins(t, w, want)
		}

		x.reset()
		form := url.Values{"csrfToken": {x.csrfToken}, "email": {"ann@example.com"}}
		r := httptest.NewRequest(http.MethodPost, origin+"/api/auth/signin/email", strings.NewReader(form.Encode()))
		r.Header = headers.Clone()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", csrfCookie+"="+x.csrf)
		w := httptest.NewRecorder()
		x.auth.ServeHTTP(w, r)
		if len(x.mails) > 0 || w.Code != http.StatusTooManyRequests {
			t.Errorf("the same peer with other headers: %d mails, status %d", len(x.mails), w.Code)
		}
	})
}

// canonical returns an origin as browsers write it.
func canonical(scheme, host string) string {
	host = strings.ToLower(host)
	without, found := strings.CutSuffix(host, map[string]string{"http": ":80", "https": ":443"}[scheme])
	if !found {
		without = strings.TrimSuffix(host, ":")
	}
	if strings.HasSuffix(without, ":") { // two colons are no port
		without = host
	}
	return scheme + "://" + without
}

// schemeOf is the scheme that the value of a header means.
func schemeOf(v string) string {
	if v = strings.ToLower(v); v == "https" || v == "wss" {
		return "https"
	}
	return "http"
}

// hops is the number of trusted proxies that a request has passed, the peer among them.
func hops(forwardedFor string) int {
	n := 1
	for _, hop := range slices.Backward(strings.Split(forwardedFor, ",")) {
		hop = strings.Trim(hop, " \t\"")
		addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
		if withPort, err2 := netip.ParseAddrPort(hop); err != nil && err2 == nil {
			addr = withPort.Addr()
		}
		if addr = addr.Unmap(); !addr.Is4() || addr.As4()[0] != 10 {
			break
		}
		n++
	}
	return n
}

// addedBy is the value that the outermost of that many proxies has added to a header, which is the
// first one if there are fewer; if it is empty, otherwise.
func addedBy(hops int, header, otherwise string) string {
	list := strings.Split(header, ",")
	return cmp.Or(strings.TrimSpace(list[max(0, len(list)-hops)]), otherwise)
}

// checkOrigins checks that the URLs in the list of providers have the origin want, which must be
// trusted, or that the request was refused.
func checkOrigins(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	if w.Code == http.StatusBadRequest {
		return
	}
	trusted := []string{"http://app.example", "https://app.example", "http://localhost", "https://localhost"}
	var list map[string]map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for id, p := range list {
		from, found := strings.CutSuffix(p["callbackUrl"], "/api/auth/callback/"+id)
		if !found || from != want || !slices.Contains(trusted, from) {
			t.Errorf("%s has the callback URL %q, want the origin %q", id, p["callbackUrl"], want)
		}
	}
}
