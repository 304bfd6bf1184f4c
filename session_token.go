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

	"github.com/cardea-auth/cardea/internal/seal"
)

// tokenSessions is the JWT strategy. Its tokens carry the claim sid, the same in all tokens of one
// sign-in (OpenID Connect Front-Channel Logout 1.0 § 3), so that signing out ends all of them. To a
// token that another server made without one, its jti is the sid.
type tokenSessions struct {
	sealer *seal.Sealer
	maxAge time.Duration
	change func(context.Context, *TokenChange) (Claims, error)
	log    *slog.Logger
	ended  ledger // by sid
	cuts   ledger // by user: the tokens made before some time
}

// create returns the session of someone who just signed in and the value for its cookie, "" when
// the application's callback ended it at once.
func (s *tokenSessions) create(ctx context.Context, in *SignIn, p presented) (string, *Session, error) {
	claims := Claims{
		"name": orNull(in.User.Name), "email": orNull(in.User.Email), "picture": orNull(in.User.Image),
		"sub": in.User.ID, "sid": rand.Text(),
	}
	trigger := TriggerSignIn
	if in.IsNewUser {
		trigger = TriggerSignUp
	}
	value, claims, err := s.write(ctx, &TokenChange{Claims: claims, Trigger: trigger, SignIn: in}, p)
	if err != nil || value == "" {
		return "", nil, err
	}
	session := sessionOf(claims)
	session.User, session.Expires = in.User, p.now.Add(s.maxAge)
	return value, session, nil
}

// orNull is the text for JSON, null when there is none.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// sid is what the tokens of one sign-in have in common.
func sid(c Claims) string { return cmp.Or(c.String("sid"), c.String("jti")) }

// write lets the application change the claims, all but sid, and seals them.
func (s *tokenSessions) write(ctx context.Context, t *TokenChange, p presented) (string, Claims, error) {
	claims, sid := t.Claims, sid(t.Claims)
	if s.change != nil {
		var err error
		if claims, err = s.change(ctx, t); err != nil {
			return "", nil, fmt.Errorf("jwt callback: %w", err)
		}
		if claims == nil {
			return "", nil, nil
		}
	}
	if sid != "" && claims.String("sid") != sid {
		claims = maps.Clone(claims) // the map may be the application's own
		claims["sid"] = sid
	}
	value, err := s.sealer.Seal(p.salt, claims, p.now, s.maxAge)
	if err != nil {
		return "", nil, fmt.Errorf("seal the session: %w", err)
	}
	return value, claims, nil
}

// sessionOf is the session that the claims of a token describe, without its expiry.
func sessionOf(claims Claims) *Session {
	id := claims.String("sub")
	return &Session{UserID: id, Claims: claims, User: &User{
		ID: id, Name: claims.String("name"), Email: claims.String("email"), Image: claims.String("picture"),
	}}
}

func (s *tokenSessions) read(ctx context.Context, p presented) (*Session, error) {
	if p.value == "" {
		return nil, nil
	}
	opened, err := s.sealer.Open(p.salt, p.value, p.now)
	if err != nil {
		s.log.DebugContext(ctx, "cardea: session token refused", "cause", err)
		return nil, nil
	}
	claims := Claims(opened)
	exp, ok := claims["exp"].(json.Number)
	seconds, err := exp.Int64()
	if !ok || err != nil || claims.String("sub") == "" {
		return nil, nil
	}
	if id := sid(claims); id != "" && s.ended.has(id, p.now) {
		return nil, nil
	}
	session := sessionOf(claims)
	if s.isCut(session, p.now) {
		return nil, nil
	}
	session.Expires = time.Unix(seconds, 0).UTC()
	return session, nil
}

func (s *tokenSessions) refresh(ctx context.Context, session *Session, p presented, r refresh) (string, error) {
	t := &TokenChange{Claims: maps.Clone(session.Claims), Trigger: r.trigger, Update: r.update}
	value, claims, err := s.write(ctx, t, p)
	if err != nil || value == "" {
		return "", err
	}
	*session = *sessionOf(claims)
	session.Expires = p.now.Add(s.maxAge)
	return value, nil
}

// end enters the sign-in in this process's ledger; other processes go on accepting its tokens until
// they expire.
func (s *tokenSessions) end(_ context.Context, p presented) error {
	opened, err := s.sealer.Open(p.salt, p.value, p.now)
	if errors.Is(err, seal.ErrInvalid) || errors.Is(err, seal.ErrExpired) {
		return nil
	}
	if id := sid(Claims(opened)); id != "" {
		s.ended.add(id, p.now, p.now.Add(s.maxAge+time.Minute))
	}
	return nil
}

// endAll makes the tokens of a user worthless that were made before the second of that time, in
// this process alone, as end does.
func (s *tokenSessions) endAll(userID string, before time.Time) {
	s.cuts.put(userID, before, before.Add(s.maxAge+time.Minute))
}

func (s *tokenSessions) isCut(session *Session, now time.Time) bool {
	until, ok := s.cuts.get(session.UserID, now)
	if !ok {
		return false
	}
	iat, _ := session.Claims["iat"].(json.Number)
	made, err := iat.Int64()
	return err != nil || made < until.Add(-s.maxAge-time.Minute).Unix()
}
