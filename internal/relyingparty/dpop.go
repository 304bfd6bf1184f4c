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

// newProver derives the key to which the provider's tokens are bound from the site's secret. All
// processes of the site therefore have the same key, before and after a restart, as tokens outlive
// both. Each client has another key; otherwise two servers could tell that they serve one site.
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
