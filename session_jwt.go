package cardea

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"time"

	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/internal/signinclaim"
	"github.com/cardea-auth/cardea/oauth"
)

// jwtSessions is the strategy in which the cookie holds the session. Its tokens contain the claim
// sid, the same in all tokens of one sign-in (OpenID Connect Front-Channel Logout 1.0 § 3), so that
// signing out ends all of them. If a token of another server has no sid, its jti is used instead.
// They also contain a claim about the sign-in; see package signinclaim.
type jwtSessions struct {
	auth   *Auth
	sealer *seal.Sealer
	config SessionConfig
	change func(context.Context, *TokenChange) (oauth.Claims, error)
	log    *slog.Logger
	ended  *signedOut
	order  signInOrder

	endings endings
}

// create returns the session of a user who has just signed in, and the value of its cookie: "" if
// Callbacks.JWT has ended the session.
func (s *jwtSessions) create(ctx context.Context, res *signInResult, id identity) (string, *Session, error) {
	in := &res.SignIn
	claims := oauth.Claims{
		"name": orNull(in.User.Name), "email": orNull(in.User.Email), "picture": orNull(in.User.Image),
		"sub": in.User.ID, "sid": rand.Text(),
	}
	setVerifiedEmail(claims, in.User)
	trigger := TriggerSignIn
	if in.IsNewUser {
		trigger = TriggerSignUp
	}
	session := &res.opened
	session.SeenAt, session.IP, session.UserAgent = time.Time{}, "", "" // a token has no place for them
	session.order = id.order
	value, err := s.write(ctx, session, &TokenChange{Claims: claims, Trigger: trigger, SignIn: in}, id.cookie)
	if err != nil || value == "" {
		return "", nil, err
	}
	session.User = in.User
	return value, session, nil
}

// sid returns the identifier that all tokens of one sign-in share.
func sid(c oauth.Claims) string { return cmp.Or(c.String("sid"), c.String("jti")) }

// write lets the application change the claims, except sid and the one about the sign-in, extends
// the session, and returns its token. The token is "" if the application ends the session.
func (s *jwtSessions) write(
	ctx context.Context, session *Session, t *TokenChange, c sessionCookie,
) (string, error) {
	claims, sid := t.Claims, sid(t.Claims)
	if s.change != nil {
		var err error
		if claims, err = s.change(ctx, t); err != nil {
			return "", fmt.Errorf("Callbacks.JWT: %w", err)
		}
		if claims == nil {
			return "", nil
		}
		claims = maps.Clone(claims) // the map may belong to the application
	}
	dropStaleEmail(claims)
	session.CreatedAt = s.config.begin(session, c.now)
	session.Expires = s.config.extended(session, c.now)
	if sid != "" {
		claims["sid"] = sid
	}
	claims[signinclaim.Name] = s.config.signInClaim(session)
	value, err := s.sealer.Seal(c.salt, claims, c.now, session.Expires.Sub(c.now))
	if err != nil {
		return "", fmt.Errorf("encrypt the session: %w", err)
	}
	session.describe(claims)
	return value, nil
}

// signInClaim returns the claim about the sign-in of a session.
func (c SessionConfig) signInClaim(s *Session) string {
	in := signinclaim.Claim{
		Begin: s.CreatedAt, Order: s.order, Level: s.Level, AuthTime: s.AuthTime, Methods: s.Methods,
	}
	if c.Lifetime > 0 {
		in.End = s.CreatedAt.Add(c.Lifetime)
	}
	return in.String()
}

// describe sets what the claims say about the user.
func (s *Session) describe(claims oauth.Claims) {
	id := claims.String("sub")
	s.UserID, s.Claims, s.User = id, claims, &User{
		ID: id, Name: claims.String("name"), Email: claims.String("email"), Image: claims.String("picture"),
		EmailVerified: emailVerified(claims),
	}
}

// sessionOf returns the session that the claims of a token describe, without its expiry. A token of
// another server does not say when the sign-in was. It then counts from the token's iat, which is
// not later than that of any token that this package makes of it.
func sessionOf(claims oauth.Claims) *Session {
	in := signinclaim.Parse(claims.String(signinclaim.Name))
	if in.Begin.IsZero() {
		in.Begin = secondsClaim(claims, "iat")
	}
	if in.Order == 0 {
		in.Order = in.Begin.UnixMicro()
	}
	s := &Session{
		Methods: in.Methods, Level: max(in.Level, 1), AuthTime: in.AuthTime, CreatedAt: in.Begin, order: in.Order,
	}
	s.describe(claims)
	return s
}

// secondsClaim returns a claim that is a time in seconds since 1970, without their fraction, and
// the zero time if there is none (RFC 7519 § 2).
func secondsClaim(claims oauth.Claims, name string) time.Time {
	n, _ := claims[name].(json.Number)
	seconds, err := n.Float64()
	if err != nil || seconds < 0 || seconds > lastSecond {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

const lastSecond = 253402300799 // of the year 9999

func (s *jwtSessions) read(ctx context.Context, c sessionCookie) (*Session, error) {
	if c.value == "" {
		return nil, nil
	}
	opened, err := s.sealer.Open(c.salt, c.value, c.now)
	if err != nil {
		s.log.DebugContext(ctx, "cardea: session token refused", "cause", err)
		return nil, nil
	}
	claims := oauth.Claims(opened)
	expires := secondsClaim(claims, "exp")
	if expires.IsZero() || claims.String("sub") == "" {
		return nil, nil
	}
	session := sessionOf(claims)
	s.order.see(session.order, c.now)
	if ended, err := s.ended.has(ctx, session, sid(claims), expires, c.now); err != nil || ended {
		return nil, err
	}
	session.Expires = expires
	if s.config.isOver(session, c.now) {
		return nil, nil
	}
	s.config.limit(session, c.now)
	return session, nil
}

// readLocked is read in a transaction that has locked the user. Another one that has had the lock
// before may have ended the session, also if its end is not noted yet.
func (s *jwtSessions) readLocked(ctx context.Context, c sessionCookie, userID string) (*Session, error) {
	order := s.endings.of(userID) // before the session is read: afterwards it may have been noted
	session, err := s.read(ctx, c)
	if session != nil && session.UserID == userID && session.order < order {
		return nil, nil
	}
	return session, err
}

func (s *jwtSessions) refresh(
	ctx context.Context, session *Session, c sessionCookie, r sessionRefresh,
) (string, error) {
	t := &TokenChange{Claims: maps.Clone(session.Claims), Trigger: r.trigger, Update: r.update}
	return s.write(ctx, session, t, c)
}

// use does nothing: a token cannot tell when it was used.
func (s *jwtSessions) use(context.Context, *Session, time.Time) {}

// end ends all tokens of the sign-in. Without SessionConfig.ShareSignOuts, other processes accept
// and extend them, until SessionConfig.Lifetime is over.
func (s *jwtSessions) end(ctx context.Context, c sessionCookie) error {
	opened, err := s.sealer.Open(c.salt, c.value, c.now)
	if errors.Is(err, seal.ErrInvalid) || errors.Is(err, seal.ErrExpired) {
		return nil
	}
	claims := oauth.Claims(opened)
	if id := sid(claims); id != "" {
		return s.ended.end(ctx, claims.String("sub"), id, s.order.cut(c.now), c.now)
	}
	return nil
}

// endAll ends all sign-ins of a user before the next one, as far as end does. In a transaction with
// an outbox it does so at the end of that.
//
// What is compared is the order of the sign-ins and not the time of their tokens: whoever uses a
// session gets a new token with a new time all along.
func (s *jwtSessions) endAll(ctx context.Context, userID string, now time.Time) error {
	order := s.order.cut(now)
	return outboxOf(ctx, s.auth).end(ctx, func(ctx context.Context) error {
		return s.ended.endAll(ctx, userID, order, now)
	})
}

// rememberFor is how long the end of a sign-in is remembered: until all its tokens have expired,
// those too that other processes have extended, and a minute more, because the clocks of two
// servers may differ. Without a lifetime others can extend tokens for ever; then it is as long as
// the last one that this process has made may be used.
func (s *jwtSessions) rememberFor() time.Duration {
	return min(max(s.config.MaxAge, s.config.Lifetime), math.MaxInt64-maxAhead) + maxAhead
}
