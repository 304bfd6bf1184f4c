// Package outbound is the only way in which sign-in calls other servers: with timeouts, without
// following redirects, with bounded answers, and not to addresses that only this machine should
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

// Timeout is the longest that one call may take, from the first name lookup to the last byte of the
// answer.
const Timeout = 10 * time.Second

// Client returns a client for outgoing calls, safe for concurrent use. It never follows redirects,
// takes no proxy from the environment, and refuses to connect to loopback, link-local, multicast
// and unspecified addresses, whatever name led to them; with allowLoopback, for a provider on the
// developer's own machine, loopback alone is let through.
//
// Private ranges such as 10.0.0.0/8 stay reachable, because companies run their identity providers
// there. An application that must not reach them gives a client of its own.
func Client(allowLoopback bool) *http.Client {
	dialer := &net.Dialer{
		Timeout: 5 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return guard(address, allowLoopback)
		},
	}
	return &http.Client{
		Timeout:       Timeout,
		CheckRedirect: keepRedirect,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  8 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           100,
			MaxIdleConnsPerHost:    10,
			IdleConnTimeout:        90 * time.Second,
			ForceAttemptHTTP2:      true,
		},
	}
}

func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// guard runs after name resolution, for each address that is about to be dialed, so that a name
// cannot change its address in between.
func guard(address string, allowLoopback bool) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address is not an IP address")
	}
	ip := plain(ap.Addr())
	switch {
	case ip.IsLoopback() && allowLoopback:
		return nil
	case ip.IsLoopback(), ip.IsUnspecified(), ip.IsMulticast(), ip.IsLinkLocalUnicast(), ip == awsMetadata:
		return fmt.Errorf("calls to %s are not allowed", ip)
	}
	return nil
}

// awsMetadata serves a machine's own credentials as 169.254.169.254 does, but lies in the private
// range.
var awsMetadata = netip.MustParseAddr("fd00:ec2::254")

// Ranges whose IPv6 addresses are IPv4 addresses in disguise, with the byte at which the IPv4
// address begins.
var disguises = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // RFC 6052, Section 2.1: translated by NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // RFC 3056, Section 2: 6to4
	{netip.MustParsePrefix("::/96"), 12},        // RFC 4291, Section 2.5.5.1: IPv4-compatible
}

// plain returns the IPv4 address that a mapped or translated IPv6 address stands for, and other
// addresses as they are.
func plain(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() || ip.IsLoopback() || ip.IsUnspecified() {
		return ip
	}
	for _, d := range disguises {
		if d.prefix.Contains(ip) {
			b := ip.As16()
			return netip.AddrFrom4([4]byte(b[d.at : d.at+4]))
		}
	}
	return ip
}
