package cardea

import (
	"net/netip"
	"strings"
)

// The values of SessionConfig.RecordIP.
const (
	recordNetwork = "network"
	recordFull    = "full"
	recordNone    = "none"
)

// recordedIP returns what a new session keeps of the client's address. It is "" if nobody knows the
// address.
func (c SessionConfig) recordedIP(client netip.Addr) string {
	switch {
	case c.RecordIP == recordNone || !client.IsValid():
		return ""
	case c.RecordIP == recordFull:
		return client.String()
	}
	bits := 48
	if client.Is4() {
		bits = 24
	}
	network, _ := client.Prefix(bits) // no address has fewer bits
	return network.String()
}

// maxUserAgent is how much of a User-Agent a session keeps, in bytes.
const maxUserAgent = 255

// userAgent returns what a new session keeps of the header User-Agent. The client chooses it. Only
// the printable characters of ASCII are kept, which a column of any character set can store: others
// are not part of the names of products (RFC 9110 § 10.1.5).
func userAgent(header string) string {
	kept := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, header[:min(len(header), 4*maxUserAgent)])
	return strings.TrimSpace(kept[:min(len(kept), maxUserAgent)])
}
