package relyingparty

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"strconv"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/oauth"
)

// newProver derives the key to which the provider's tokens are bound from the site's secret. So all
// processes of the site have the same key, also after a restart, when tokens are still bound to it.
// Each client has another key, so that two servers cannot find out by the key that they serve the
// same site.
//
// It returns nil for a provider with hooks, which cannot use the key.
func newProver(p *oauth.Provider, secret string) (*oauth2.Prover, error) {
	if p.Exchange != nil || p.FetchUserinfo != nil {
		return nil, nil
	}
	for try := 0; ; try++ {
		info := "cardea DPoP " + p.ID + " " + p.ClientID + " " + strconv.Itoa(try)
		raw, err := hkdf.Key(sha256.New, []byte(secret), nil, info, 32)
		if err != nil {
			return nil, err
		}
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err == nil { // one in 2³² of such numbers is not a key of the curve
			return oauth2.NewProver(key)
		}
	}
}
