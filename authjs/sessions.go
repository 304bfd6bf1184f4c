package authjs

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/jsonvalue"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/internal/signinclaim"
)

// Sessions reads and writes the session cookies of one Node server. Make it with [New]. It is safe
// for concurrent use.
type Sessions struct {
	sealer *seal.Sealer
	scheme seal.Scheme
	names  []cookie.Names // in the order in which they are looked for; the first is also written
	salts  []string       // the salts of names, without duplicates
	maxAge time.Duration
	bearer bool
	log    *slog.Logger
}

// New returns the sessions of a Node server. It derives the encryption keys, so that
// no request has to. The error names every field of the configuration that is wrong.
func New(c Config) (*Sessions, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &Sessions{
		sealer: seal.New(c.secrets(), c.scheme()), scheme: c.scheme(), names: c.names(),
		maxAge: c.MaxAge, bearer: c.Bearer, log: c.Logger,
	}
	for i := range s.names {
		salt := s.salt(&s.names[i])
		if slices.Contains(s.salts, salt) {
			continue
		}
		if err := s.sealer.Prepare(salt); err != nil {
			return nil, fmt.Errorf("authjs: %w", err)
		}
		s.salts = append(s.salts, salt)
	}
	return s, nil
}

// salt returns the salt from which the key for a session in that cookie is derived.
func (s *Sessions) salt(n *cookie.Names) string { return s.scheme.SessionSalt(n.Session) }

// Read returns the claims of a request's session, which are not nil. Otherwise it returns nil and
// one of [ErrNoSession], [ErrExpired] and [ErrInvalid].
//
//   - The cookie with the prefix __Secure- has precedence over the one without, and a cookie over
//     the Authorization header. Only the first one that the request has is tried.
//   - The clocks of the two servers may differ by 15 seconds.
//   - A session without exp does not expire.
//   - If the request has more than 100 kB of cookies, they are ignored. A session of more than 64
//     kB is not valid.
//
// Read does not renew a session. The Node server renews it when its client requests the session; a
// Go service can pass the claims to [Sessions.Write].
func (s *Sessions) Read(r *http.Request) (Claims, error) {
	for i := range s.names {
		n := &s.names[i]
		jar := cookie.NewJar(r.Header, n)
		if jar.IsAmbiguous() {
			return s.openLast(jar.Sessions(), s.salt(n))
		}
		if token := jar.Session(); token != "" {
			return s.open(token, s.salt(n))
		}
	}
	if !s.bearer {
		return nil, ErrNoSession
	}
	token := bearerToken(r.Header)
	if token == "" {
		return nil, ErrNoSession
	}
	return s.openAny(token)
}

// open returns the claims of a token with that salt, or one of the errors of Read.
func (s *Sessions) open(token, salt string) (Claims, error) {
	now := time.Now()
	claims, err := s.sealer.Open(salt, token, now)
	switch {
	case err == nil && isOver(claims, now):
		return nil, ErrExpired
	case err == nil:
		return claims, nil
	case errors.Is(err, seal.ErrExpired):
		return nil, ErrExpired
	}
	return nil, ErrInvalid
}

// isOver reports whether the lifetime of a session of Cardea is over. It cannot be renewed then.
func isOver(claims Claims, now time.Time) bool {
	end := lifetimeEnd(claims)
	return !end.IsZero() && !now.Before(end)
}

// lifetimeEnd returns when the lifetime of a session of Cardea ends, and the zero time if it does
// not end, or if a Node server made the session.
func lifetimeEnd(claims Claims) time.Time {
	return signinclaim.Parse(jsonvalue.String(claims[signinclaim.Name])).End
}

// openLast is open for the last valid one of several tokens: a browser sends cookies of before, of
// another domain or path, in front of the right one. Without one, the error is that of the first.
func (s *Sessions) openLast(tokens []string, salt string) (Claims, error) {
	for _, token := range slices.Backward(tokens) {
		if claims, err := s.open(token, salt); err == nil {
			return claims, nil
		}
	}
	return s.open(tokens[0], salt)
}

// openAny is open for a bearer token. The name of its cookie is not known, so it tries all salts.
func (s *Sessions) openAny(token string) (claims Claims, err error) {
	for _, salt := range s.salts {
		claims, err = s.open(token, salt)
		if !errors.Is(err, ErrInvalid) {
			break
		}
	}
	return claims, err
}

// Write sets the session cookie of a response, split into several cookies if it is long. Call it
// before the body of the response is written.
//
// The session has the claims, with new iat, exp and jti. Write does not change the map. Auth.js
// expects sub, name, email and picture in it. A session that package cardea made does not get a
// longer life than its Session.Lifetime; the claim signin has the end.
//
// The cookie has the default name with __Secure-, whatever the name of the request's cookie is,
// unless [Config].CookieName or [Config].InsecureCookies is set. It is for this host alone, unless
// [Config].CookieDomain is set. Write removes cookies of the session that the request has under
// other names or that an earlier call has set, and sets Cache-Control to "private, no-store".
//
// Write returns an error and changes nothing if there are no claims, if they cannot be encoded as
// JSON, or if the session would have more than 64 kB. Node accepts only 16 kB of headers.
func (s *Sessions) Write(w http.ResponseWriter, r *http.Request, claims Claims) error {
	if len(claims) == 0 {
		return errors.New("authjs: write a session: there are no claims")
	}
	now, n := time.Now(), &s.names[0]
	expires := now.Add(s.maxAge)
	if end := lifetimeEnd(claims); !end.IsZero() && end.Before(expires) {
		expires = end
	}
	token, err := s.sealer.Seal(s.salt(n), claims, now, expires.Sub(now))
	if err != nil {
		return fmt.Errorf("authjs: write a session: %w", err)
	}
	jar := cookie.NewJar(r.Header, n)
	if err := jar.SetSession(token, expires); err != nil {
		return fmt.Errorf("authjs: write a session: %w", err)
	}
	s.discardEarlier(w.Header())
	jar.Write(w.Header())
	for i := range s.names[1:] {
		other := cookie.NewJar(r.Header, &s.names[1+i])
		if other.Session() != "" {
			other.ClearSession()
			other.Write(w.Header())
		}
	}
	return nil
}

// Clear removes the session from the browser: all cookies, under all names. A copy of the session
// stays valid until it expires. Call it before the body of the response is written.
func (s *Sessions) Clear(w http.ResponseWriter, r *http.Request) {
	s.discardEarlier(w.Header())
	for i := range s.names {
		jar := cookie.NewJar(r.Header, &s.names[i])
		jar.ClearSession()
		jar.Write(w.Header())
	}
}

// discardEarlier removes what earlier calls for the same response have set, because some of their
// chunks could otherwise stay in the browser, and forbids caches to store the response.
func (s *Sessions) discardEarlier(h http.Header) {
	for i := range s.names {
		s.names[i].DiscardSession(h)
	}
	h.Set("Cache-Control", "private, no-store")
}
