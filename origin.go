package cardea

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// origins says under which origin a request reached the site. Links, redirects and cookies are made
// from it, so it never comes from an unchecked header.
type origins struct {
	fixed   *url.URL
	hosts   []string // lower case
	proxies []netip.Prefix
}

func newOrigins(c Config) (origins, error) {
	o := origins{proxies: c.TrustedProxies}
	for _, h := range c.TrustedHosts {
		o.hosts = append(o.hosts, strings.ToLower(h))
	}
	if c.BaseURL == "" {
		return o, nil
	}
	var err error
	o.fixed, err = parseOrigin(c.BaseURL)
	return o, err
}

// parseOrigin parses an origin: scheme and host, nothing else.
func parseOrigin(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil ||
		!isASCII(u.Host) {
		return nil, fmt.Errorf("want an origin such as https://example.com, have %q", raw)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("want an origin without a path, such as %s://%s, have %q; the path goes into BasePath",
			u.Scheme, u.Host, raw)
	}
	return &url.URL{Scheme: u.Scheme, Host: canonicalHost(u.Scheme, u.Host)}, nil
}

// canonicalHost returns a host as browsers write it in an origin: lower case, without the default
// port of the scheme.
func canonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// of returns the origin of the request. A host that is not trusted is an error.
func (o origins) of(r *http.Request) (*url.URL, error) {
	if o.fixed != nil {
		return o.fixed, nil
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if len(o.proxies) > 0 && o.fromProxy(r) {
		scheme, host = forwarded(r.Header, scheme, host)
	}
	host = canonicalHost(scheme, host)
	if !o.trusts(host) {
		return nil, fail(codeUntrustedHost,
			"the host %q of the request is not trusted; set Config.BaseURL, or add it to Config.TrustedHosts",
			truncate(host, 100))
	}
	return &url.URL{Scheme: scheme, Host: host}, nil
}

func (o origins) trusts(host string) bool {
	if len(o.hosts) > 0 {
		return slices.Contains(o.hosts, host)
	}
	if strings.ContainsAny(host, "/\\@?#") {
		return false
	}
	return redirect.IsLoopbackHost((&url.URL{Host: host}).Hostname())
}

func (o origins) fromProxy(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	return o.isProxy(peer.Addr().Unmap())
}

func (o origins) isProxy(addr netip.Addr) bool {
	return slices.ContainsFunc(o.proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// client names the sender of a request for a limit: the peer's address, or what a trusted proxy
// says that it is. An IPv6 client has a whole /64 network to itself, so the network counts as one
// client.
func (o origins) client(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := peer.Addr().Unmap()
	for hops := forwardedFor(r.Header); len(hops) > 0 && o.isProxy(addr); hops = hops[:len(hops)-1] {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	addr = addr.WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	network, _ := addr.Prefix(64) // fails for no IPv6 address
	return network.String()
}

// forwarded returns what a trusted proxy says about the request. Of several values only the last
// one comes from the trusted proxy.
func forwarded(h http.Header, scheme, host string) (string, string) {
	if v := lastValue(h, "X-Forwarded-Proto"); v == "https" || v == "http" {
		scheme = v
	}
	if v := lastValue(h, "X-Forwarded-Host"); v != "" {
		host = v
	}
	return scheme, host
}

// forwardedFor lists the hops of X-Forwarded-For, the nearest one last. Only the entries that a
// trusted proxy has added are true.
func forwardedFor(h http.Header) []string {
	values := h.Values("X-Forwarded-For")
	if len(values) == 0 {
		return nil
	}
	return strings.Split(strings.Join(values, ","), ",")
}

func lastValue(h http.Header, name string) string {
	values := h.Values(name)
	if len(values) == 0 {
		return ""
	}
	v := values[len(values)-1]
	return strings.TrimSpace(v[strings.LastIndexByte(v, ',')+1:])
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
