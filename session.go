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

	// Methods are how the user has proven who they are. The names are those of RFC 8176: pwd (a
	// password), otp (a one-time code), pop (a key) and mfa (several factors in one step). In
	// addition there are mail (a link or code in a mail), fed (another site, as with OAuth) and
	// recovery (a recovery code). They are nil if nobody knows, as in a session that a Node server
	// made.
	Methods []string

	// Level is how sure it is that the user is who they say: 1, or 2 if they have proven two
	// factors. It was computed from Methods when the session began. If nobody knows, it is 1.
	Level int

	// AuthTime is when the user last proved who they are: for most sessions at the sign-in. If
	// nobody knows, it is the zero time, and the proof must count as long ago.
	AuthTime time.Time

	// CreatedAt is the time of the sign-in. [SessionConfig].Lifetime counts from it. If nobody
	// knows, it is the zero time.
	CreatedAt time.Time

	// SeenAt is when the session was last used, give or take an hour. It is the zero time if nobody
	// knows, and in a JWT session.
	SeenAt time.Time

	// IP is the client's address at the sign-in, as [SessionConfig].RecordIP says: an address such
	// as 203.0.113.7, or a network such as 203.0.113.0/24. It is for the list of [Auth.Sessions]:
	// elsewhere it may be "". It is "" if nobody knows, and in a JWT session.
	IP string

	// UserAgent is the header User-Agent of the sign-in: its printable ASCII characters, 255 at
	// most. The client chooses it, so escape it on pages, and do not rely on it. It is there where
	// IP is, and "" if there was none.
	UserAgent string

	// User is the user's row, read with the session. In a JWT session it has what the token says;
	// its EmailVerified, to the second, is that of the sign-in. If the address in the token was
	// changed since, or the token is of a Node server, EmailVerified is zero.
	User *User

	// Claims are the content of a JWT session's token. They are nil in a database session.
	Claims oauth.Claims

	// Entity is the application's row, a pointer to the type that the adapter was given for
	// sessions, such as *Visit for gormadapter.WithSession[Visit]. It is nil if the adapter was
	// given none, and in a JWT session.
	Entity any

	order int64 // number of the sign-in, in a JWT session; see signInOrder
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
