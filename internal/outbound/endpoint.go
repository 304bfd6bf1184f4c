package outbound

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// CheckEndpoint returns an error for a URL to which no secrets or tokens may be sent. The URL must
// be absolute and have no user name and no fragment. Its scheme must be https, or http if its host
// is this machine (see [IsLoopbackURL]). Errors do not quote the URL.
func CheckEndpoint(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("not a URL") // the parser's error quotes the URL, which may hold a password
	}
	if strings.Contains(raw, "#") { // not u.Fragment: an empty fragment counts, too
		return errors.New("URL has a fragment")
	}
	return checkEndpoint(u)
}

func checkEndpoint(u *url.URL) error {
	switch {
	case u.Hostname() == "":
		return errors.New("URL has no host")
	case u.User != nil:
		return errors.New("URL has a user name")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("URL must be https, since its host is not the machine itself")
	}
	return errors.New("URL must be https")
}

// IsLoopbackURL reports whether the host of a URL is this machine: localhost or a name below it
// (RFC 6761 § 6.3), or a loopback address. It is false for text that is not a URL.
func IsLoopbackURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
