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

	// Account limits the failures to sign in to one account with a form, such as wrong passwords,
	// from all clients together. All spellings of the account's name count as one; see
	// docs/limits.md. A browser in which the owner has signed in before has as many tries of its
	// own, so nobody can lock the owner out. Defaults to 10 in 15 minutes, that is 10 at once and
	// then one every 90 seconds.
	Account Rate

	// AccountClient limits the failures of one client for one account. A sign-in to the account
	// resets it. A client is an IPv4 address or an IPv6 /64 network. Defaults to 5 in 15 minutes.
	AccountClient Rate

	// Address limits the wrong codes of mails to one address. Links still sign in. Defaults to
	// 20 in 24 hours.
	Address Rate

	// Client limits the wrong codes and the failures to sign in with a form of one client, for
	// whatever account. A client is an IPv4 address or an IPv6 /64 network.
	// An IPv6 /56 network has four times as many, a /48 network ten times. Defaults to 60 in an
	// hour.
	Client Rate

	// Site limits the wrong codes of mails of all visitors together. Above it, no code is accepted
	// for a while, and only links sign in. Defaults to 1000 in an hour.
	Site Rate

	// Mail limits the mails to one address that visitors ask a feature for, such as those with
	// which they set a new password. Each form of a feature counts for itself. Sign-in by mail has
	// limits of its own. Defaults to 5 in an hour.
	Mail Rate

	// MailClient limits such mails that one client asks for. A client counts as in Client. Defaults
	// to 60 in an hour.
	MailClient Rate
}
