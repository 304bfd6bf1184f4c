package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"

	josecipher "github.com/go-jose/go-jose/v4/cipher"
)

// encoding is a content encryption algorithm (RFC 7518 § 5.1).
type encoding string

const (
	a256cbcHS512 encoding = "A256CBC-HS512"
	a256gcm      encoding = "A256GCM"
)

func (e encoding) keySize() int {
	if e == a256gcm {
		return 32
	}
	return 64
}

func (e encoding) tagSize() int {
	if e == a256gcm {
		return 16
	}
	return 32
}

func (e encoding) aead(key []byte) (cipher.AEAD, error) {
	if e == a256cbcHS512 {
		return josecipher.NewCBCHMAC(key, aes.NewCipher)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// key is derived from one secret for one salt and one algorithm. It does not change and is safe for
// concurrent use, as its cipher is.
type key struct {
	header
	protected string // the protected header of the tokens that the key encrypts, in base64url
	aead      cipher.AEAD
}

var errSecret = errors.New("a secret is missing")

// deriveAll returns the keys of a salt: all algorithms of the first secret, then all of the second,
// and so on.
func deriveAll(secrets []string, scheme Scheme, salt string) ([]key, error) {
	if len(secrets) == 0 {
		return nil, errSecret
	}
	var keys []key
	for _, secret := range secrets {
		for _, enc := range scheme.encodings() {
			k, err := derive(secret, scheme, salt, enc)
			if err != nil {
				return nil, err
			}
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// derive returns the key of one secret and one algorithm.
func derive(secret string, scheme Scheme, salt string, enc encoding) (key, error) {
	if secret == "" {
		return key{}, errSecret
	}
	raw, err := hkdf.Key(sha256.New, []byte(secret), []byte(salt), scheme.info(salt), enc.keySize())
	if err != nil {
		return key{}, fmt.Errorf("derive key: %w", err)
	}
	aead, err := enc.aead(raw)
	if err != nil {
		return key{}, fmt.Errorf("make cipher: %w", err)
	}
	k := key{header: header{enc: enc}, aead: aead}
	protected := `{"alg":"dir","enc":"` + string(enc) + `"`
	if scheme == SchemeV5 {
		k.kid, k.hasKid = thumbprint(raw), true
		protected += `,"kid":"` + k.kid + `"`
	}
	k.protected = base64.RawURLEncoding.EncodeToString([]byte(protected + "}"))
	return k, nil
}

// thumbprint returns the JWK thumbprint of a symmetric key (RFC 7638 § 3), made with the hash that
// is as long as the key. It is the kid.
func thumbprint(raw []byte) string {
	jwk := []byte(`{"k":"` + base64.RawURLEncoding.EncodeToString(raw) + `","kty":"oct"}`)
	if len(raw) == sha256.Size {
		sum := sha256.Sum256(jwk)
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	sum := sha512.Sum512(jwk)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
