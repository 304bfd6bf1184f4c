// Package outbound makes all requests to other servers. They have timeouts, follow no redirects,
// read responses of limited size, and do not connect to addresses that only this machine should
// reach.
package outbound

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Timeout is the maximum duration of one request, from the name lookup to the last byte of the
// response.
const Timeout = 10 * time.Second

// maxIdle is how many connections to one host are kept for the next requests. A site on which many
// people sign in at the same time makes as many requests at the same time to one provider. With
// fewer idle connections it would open and close one for most of them. Client is for a provider
// with a few hosts, so there is no limit for all hosts together.
const maxIdle = 256

// Client returns an HTTP client for requests to other servers, safe for concurrent use. It follows
// no redirects and uses no proxy of the environment. It refuses to connect to loopback, link-local,
// multicast and unspecified addresses, whatever name resolved to them. If allowLoopback is true,
// for a provider on the developer's machine, it connects to loopback addresses.
//
// It connects to private ranges such as 10.0.0.0/8, because companies run their identity providers
// there. An application that must not reach them configures another client.
func Client(allowLoopback bool) *http.Client {
	dialer := &net.Dialer{
		Timeout: 5 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return checkAddress(address, allowLoopback)
		},
	}
	return &http.Client{
		Timeout:       Timeout,
		CheckRedirect: followNone,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  8 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    maxIdle,
			IdleConnTimeout:        90 * time.Second,
			ForceAttemptHTTP2:      true,
		},
	}
}

// followNone makes an http.Client return a redirect instead of following it.
func followNone(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// checkAddress is called after name resolution, for each address right before the connection to it,
// so that a name cannot change its address in between.
func checkAddress(address string, allowLoopback bool) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address is not an IP address")
	}
	ip := embeddedIPv4(ap.Addr())
	switch {
	case ip.IsLoopback() && allowLoopback:
		return nil
	case ip.IsLoopback(), ip.IsUnspecified(), ip.IsMulticast(), ip.IsLinkLocalUnicast(), ip == awsMetadata:
		return fmt.Errorf("calls to %s are not allowed, since only this machine or network should reach it; if a "+
			"server of yours is there, give its URL that address, or localhost, or set an HTTPClient of your own", ip)
	}
	return nil
}

// awsMetadata is an address, in a private range, where AWS serves a machine's credentials as it
// does at the link-local address 169.254.169.254.
var awsMetadata = netip.MustParseAddr("fd00:ec2::254")

// embeddings are the IPv6 ranges whose addresses contain an IPv4 address, which begins at a byte.
var embeddings = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // RFC 6052, Section 2.1: translated by NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // RFC 3056, Section 2: 6to4
	{netip.MustParsePrefix("::/96"), 12},        // RFC 4291, Section 2.5.5.1: IPv4-compatible
}

// embeddedIPv4 returns the IPv4 address that an IPv6 address contains, and any other address
// unchanged.
func embeddedIPv4(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() || ip.IsLoopback() || ip.IsUnspecified() {
		return ip
	}
	for _, e := range embeddings {
		if e.prefix.Contains(ip) {
			b := ip.As16()
			return netip.AddrFrom4([4]byte(b[e.at : e.at+4]))
		}
	}
	return ip
}
