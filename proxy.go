package cardea

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/ratelimit"
)

// proxies says which peers are trusted to tell from whom they have a request, and how.
type proxies struct {
	addrs      []netip.Prefix
	unixSocket bool // whether the peer of a Unix socket is trusted
}

// trace follows a request from the peer back through the trusted proxies. It returns the first
// address that is not one of theirs, and through how many of them the request came. The address is
// invalid if nobody knows it.
//
// X-Forwarded-For is read from the right: each proxy appends the address of its peer, and what is
// left of the first untrusted address may be made up.
func (p proxies) trace(r *http.Request) (client netip.Addr, hops int) {
	client, _ = parseAddr(r.RemoteAddr)
	if !p.trusts(client) && !(p.unixSocket && onUnixSocket(r)) {
		return client, 0
	}
	list := listed(r.Header, "X-Forwarded-For")
	for hops = 1; hops <= len(list); hops++ {
		hop, ok := parseAddr(list[len(list)-hops])
		if !ok {
			break
		}
		client = hop
		if !p.trusts(hop) {
			break
		}
	}
	return client, hops
}

func (p proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p.addrs, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// onUnixSocket reports whether a request came in on a Unix socket. The peer has no address there,
// and net/http says "@" or nothing. What another server, or a test, does not say is taken from
// that.
func onUnixSocket(r *http.Request) bool {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return local.Network() == "unix"
	}
	return r.RemoteAddr == "" || r.RemoteAddr[0] == '@' || r.RemoteAddr[0] == '/'
}

// parseAddr parses an address in any form that proxies and servers write: 192.0.2.7,
// 192.0.2.7:50001 (Azure Application Gateway), 2001:db8::7, [2001:db8::7], [2001:db8::7]:50001,
// with quotes (RFC 7239 § 6) and with an IPv6 zone, which means nothing on this machine. An IPv4
// address in IPv6 is unwrapped.
func parseAddr(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t\"")
	withPort, err := netip.ParseAddrPort(s) // first, because every RemoteAddr has a port
	addr := withPort.Addr()
	if err != nil {
		addr, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	}
	return addr.WithZone("").Unmap(), err == nil
}

// remote is the address of the client, for the log. Without a proxy it has the client's port.
func (p proxies) remote(r *http.Request) string {
	client, hops := p.trace(r)
	if hops == 0 || !client.IsValid() {
		return r.RemoteAddr
	}
	return client.String()
}

func (e *exchange) remote() string { return e.auth.origins.proxies.remote(e.r) }

// network is a network of clients that share a limit. A larger one has a multiple of the limit.
type network struct {
	name  string
	times int
}

// networksOf returns the networks of the client, the smallest first: an IPv4 address, or of an IPv6
// address the /64 network that one client has to itself (RFC 4291 § 2.5.4), and the /56 and /48
// networks that providers give to one customer (RFC 6177 § 2).
func (p proxies) networksOf(r *http.Request) []network {
	client, _ := p.trace(r)
	switch {
	case !client.IsValid():
		return []network{{r.RemoteAddr, 1}}
	case client.Is4():
		return []network{{client.String(), 1}}
	}
	var networks []network
	for _, size := range []struct{ bits, times int }{{64, 1}, {56, 4}, {48, 10}} {
		prefix, _ := client.Prefix(size.bits) // fails for no IPv6 address
		networks = append(networks, network{prefix.String(), size.times})
	}
	return networks
}

// clientBudgets returns the budgets of the client of a request, for each of its networks.
func (e *exchange) clientBudgets(setting, subject string, limit ratelimit.Rate) []budget {
	var budgets []budget
	for _, n := range e.auth.origins.proxies.networksOf(e.r) {
		budgets = append(budgets, budget{setting, subject + " " + n.name, times(limit, n.times)})
	}
	return budgets
}

// forwarded returns what the outermost of the trusted proxies says about the request.
func forwarded(h http.Header, hops int, scheme, host string) (string, string) {
	switch strings.ToLower(outermost(h, "X-Forwarded-Proto", hops)) {
	case "https", "wss": // some proxies write wss for WebSocket requests
		scheme = "https"
	case "http", "ws":
		scheme = "http"
	}
	if v := outermost(h, "X-Forwarded-Host", hops); v != "" {
		host = v
	}
	return scheme, host
}

// outermost returns the value that the outermost of the trusted proxies has added to a list. If the
// list is shorter, not every proxy has added one.
func outermost(h http.Header, name string, hops int) string {
	list := listed(h, name)
	if len(list) == 0 {
		return ""
	}
	return strings.TrimSpace(list[max(0, len(list)-hops)])
}

// listed returns the values of a header that is a list, in any number of lines.
func listed(h http.Header, name string) []string {
	values := h.Values(name)
	if len(values) == 0 {
		return nil
	}
	return strings.Split(strings.Join(values, ","), ",")
}

// forwardedHeaders are those that only trusted proxies may set.
var forwardedHeaders = []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

// hidesClient reports whether a request is of a trusted proxy that does not say whose it is.
func (p proxies) hidesClient(r *http.Request) bool {
	if len(p.addrs) == 0 && !p.unixSocket {
		return false
	}
	if values := r.Header["X-Forwarded-For"]; len(values) > 0 {
		last := values[len(values)-1]
		if _, ok := parseAddr(last[strings.LastIndexByte(last, ',')+1:]); ok {
			return false
		}
	}
	_, hops := p.trace(r)
	return hops > 0
}

// sharedClient says why several visitors may count as the client of a request, and "" if nothing
// speaks for it.
func (p proxies) sharedClient(r *http.Request) string {
	client, hops := p.trace(r)
	switch {
	case p.hidesClient(r):
		return "; the client is a trusted proxy that sends no X-Forwarded-For, so all visitors behind it count as one"
	case hops == 0 && len(listed(r.Header, "X-Forwarded-For")) > 0:
		return "; the request has X-Forwarded-For, and its peer is no trusted proxy: if it is your proxy, all " +
			"visitors behind it count as one until Config.TrustedProxies or Config.TrustUnixSocket is set"
	case hops > 0: // a trusted proxy has named the client, also if that is this machine
	case client.IsLoopback() || !client.IsValid():
		return "; the client is this machine: if it is a proxy, all visitors behind it count as one until it sends " +
			"X-Forwarded-For and Config.TrustedProxies or Config.TrustUnixSocket is set"
	}
	return ""
}

// warnOfHiddenClients says once in the log that a trusted proxy does not say whose request it has.
func warnOfHiddenClients(a *Auth, r *http.Request) {
	if !a.origins.proxies.hidesClient(r) {
		return
	}
	a.traceWarning.Do(func() {
		a.log.WarnContext(r.Context(), "cardea: a trusted proxy does not name its client", aboutRequest(a, r), "cause",
			"the request has no X-Forwarded-For with an address, so all visitors share the limits of one client; "+
				"let the proxy send it, and ignore this if no visitor has sent the request, such as for a health "+
				"check: it is said once")
	})
}

// warnOfUntrustedProxy says once in the log that forwarded headers are ignored. If they come from
// the site's own proxy, all visitors count as one client, and links may be wrong.
func (a *Auth) warnOfUntrustedProxy(r *http.Request) {
	i := slices.IndexFunc(forwardedHeaders, func(name string) bool { return len(r.Header[name]) > 0 })
	if i < 0 {
		return
	}
	if _, hops := a.origins.proxies.trace(r); hops > 0 {
		return
	}
	setting := "Config.TrustedProxies"
	if onUnixSocket(r) {
		setting = "Config.TrustUnixSocket"
	}
	a.proxyWarning.Do(func() {
		a.log.WarnContext(r.Context(), "cardea: forwarded headers ignored", "peer", r.RemoteAddr, "header",
			forwardedHeaders[i], aboutRequest(a, r), "cause", "the peer is no trusted proxy; if it is your reverse "+
				"proxy, set "+setting+", and else ignore this: it is said once")
	})
}
