package redisstore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
)

// sealer encrypts values, each for its key in Redis: AES-256-GCM with a key that is derived from
// the secret and the key in Redis. So nobody who can read Redis learns a row, nobody who can write
// there makes a session, and a value under another key cannot be opened.
type sealer struct {
	keyFor func(key string) []byte // a function, so that package fmt cannot print the secret
}

func newSealer(secret string) (*sealer, error) {
	from, err := hkdf.Key(sha256.New, []byte(secret), nil, "cardea redisstore sessions", sha256.Size)
	return &sealer{func(key string) []byte {
		mac := hmac.New(sha256.New, from)
		mac.Write([]byte(key))
		return mac.Sum(nil)
	}}, err
}

func (s *sealer) cipher(key string) (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.keyFor(key))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal returns the nonce and the encrypted value, behind the prefix.
func (s *sealer) seal(prefix byte, key string, value []byte) ([]byte, error) {
	aead, err := s.cipher(key)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(value)+aead.Overhead())
	sealed[0] = prefix
	rand.Read(sealed[1:])
	return aead.Seal(sealed, sealed[1:], value, nil), nil
}

// open opens what seal has returned for that key.
func (s *sealer) open(key string, sealed []byte) ([]byte, error) {
	aead, err := s.cipher(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < 1+aead.NonceSize() {
		return nil, errors.New("the value is cut off")
	}
	nonce, value := sealed[1:1+aead.NonceSize()], sealed[1+aead.NonceSize():]
	return aead.Open(value[:0], nonce, value, nil)
}
