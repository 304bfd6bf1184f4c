// Package factor adds a second factor to the sign-in: one-time codes of an authenticator app (TOTP,
// RFC 6238), and recovery codes for the day on which the app is lost. It is one entry of
// cardea.Config, beside the account page, where people set up their apps:
//
//	auth, err := cardea.New(cardea.Config{
//		…
//		Features: []cardea.Feature{factor.New(factor.Options{Issuer: "Example"}), account.New(account.Options{})},
//	})
//
// Whoever has an app is asked for a code in every sign-in, whatever the first proof is, and there
// is no session before the code. [Options].RequiredFor says who must have an app.
//
// # Security notes
//
// A code is used once, in all processes, and wrong ones count for the user, over all sign-ins that
// wait. Secrets are sealed together with the ids of their rows, recovery codes are hashed. A change
// of the apps needs a sign-in of late and a code, and ends the other sessions.
package factor
