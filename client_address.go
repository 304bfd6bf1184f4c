package cardea

import (
	"net/http"
	"net/netip"
	"strings"
)

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

// forwardedFor lists the hops of X-Forwarded-For, the nearest one last. Only the entries that a
// trusted proxy has added are true.
func forwardedFor(h http.Header) []string {
	values := h.Values("X-Forwarded-For")
	if len(values) == 0 {
		return nil
	}
	return strings.Split(strings.Join(values, ","), ",")
}
