package cardea

import (
	"net/http"
	"net/netip"
	"strings"
)

// client returns the address of the client that sent a request, for rate limits: the peer, or what
// a trusted proxy reports. For IPv6 it returns the /64 network, because a client has a whole one.
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

// forwardedFor returns the addresses in X-Forwarded-For, the nearest one last. Only those that a
// trusted proxy has added are true.
func forwardedFor(h http.Header) []string {
	values := h.Values("X-Forwarded-For")
	if len(values) == 0 {
		return nil
	}
	return strings.Split(strings.Join(values, ","), ",")
}
