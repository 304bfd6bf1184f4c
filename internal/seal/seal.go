// Package seal encrypts and decrypts the tokens of Auth.js and NextAuth.js: sessions without a
// database, and the values that a sign-in leaves in the browser between its steps.
//
// A token is a compact JWE with direct encryption (RFC 7516 § 7.1, RFC 7518 § 4.5) under a key that
// HKDF derives from a secret and a salt. The salt is the name of the cookie that the token goes
// into, so a token cannot be moved from one cookie to another. The ciphers are those of the
// standard library and of go-jose; all that is decided before a cipher runs is decided here.
package seal

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// MaxLength is the length of the longest token, in bytes.
const MaxLength = 64 << 10

// What [Sealer.Open] returns. An expired token is reported as such only after it was decrypted;
// everything else is one error, so that it tells a forger nothing.
var (
	ErrInvalid = errors.New("token is not valid")
	ErrExpired = errors.New("token has expired")
)

// Sealer makes tokens and reads them. It is safe for concurrent use.
type Sealer struct {
	secrets []string
	scheme  Scheme

	mu   sync.RWMutex
	keys map[string][]key // by salt
}

// maxSalts bounds the cache of keys. A deployment has some ten cookies; visitors cannot choose a
// salt.
const maxSalts = 64

// New returns a Sealer that encrypts with the first of secrets and decrypts with all of them.
// Without a secret, or with an empty one among them, it seals and opens nothing.
func New(secrets []string, scheme Scheme) *Sealer {
	return &Sealer{secrets: slices.Clone(secrets), scheme: scheme, keys: map[string][]key{}}
}

// Seal returns a token that holds claims, with iat, exp (both in seconds) and jti set by it. It
// leaves the map as it is. maxAge is cut to whole seconds. It fails when the claims are not JSON or
// the token would be longer than [MaxLength].
func (s *Sealer) Seal(salt string, claims map[string]any, now time.Time, maxAge time.Duration) (string, error) {
	keys, err := s.keysOf(salt)
	if err != nil {
		return "", err
	}
	text, err := encode(claims, now, maxAge)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	token := keys[0].seal(text)
	if len(token) > MaxLength {
		return "", fmt.Errorf("claims make a token of %d bytes, at most %d can be read", len(token), MaxLength)
	}
	return token, nil
}

// Open returns the claims of a token that was sealed with the same salt; their numbers are
// [json.Number]. Otherwise the error is [ErrExpired] or [ErrInvalid], and the claims are nil. The
// clock of the sealing server may be 15 seconds ahead or behind. A token without exp does not
// expire.
//
// In v5 a token's kid names the secret that opens it, and without one that is the first. In v4,
// where there is none, each secret is tried.
func (s *Sealer) Open(salt, token string, now time.Time) (map[string]any, error) {
	p, ok := split(token)
	if !ok {
		return nil, ErrInvalid
	}
	keys, err := s.keysOf(salt)
	if err != nil {
		return nil, ErrInvalid
	}
	text, ok := s.decrypt(p, keys)
	if !ok {
		return nil, ErrInvalid
	}
	return decode(text, now)
}

func (s *Sealer) decrypt(p parts, keys []key) ([]byte, bool) {
	h, ok := readHeader(p.header, keys)
	if !ok {
		return nil, false
	}
	for i := range keys {
		if !keys[i].fits(h) {
			continue
		}
		text, ok := keys[i].open(p)
		if ok || s.scheme == SchemeV5 {
			return text, ok
		}
	}
	return nil, false
}

// Prepare derives the keys of a salt ahead of its first token. It fails when a secret is missing.
func (s *Sealer) Prepare(salt string) error {
	_, err := s.keysOf(salt)
	return err
}

// keysOf returns the keys of a salt, which are derived once.
func (s *Sealer) keysOf(salt string) ([]key, error) {
	s.mu.RLock()
	keys, found := s.keys[salt]
	s.mu.RUnlock()
	if found {
		return keys, nil
	}
	keys, err := deriveAll(s.secrets, s.scheme, salt)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys) < maxSalts {
		s.keys[salt] = keys
	}
	return keys, nil
}
