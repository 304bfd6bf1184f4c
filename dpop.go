package cardea

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"strconv"
	"strings"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// ErrTokenBound is what [Auth.AccessToken] returns for a token that is bound to a key (RFC 9449),
// so that it would be refused as a bearer token; or would be taken, by an API that does not look,
// from anybody.
var ErrTokenBound = errors.New("the access token is bound to a key by DPoP, and is no bearer token")

func bound(a *Account) bool { return strings.EqualFold(a.TokenType, oauth2.DPoP) }

// newProver makes the key that the provider's tokens are bound to, nil for one whose hooks have no
// use for it. It comes from the secret, so that all processes of the site have the same one, before
// and after a restart: tokens outlive both. The key for each client is another, or servers could
// tell that the site is one.
func (p *OAuthProvider) newProver(secret string) (*oauth2.Prover, error) {
	if p.Exchange != nil || p.FetchUserinfo != nil {
		return nil, nil
	}
	for try := 0; ; try++ {
		raw, err := hkdf.Key(sha256.New, []byte(secret), nil, "cardea DPoP "+p.ID+" "+p.ClientID+" "+strconv.Itoa(try),
			32)
		if err != nil {
			return nil, err
		}
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw); err == nil { // but for one in 2³² it is
			return oauth2.NewProver(key)
		}
	}
}
