package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// AppleOptions contain the key that signs client secrets for [Apple]. Create it at
// https://developer.apple.com/account/resources/authkeys/list. If all fields are empty, c.Secret is
// the client secret.
type AppleOptions struct {
	TeamID     string // the ID of the developer account, 10 characters
	KeyID      string // the ID of the key, 10 characters
	PrivateKey string `json:"-"` // the contents of the .p8 file
}

// appleSecretAge is how long a client secret is valid. Apple allows half a year.
const appleSecretAge = time.Hour

func (o AppleOptions) check(c Client) error {
	switch {
	case o == (AppleOptions{}):
		return nil // c.Secret is the client secret
	case c.Secret != "":
		return errors.New("Client.Secret and AppleOptions are both set; set only one of them")
	case o.TeamID == "" || o.KeyID == "":
		return errors.New("AppleOptions.TeamID or AppleOptions.KeyID is empty; set both")
	}
	_, err := o.key()
	return err
}

// key parses the private key. Its errors never contain the key.
func (o AppleOptions) key() (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(o.PrivateKey))
	if block == nil {
		return nil, errors.New("AppleOptions.PrivateKey is not a PEM file; set the contents of the .p8 file")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("AppleOptions.PrivateKey is not a PKCS #8 key; set the contents of the .p8 file")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("AppleOptions.PrivateKey is not an ECDSA key on P-256; set the contents of the .p8 file")
	}
	return key, nil
}

// clientSecret returns the function that signs client secrets, or nil if c.Secret is one.
func (o AppleOptions) clientSecret(c Client) func(context.Context, time.Time) (string, time.Time, error) {
	if o == (AppleOptions{}) {
		return nil
	}
	return func(_ context.Context, now time.Time) (string, time.Time, error) {
		expires := now.Add(appleSecretAge)
		secret, err := o.sign(map[string]any{
			"iss": o.TeamID, "sub": c.ID, "aud": "https://appleid.apple.com", "iat": now.Unix(), "exp": expires.Unix(),
		})
		return secret, expires, err
	}
}

func (o AppleOptions) sign(claims map[string]any) (string, error) {
	key, err := o.key()
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: o.KeyID},
	}, nil)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return jws.CompactSerialize()
}
