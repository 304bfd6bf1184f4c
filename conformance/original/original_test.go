package original_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/conformance/internal/node"
)

var errNoServer = errors.New("no mail server")

var own = &pages{
	SignIn: "/own/signin", SignOut: "/own/signout", Error: "/own/error", VerifyRequest: "/own/verify",
	NewUser: "/own/new",
}

// TestBesideAuthJS sends the same requests to a server of Auth.js and to Cardea, in both versions.
func TestBesideAuthJS(t *testing.T) {
	t.Parallel()
	p := node.Start(t, "node", "server.mjs")
	list := []comparison{
		{"JWT", cardea.StrategyJWT, nil, slices.Concat(endpoints, callbackURLs, jwtSessions, signOuts, providers, forms,
			https)},
		{"database", cardea.StrategyDatabase, nil, databaseSessions},
		{"own pages", cardea.StrategyJWT, own, ownPages},
	}
	t.Run("v5", func(t *testing.T) { compare(t, p, "v5", list, differencesV5) })
	t.Run("v4", func(t *testing.T) { compare(t, p, "v4", list, differencesV4) })
}
