// Package seal encrypts and decrypts the tokens of Auth.js and NextAuth.js: sessions without a
// database, and the values that a browser keeps in cookies during a sign-in.
//
// A token is a compact JWE with direct encryption (RFC 7516 § 7.1, RFC 7518 § 4.5). HKDF derives
// the key from a secret and a salt. The salt is the name of the cookie that has the token, so a
// token cannot be moved from one cookie to another. The ciphers are those of the standard library
// and of go-jose; this package reads and checks the tokens before it calls a cipher.
package seal

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// MaxLength is the maximum length of a token, in bytes.
const MaxLength = 64 << 10

// The errors of [Sealer.Open].
var (
	// ErrInvalid is returned for every token that is not genuine, without the reason, so that a
	// forger learns nothing from it.
	ErrInvalid = errors.New("token is not valid")

	// ErrExpired is returned for a genuine token, after its decryption, that has expired.
	ErrExpired = errors.New("token has expired")
)

// Sealer encrypts and decrypts tokens. It is safe for concurrent use.
type Sealer struct {
	secrets []string
	scheme  Scheme

	mu   sync.RWMutex
	keys map[string][]key // by salt
}

// maxSalts limits the cache of keys. A deployment has about ten cookies, and visitors cannot choose
// a salt.
const maxSalts = 64

// New returns a Sealer that encrypts with the first secret and decrypts with all of them. If there
// is no secret, or if one of them is empty, every call of its methods fails.
func New(secrets []string, scheme Scheme) *Sealer {
	return &Sealer{secrets: slices.Clone(secrets), scheme: scheme, keys: map[string][]key{}}
}

// Seal returns a token with these claims, and with its own iat, exp (both in seconds) and jti. It
// does not change the map. maxAge is rounded down to whole seconds. The error says that the claims
// cannot be encoded as JSON, that the token would be longer than [MaxLength], or that a secret is
// missing.
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
		return "", fmt.Errorf("the token has %d bytes, want at most %d", len(token), MaxLength)
	}
	return token, nil
}

// Open returns the claims of a token that was sealed with the same salt; their numbers are
// [json.Number]. Otherwise the claims are nil and the error is [ErrExpired] or [ErrInvalid]. The
// clock of the sealing server may be up to 15 seconds ahead or behind. A token without exp does not
// expire.
//
// In v5 the header kid of a token tells which secret decrypts it; a token without kid is decrypted
// with the first secret. v4 has no kid, so each secret is tried.
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
		if !keys[i].matches(h) {
			continue
		}
		text, ok := keys[i].open(p)
		if ok || s.scheme == SchemeV5 {
			return text, ok
		}
	}
	return nil, false
}

// Prepare derives the keys of a salt, so that the first token does not have to wait for that. It
// fails if a secret is missing.
func (s *Sealer) Prepare(salt string) error {
	_, err := s.keysOf(salt)
	return err
}

// keysOf returns the keys of a salt. They are derived only once, for the first maxSalts salts.
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
