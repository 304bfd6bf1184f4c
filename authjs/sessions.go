package authjs

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Sessions reads and writes the session cookies of one Node server. Make it with [New]; it does not
// change and is safe for concurrent use.
type Sessions struct {
	sealer *seal.Sealer
	scheme seal.Scheme
	names  []cookie.Names // in the order in which they are looked for; the first is also written
	salts  []string       // of names, each once
	maxAge time.Duration
	bearer bool
	log    *slog.Logger
}

// New returns the sessions of a Node server. It derives the keys, so that no request has to. The
// error names every field that is wrong.
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

// salt is part of the key of a session in that cookie.
func (s *Sessions) salt(n *cookie.Names) string { return s.scheme.SessionSalt(n.Session) }

// Read returns the content of a request's session, which is never nil then. Otherwise it returns
// nil and [ErrNoSession], [ErrExpired] or [ErrInvalid].
//
// The clocks of the two servers may differ by 15 seconds; a session without an expiry does not
// expire. A session of more than 64 kB, or one among more than 100 kB of cookies, does not count.
// The cookie with the prefix __Secure- comes before the one without, and a cookie before the
// Authorization header: the first that is there is the only one tried.
//
// Read does not renew a session. A Node server does so when its client asks it for the session;
// [Sessions.Write] with the claims does it here.
func (s *Sessions) Read(r *http.Request) (Claims, error) {
	for i := range s.names {
		n := &s.names[i]
		if token := cookie.NewJar(r.Header, n).Session(); token != "" {
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

func (s *Sessions) open(token, salt string) (Claims, error) {
	claims, err := s.sealer.Open(salt, token, time.Now())
	switch {
	case err == nil:
		return claims, nil
	case errors.Is(err, seal.ErrExpired):
		return nil, ErrExpired
	}
	return nil, ErrInvalid
}

// openAny opens a token that came without the name of its cookie.
func (s *Sessions) openAny(token string) (claims Claims, err error) {
	for _, salt := range s.salts {
		if claims, err = s.open(token, salt); !errors.Is(err, ErrInvalid) {
			break
		}
	}
	return claims, err
}

// Write sets the session cookie of a response, in several parts when it is long. The claims become
// the content of the session, with iat, exp and jti set anew; the map stays as it is. Auth.js
// expects sub, name, email and picture in it. Call it before the response's body is written.
//
// Of the two default names it is the one with __Secure-, whichever came, unless
// [Config].InsecureCookies says otherwise. What the request or an earlier call had under any of the
// names is removed, and Cache-Control becomes "private, no-store". Cookies are for the host that
// sets them, unless [Config].CookieDomain says otherwise.
//
// Write fails, and changes nothing, without claims, with claims that are not JSON, and with more
// than fit into 64 kB. Node accepts 16 kB of headers.
func (s *Sessions) Write(w http.ResponseWriter, r *http.Request, claims Claims) error {
	if len(claims) == 0 {
		return errors.New("authjs: write a session: there are no claims")
	}
	now, n := time.Now(), &s.names[0]
	token, err := s.sealer.Seal(s.salt(n), claims, now, s.maxAge)
	if err != nil {
		return fmt.Errorf("authjs: write a session: %w", err)
	}
	jar := cookie.NewJar(r.Header, n)
	if err := jar.SetSession(token, now.Add(s.maxAge)); err != nil {
		return fmt.Errorf("authjs: write a session: %w", err)
	}
	s.forget(w.Header())
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

// Clear makes the browser forget its session, under each of the names and in each of its parts. A
// copy of the cookie still works until it expires. Call it before the response's body is written.
func (s *Sessions) Clear(w http.ResponseWriter, r *http.Request) {
	s.forget(w.Header())
	for i := range s.names {
		jar := cookie.NewJar(r.Header, &s.names[i])
		jar.ClearSession()
		jar.Write(w.Header())
	}
}

// forget undoes earlier calls for the same response, whose parts could otherwise outlive this one,
// and keeps the response out of caches.
func (s *Sessions) forget(h http.Header) {
	for i := range s.names {
		s.names[i].DiscardSession(h)
	}
	h.Set("Cache-Control", "private, no-store")
}
