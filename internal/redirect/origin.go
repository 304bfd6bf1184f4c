package redirect

import (
	"net/netip"
	"net/url"
	"strings"
)

// SameOrigin reports whether two URLs have the same scheme, host and port, as RFC 6454 § 5 means
// it: scheme and host in any case, and a port left out is 443 for https and 80 for http. It is
// false for other schemes, for a URL without a host or with userinfo, and for nil.
//
// Hosts are compared as ASCII text. A name with other characters, an encoded one and an IPv6 zone
// match nothing, not even themselves; two ways to write one IP address are different.
func SameOrigin(a, b *url.URL) bool {
	first, ok := origin(a)
	if !ok {
		return false
	}
	second, ok := origin(b)
	return ok && first == second
}

// tuple is an origin of RFC 6454 § 4.
type tuple struct{ scheme, host, port string }

func origin(u *url.URL) (tuple, bool) {
	if u == nil || u.User != nil || !isASCII(u.Host) || strings.Contains(u.Host, "%") {
		return tuple{}, false
	}
	t := tuple{strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()}
	if t.port == "" {
		t.port = defaultPort(t.scheme)
	}
	return t, t.host != "" && defaultPort(t.scheme) != ""
}

// defaultPort is empty for a scheme whose URLs have no origin here.
func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// isASCII guards strings.ToLower, which maps the Kelvin sign to k.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > '~' {
			return false
		}
	}
	return true
}

// Loopback reports whether host, as [url.URL.Hostname] returns it, is this machine for certain:
// localhost, 127.0.0.0/8 or ::1, also as an IPv4-mapped address. Names below localhost are not (RFC
// 6761 leaves them to the resolver), and neither is 0.0.0.0. It grants: a list of what must not be
// reached needs more.
func IsLoopbackHost(host string) bool {
	if len(host) == len("localhost") && strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.IsLoopback()
}
