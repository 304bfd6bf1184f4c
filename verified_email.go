package cardea

import (
	"strconv"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// The claims with which a JWT session says that the user has proven the address in the claim email.
// They name the address: a callback of the application, or a Node server that does not know these
// claims, may change the claim email alone, and the new address is not verified then.
const (
	claimVerifiedEmail   = "verified_email"    // the address that is proven
	claimVerifiedEmailAt = "verified_email_at" // when, in seconds since 1970 (NumericDate, RFC 7519 § 2)
)

// setVerifiedEmail says in the claims that the user has proven the address, if that is so.
func setVerifiedEmail(claims oauth.Claims, u *User) {
	if u.Email != "" && !u.EmailVerified.IsZero() {
		claims[claimVerifiedEmail], claims[claimVerifiedEmailAt] = u.Email, u.EmailVerified.Unix()
	}
}

// emailVerified returns when the user proved the address in the claim email, to the second. It is
// the zero time if the claims do not say that it is proven, and 1970 if they do not say when.
func emailVerified(claims oauth.Claims) time.Time {
	email := claims.String("email")
	if email == "" || claims.String(claimVerifiedEmail) != email {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(claims.String(claimVerifiedEmailAt), 10, 64)
	if err != nil || seconds < 0 || seconds > lastSecond {
		seconds = 0
	}
	return time.Unix(seconds, 0).UTC()
}

// dropStaleEmail removes the proof of an address that is no longer in the claim email. A token must
// not keep an address that the application has taken out of it.
func dropStaleEmail(claims oauth.Claims) {
	if emailVerified(claims).IsZero() {
		delete(claims, claimVerifiedEmail)
		delete(claims, claimVerifiedEmailAt)
	}
}
