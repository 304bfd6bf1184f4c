package cardea

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// Session says who is signed in, and until when.
type Session struct {
	// Token is the key of the session in a [SessionStore]. It is a hash of the cookie's value, so
	// that nobody who reads the database can use it; with SessionConfig.InsecureStoreRawTokens it
	// is that value. It is "" in a JWT session.
	Token string `json:"-"`

	UserID  string    // the id of the user
	Expires time.Time // when the session ends if it is not extended

	// User is the user's row, read with the session. In a JWT session it has what the token says.
	User *User

	// Claims are the content of a JWT session's token. They are nil in a database session.
	Claims oauth.Claims

	// Entity is the application's row, a pointer to the type that the adapter was given for
	// sessions, such as *Visit for gormadapter.WithSession[Visit]. It is nil if the adapter was
	// given none, and in a JWT session.
	Entity any
}

// ID returns the identifier of a [StrategyDatabase] session for pages and forms, and for
// [Auth.EndSession]. It is a hash of Token, because Token must not appear on a page if
// [SessionConfig.InsecureStoreRawTokens] is set. For a JWT session it is "".
func (s *Session) ID() string {
	if s.Token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("session id\x00" + s.Token))
	return hex.EncodeToString(sum[:])
}
