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
	"time"

	"github.com/cardea-auth/cardea/internal/expiring"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/oauth"
)

// jwtSessions is the strategy in which the cookie holds the session. Its tokens contain the claim
// sid, the same in all tokens of one sign-in (OpenID Connect Front-Channel Logout 1.0 § 3), so that
// signing out ends all of them. If a token of another server has no sid, its jti is used instead.
type jwtSessions struct {
	sealer     *seal.Sealer
	maxAge     time.Duration
	change     func(context.Context, *TokenChange) (oauth.Claims, error)
	log        *slog.Logger
	endedSIDs  expiring.Set // sids of sign-ins that have ended
	endedUsers expiring.Set // ids of users whose older tokens have ended; see endAll
}

// create returns the session of a user who has just signed in, and the value of its cookie: "" if
// Callbacks.JWT has ended the session.
func (s *jwtSessions) create(ctx context.Context, in *SignIn, c sessionCookie) (string, *Session, error) {
	claims := oauth.Claims{
		"name": orNull(in.User.Name), "email": orNull(in.User.Email), "picture": orNull(in.User.Image),
		"sub": in.User.ID, "sid": rand.Text(),
	}
	trigger := TriggerSignIn
	if in.IsNewUser {
		trigger = TriggerSignUp
	}
	value, claims, err := s.write(ctx, &TokenChange{Claims: claims, Trigger: trigger, SignIn: in}, c)
	if err != nil || value == "" {
		return "", nil, err
	}
	session := sessionOf(claims)
	session.User, session.Expires = in.User, c.now.Add(s.maxAge)
	return value, session, nil
}

// sid returns the identifier that all tokens of one sign-in share.
func sid(c oauth.Claims) string { return cmp.Or(c.String("sid"), c.String("jti")) }

// write lets the application change the claims, except sid, and returns them with the encrypted
// token. The token is "" if the application ends the session.
func (s *jwtSessions) write(ctx context.Context, t *TokenChange, c sessionCookie) (string, oauth.Claims, error) {
	claims, sid := t.Claims, sid(t.Claims)
	if s.change != nil {
		var err error
		if claims, err = s.change(ctx, t); err != nil {
			return "", nil, fmt.Errorf("Callbacks.JWT: %w", err)
		}
		if claims == nil {
			return "", nil, nil
		}
	}
	if sid != "" && claims.String("sid") != sid {
		claims = maps.Clone(claims) // the map may belong to the application
		claims["sid"] = sid
	}
	value, err := s.sealer.Seal(c.salt, claims, c.now, s.maxAge)
	if err != nil {
		return "", nil, fmt.Errorf("encrypt the session: %w", err)
	}
	return value, claims, nil
}

// sessionOf returns the session that the claims describe, without its expiry.
func sessionOf(claims oauth.Claims) *Session {
	id := claims.String("sub")
	return &Session{UserID: id, Claims: claims, User: &User{
		ID: id, Name: claims.String("name"), Email: claims.String("email"), Image: claims.String("picture"),
	}}
}

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
	exp, ok := claims["exp"].(json.Number)
	seconds, err := exp.Int64()
	if !ok || err != nil || claims.String("sub") == "" {
		return nil, nil
	}
	if id := sid(claims); id != "" && s.endedSIDs.Has(id, c.now) {
		return nil, nil
	}
	session := sessionOf(claims)
	if s.endedForUser(session, c.now) {
		return nil, nil
	}
	session.Expires = time.Unix(seconds, 0).UTC()
	return session, nil
}

func (s *jwtSessions) refresh(
	ctx context.Context, session *Session, c sessionCookie, r sessionRefresh,
) (string, error) {
	t := &TokenChange{Claims: maps.Clone(session.Claims), Trigger: r.trigger, Update: r.update}
	value, claims, err := s.write(ctx, t, c)
	if err != nil || value == "" {
		return "", err
	}
	*session = *sessionOf(claims)
	session.Expires = c.now.Add(s.maxAge)
	return value, nil
}

// end ends all tokens of the sign-in in this process. Other processes accept them until they
// expire.
func (s *jwtSessions) end(_ context.Context, c sessionCookie) error {
	opened, err := s.sealer.Open(c.salt, c.value, c.now)
	if errors.Is(err, seal.ErrInvalid) || errors.Is(err, seal.ErrExpired) {
		return nil
	}
	if id := sid(oauth.Claims(opened)); id != "" {
		s.endedSIDs.Add(id, c.now, c.now.Add(s.rememberFor()))
	}
	return nil
}

// endAll ends all tokens of a user that were issued before a time, rounded down to the second. Like
// end, it does so in this process alone.
func (s *jwtSessions) endAll(userID string, before time.Time) {
	s.endedUsers.Extend(userID, before, before.Add(s.rememberFor()))
}

// endedForUser reports whether endAll has ended the session.
func (s *jwtSessions) endedForUser(session *Session, now time.Time) bool {
	until, ok := s.endedUsers.Until(session.UserID, now)
	if !ok {
		return false
	}
	before := until.Add(-s.rememberFor()) // as it was given to endAll
	iat, _ := session.Claims["iat"].(json.Number)
	issued, err := iat.Int64()
	return err != nil || issued < before.Unix()
}

// rememberFor is how long the end of a token is remembered: until the token has expired, and a
// minute more, because the clocks of two servers may differ.
func (s *jwtSessions) rememberFor() time.Duration { return s.maxAge + time.Minute }
