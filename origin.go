package cardea

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// origins finds the origin under which a request has reached the site. Links, redirects and cookies
// are made from it, so it never comes from a header that was not checked.
type origins struct {
	fixed   *url.URL                 // of Config.BaseURL; nil if that is empty
	hosts   []redirect.HostPattern   // Config.TrustedHosts
	others  []redirect.OriginPattern // Config.TrustedOrigins
	proxies proxies
}

func newOrigins(c Config) (origins, error) {
	o := origins{proxies: proxies{addrs: c.TrustedProxies, unixSocket: c.TrustUnixSocket}}
	var err error
	for _, h := range c.TrustedHosts {
		p, fault := redirect.ParseHost(h)
		o.hosts, err = append(o.hosts, p), cmp.Or(err, fault)
	}
	for _, h := range c.TrustedOrigins {
		p, fault := redirect.ParseOrigin(h)
		o.others, err = append(o.others, p), cmp.Or(err, fault)
	}
	if c.BaseURL != "" {
		var fault error
		o.fixed, fault = parseOrigin(c.BaseURL)
		err = cmp.Or(err, fault)
	}
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
// port of the scheme and without an empty one (RFC 3986 § 6.2.3).
func canonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	for _, end := range []string{port, ":"} {
		if without, found := strings.CutSuffix(host, end); found && !strings.HasSuffix(without, ":") {
			return without
		}
	}
	return host
}

// of returns the origin of the request. If the host is not trusted, it returns an error.
func (o origins) of(r *http.Request) (*url.URL, error) {
	if o.fixed != nil {
		return o.fixed, nil
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if _, hops := o.proxies.trace(r); hops > 0 {
		scheme, host = forwarded(r.Header, hops, scheme, host)
	}
	host = canonicalHost(scheme, host)
	if !o.trustsHost(scheme, host) {
		return nil, fail(codeUntrustedHost,
			"the host %q of the request is not trusted; set Config.BaseURL, or add it to Config.TrustedHosts",
			truncate(host, 100))
	}
	return &url.URL{Scheme: scheme, Host: host}, nil
}

// trustsHost reports whether the site may be reached under a host. Without a configuration only the
// loopback names are trusted.
func (o origins) trustsHost(scheme, host string) bool {
	if len(o.hosts) > 0 {
		return slices.ContainsFunc(o.hosts, func(p redirect.HostPattern) bool { return p.Match(scheme, host) })
	}
	if strings.ContainsAny(host, "/\\@?#") {
		return false
	}
	return redirect.IsLoopbackHost((&url.URL{Host: host}).Hostname())
}

// trustsOrigin reports whether another origin is one of Config.TrustedOrigins. It is false for nil.
func (o origins) trustsOrigin(other *url.URL) bool {
	return slices.ContainsFunc(o.others, func(p redirect.OriginPattern) bool { return p.Match(other) })
}

// within returns the origin within which a URL may redirect: that of the URL if it is trusted, and
// otherwise that of this site.
func (o origins) within(wanted string, site *url.URL) *url.URL {
	if len(o.others) == 0 {
		return site
	}
	if other := redirect.OriginOf(wanted); o.trustsOrigin(other) {
		return other
	}
	return site
}

// isASCII reports whether a text has only visible ASCII characters.
func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// isLocal reports whether the site is reached on loopback addresses only.
func (o origins) isLocal() bool {
	if o.fixed != nil {
		return redirect.IsLoopbackHost(o.fixed.Hostname())
	}
	return !slices.ContainsFunc(o.hosts, func(p redirect.HostPattern) bool { return !p.IsLoopback() })
}
