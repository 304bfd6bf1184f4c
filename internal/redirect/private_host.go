package redirect

import (
	"net/netip"
	"slices"
	"strings"
)

// privateDomains are top-level domains in which no name leads to a host on the internet (RFC 2606 §
// 2, RFC 6761 § 6, RFC 6762 § 3, RFC 7686 and ICANN's internal), and those that home and office
// networks use beside them.
var privateDomains = []string{
	"corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localhost", "onion", "private",
	"test",
}

// sharedAddresses are those of networks behind a provider's NAT, and of private overlay networks.
var sharedAddresses = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598 § 7

// IsPrivateHost reports whether a host, as [url.URL.Hostname] returns it, is not one on the
// internet, by what its name or address says: a name with one label, as in a network of containers,
// a name in a domain that is reserved for private networks and tests, or an address of such a
// network. A public name may lead to a private network; nobody can see that from the name.
func IsPrivateHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() ||
			sharedAddresses.Contains(ip)
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	last := name[strings.LastIndexByte(name, '.')+1:]
	return last == name || slices.Contains(privateDomains, last) || strings.HasSuffix(name, ".home.arpa") // RFC 8375
}
