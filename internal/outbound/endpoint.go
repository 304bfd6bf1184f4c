package outbound

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// Endpoint reports what is wrong with a URL that secrets or tokens are sent to: it must be
// absolute, https unless its host is the machine itself, and without user name and fragment.
func CheckEndpoint(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("not a URL") // the parser's error quotes the URL, which may hold a password
	}
	if strings.Contains(raw, "#") { // also an empty fragment, which u does not tell
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
	case u.Scheme == "https", u.Scheme == "http" && loopbackHost(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("URL must be https, since its host is not the machine itself")
	}
	return errors.New("URL must be https")
}

// Loopback reports whether the host of a URL is the machine itself: localhost or a name below it
// (RFC 6761 § 6.3), or a loopback address.
func IsLoopbackURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && loopbackHost(u.Hostname())
}

func loopbackHost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
