package ratelimit

// Config says how often visitors of a site may try to sign in with something that can be guessed.
// Only tries that fail count. The limits for mails are fields of cardea.EmailProvider. Whoever
// exceeds a limit gets status 429 with Retry-After, and the code RateLimited, whether or not the
// account exists.
type Config struct {
	// Store counts for all processes of the site. Defaults to the Adapter of cardea.Config if that
	// is a [Store]. Otherwise each process counts in its memory, with one warning in the log unless
	// the site is on a loopback address.
	Store Store

	// Address limits the wrong codes of mails to one address. Links still sign in. Defaults to
	// 20 in 24 hours.
	Address Rate

	// Client limits the wrong codes of one client, which is an IPv4 address or an IPv6 /64 network.
	// An IPv6 /56 network has four times as many, a /48 network ten times. Defaults to 60 in an
	// hour.
	Client Rate

	// Site limits the wrong codes of mails of all visitors together. Above it, no code is accepted
	// for a while, and only links sign in. Defaults to 1000 in an hour.
	Site Rate
}
