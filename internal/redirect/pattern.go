package redirect

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// HostPattern is a host with a port, or all hosts whose name has exactly one label more than a
// domain. The zero value matches nothing.
type HostPattern struct {
	name     string // in lower case, without the brackets of an IPv6 address; the domain of a wildcard
	port     string // "" for the default port of the scheme
	wildcard bool
}

// ParseHost reads a pattern such as example.com, localhost:3000, [::1]:3000 or
// *.preview.example.com. The wildcard stands for one label, and is only the first label as a whole.
// Without a port it matches the default port of the scheme.
//
// A domain in which anybody can have a name, such as com or co.uk, cannot have a wildcard. The list
// of such domains here is short; the public suffix list (https://publicsuffix.org) has thousands,
// and changes each week.
func ParseHost(raw string) (HostPattern, error) {
	host, wildcard := strings.ToLower(raw), false
	if !isASCII(raw) {
		return HostPattern{}, errors.New("has other characters than ASCII; write the name in Punycode, as browsers do")
	}
	if rest, ok := strings.CutPrefix(host, "*."); ok {
		host, wildcard = rest, true
	}
	if strings.Contains(host, "*") {
		return HostPattern{}, errors.New("a wildcard is the whole first label, as in *.preview.example.com")
	}
	u, err := url.Parse("https://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" || strings.HasSuffix(host, ":") {
		return HostPattern{}, errors.New("is not a host")
	}
	p := HostPattern{name: u.Hostname(), port: u.Port(), wildcard: wildcard}
	if n, err := strconv.Atoi(p.port); p.port != "" && (err != nil || n < 1 || n > 65535 || p.port != strconv.Itoa(n)) {
		return HostPattern{}, errors.New("the port is not a number from 1 to 65535 without zeros in front")
	}
	return p, p.check()
}

// check reports a name that no browser sends, and a wildcard that matches the names of strangers.
func (p HostPattern) check() error {
	ip, err := netip.ParseAddr(p.name)
	switch {
	case err == nil && (p.wildcard || ip.Zone() != ""):
		return errors.New("an IP address has no wildcard and no zone")
	case err == nil:
		if p.name != ip.String() {
			return fmt.Errorf("browsers write that address as %s", ip)
		}
		return nil
	case !validName(p.name):
		return errors.New("is not the name of a host")
	case p.wildcard && IsPublicDomain(p.name):
		return fmt.Errorf("anybody can have a name in %s; list the hosts, or use a domain of your own", p.name)
	}
	return nil
}

// validName reports whether a name has only labels that a host can have (RFC 1123 § 2.1). The
// underscore is not allowed there, but browsers accept it.
func validName(name string) bool {
	return len(name) <= 253 && !slices.ContainsFunc(strings.Split(name, "."), func(label string) bool {
		return !validLabel(label)
	})
}

func validLabel(label string) bool {
	return label != "" && len(label) <= 63 && !strings.ContainsFunc(label, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// Match reports whether a host, with its port if it has one, matches under a scheme.
func (p HostPattern) Match(scheme, host string) bool {
	o, ok := originOf(&url.URL{Scheme: scheme, Host: host})
	return ok && p.match(o)
}

func (p HostPattern) match(o origin) bool {
	port := p.port
	if port == "" {
		port = defaultPort(o.scheme)
	}
	if p.name == "" || o.port != port {
		return false
	}
	if !p.wildcard {
		return o.host == p.name
	}
	label, domain, _ := strings.Cut(o.host, ".")
	return domain == p.name && validLabel(label)
}

// IsLoopback reports whether all hosts that match are this machine for certain, as
// [IsLoopbackHost] does.
func (p HostPattern) IsLoopback() bool { return !p.wildcard && IsLoopbackHost(p.name) }

// OriginPattern is an origin (RFC 6454 § 4), or all origins whose host has exactly one label more
// than a domain. The zero value matches nothing.
type OriginPattern struct {
	scheme string
	host   HostPattern
}

// ParseOrigin reads a pattern such as https://app.example.com, http://localhost:5173 or
// https://*.preview.example.com: http or https, and a host as [ParseHost] reads it.
func ParseOrigin(raw string) (OriginPattern, error) {
	scheme, host, found := strings.Cut(raw, "://")
	p := OriginPattern{scheme: strings.ToLower(scheme)}
	if !found || defaultPort(p.scheme) == "" {
		return OriginPattern{}, errors.New("is not an origin such as https://app.example.com")
	}
	if strings.ContainsAny(host, "/?#@") {
		return OriginPattern{}, errors.New("has more than a scheme, a host and a port")
	}
	var err error
	if p.host, err = ParseHost(host); err != nil {
		return OriginPattern{}, err
	}
	return p, nil
}

// Match reports whether a URL is of an origin that matches.
func (p OriginPattern) Match(u *url.URL) bool {
	o, ok := originOf(u)
	return ok && o.scheme == p.scheme && p.host.match(o)
}

// Insecure reports whether anybody on the network can answer as an origin that matches: its scheme
// is http, and its host is not this machine.
func (p OriginPattern) Insecure() bool {
	return p.scheme == "http" && !p.host.IsLoopback()
}

// IsOtherSite reports whether no origin that matches is of the site of an origin for certain, so
// that browsers send no cookies with SameSite=Lax from there: the schemes differ, or the last two
// labels of the names. Two hosts of one site share at least these; IP addresses and names with one
// label are sites of their own.
func (p OriginPattern) IsOtherSite(origin *url.URL) bool {
	return p.scheme != origin.Scheme || lastLabels(p.host.name) != lastLabels(strings.ToLower(origin.Hostname()))
}

// lastLabels returns the last two labels of a name, and an IP address unchanged.
func lastLabels(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return name
	}
	labels := strings.Split(name, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

// OriginOf returns the origin of an absolute http or https URL as browsers write it, and nil if it
// is not clear to every parser.
func OriginOf(raw string) *url.URL {
	prefix, _ := cutOrigin(strings.Trim(raw, " "))
	u, err := url.Parse(prefix)
	if err != nil {
		return nil
	}
	o, ok := originOf(u)
	if !ok {
		return nil
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":")
	return &url.URL{Scheme: o.scheme, Host: strings.TrimSuffix(host, ":"+defaultPort(o.scheme))}
}

// HeaderOrigin returns the origin in a header Origin (Fetch Standard § 3.2), and nil if the header
// is null or anything else but one origin.
func HeaderOrigin(raw string) *url.URL {
	if _, rest := cutOrigin(raw); rest != "" || strings.Contains(raw, " ") {
		return nil
	}
	return OriginOf(raw)
}
