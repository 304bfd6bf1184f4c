package redirect

import (
	"net/netip"
	"net/url"
	"strings"
)

// SameOrigin reports whether two URLs have the same scheme, host and port, as RFC 6454 § 5 defines
// it: upper and lower case are the same, and the default port is 443 for https and 80 for http. It
// is false for other schemes, for a URL without a host or with userinfo, and for nil.
//
// Hosts are compared as ASCII text. A host that has other characters, that is percent-encoded or
// that has an IPv6 zone is not even the same as itself. Two ways to write one IP address are
// different hosts.
func SameOrigin(a, b *url.URL) bool {
	first, ok := originOf(a)
	if !ok {
		return false
	}
	second, ok := originOf(b)
	return ok && first == second
}

// origin is an origin of RFC 6454 § 4.
type origin struct{ scheme, host, port string }

// originOf returns the origin of a URL, and false if the URL has none here.
func originOf(u *url.URL) (origin, bool) {
	if u == nil || u.User != nil || !isASCII(u.Host) || strings.Contains(u.Host, "%") {
		return origin{}, false
	}
	o := origin{strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()}
	if o.port == "" {
		o.port = defaultPort(o.scheme)
	}
	return o, o.host != "" && defaultPort(o.scheme) != ""
}

// defaultPort returns "" for a scheme whose URLs have no origin here.
func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// isASCII is checked before strings.ToLower, which would map the Kelvin sign to k.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > '~' {
			return false
		}
	}
	return true
}

// IsLoopbackHost reports whether host, as [url.URL.Hostname] returns it, is this machine for
// certain: localhost, 127.0.0.0/8 or ::1, also as an IPv4-mapped address. It is false for names
// below localhost, which the resolver may resolve to another machine (RFC 6761), and for 0.0.0.0.
//
// Use it only to allow what is safe on this machine alone. It does not find every name and address
// of this machine, so it cannot be used to forbid access to it.
func IsLoopbackHost(host string) bool {
	if len(host) == len("localhost") && strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.IsLoopback()
}
