package cardea

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// Session says who is signed in, and until when.
type Session struct {
	// Token is the key of the session in a [SessionStore]: a hash of what the cookie holds, useless
	// to whoever reads the database. "" in a JWT session.
	Token string `json:"-"`

	UserID  string    // the id of the user
	Expires time.Time // when the session ends, unless it is used before

	// User is the row. In a JWT session it is what the token says.
	User *User

	// Claims are the content of the token of a JWT session, and nil otherwise.
	Claims oauth.Claims

	// Entity is the application's row, a pointer to the type that the adapter was given for
	// sessions, such as *Visit for gormadapter.WithSession[Visit]. It is nil if the adapter was
	// given none, and in a JWT session.
	Entity any
}

// ID names a [StrategyDatabase] session on a page and in its forms, for [Auth.EndSession]. It is a
// hash of Token, because Token must not appear there if [SessionConfig.InsecureStoreRawTokens] is
// set. It is "" for a JWT session.
func (s *Session) ID() string {
	if s.Token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("session id\x00" + s.Token))
	return hex.EncodeToString(sum[:])
}
