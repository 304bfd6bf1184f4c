package cardea

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// The kinds of tokens among the verification tokens, as the Identifier of a [VerificationToken]
// begins; features have kinds of their own. That of a link or code in a mail is an e-mail address,
// in which no colon can come before the @ (RFC 5322 § 3.4.1).
const (
	tokenOfRefresh = "refresh:" // and the provider: the lock of a process that refreshes tokens
	tokenOfFlow    = "flow:"    // and the provider: a sign-in at a provider that has ended
	tokenOfProof   = "once:"    // and the provider: a proof that was used
	tokenOfSignOut = "signout:" // a JWT session that has ended
	tokenOfCut     = "cut:"     // a user whose earlier JWT sessions have ended
	tokenOfPending = "pending:" // and the id of the user: a sign-in that waits for a second proof
)

// newUsedToken returns a token that says that something was used. It has a hash of the ID, which
// may be a secret, and of any length.
func newUsedToken(kind, provider, id string, until time.Time) *VerificationToken {
	sum := sha256.Sum256([]byte(kind + provider + "\x00" + id))
	return &VerificationToken{Identifier: kind + provider, Token: hex.EncodeToString(sum[:]), Expires: until}
}
