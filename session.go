package cardea

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// Session is a visitor's signed-in state.
type Session struct {
	// Token is the session's key in a [SessionStore]: a hash of what the cookie holds, useless to
	// whoever reads the database. Empty in a JWT session.
	Token   string `json:"-"`
	UserID  string
	Expires time.Time

	User   *User        // the row; in a JWT session what the token says
	Claims oauth.Claims // the content of the token in a JWT session; nil otherwise

	// Entity is the application's own row, a pointer to the type that the adapter was given for it,
	// such as *Visit for gormadapter.WithSession[Visit]; nil where it was given none, and in a JWT
	// session.
	Entity any
}

// ID names a session of the [StrategyDatabase] strategy on a page and in its forms, for
// [Auth.EndSession]. It is a hash of Token, which must not be seen there where
// [SessionConfig.InsecureStoreRawTokens] is set. It is "" for a JWT session.
func (s *Session) ID() string {
	if s.Token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("session id\x00" + s.Token))
	return hex.EncodeToString(sum[:])
}
