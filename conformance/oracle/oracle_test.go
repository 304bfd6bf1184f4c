package oracle_test

import (
	"testing"

	"github.com/cardea-auth/cardea/conformance/internal/node"
)

// What Cardea makes the packages read, and the other way round.
func TestOracle(t *testing.T) {
	t.Parallel()
	p := node.Start(t, "node", "oracle.mjs")
	for _, s := range settings {
		t.Run(s.String(), func(t *testing.T) {
			o := oracle{s, p}
			t.Run("a session is of both servers", o.sessionIsOfBothServers)
			t.Run("a smaller session leaves no parts", o.smallerSessionLeavesNoParts)
			t.Run("package authjs writes", o.authjsWrites)
			t.Run("the same tokens count", o.sameTokensCount)
			t.Run("a CSRF token is of both servers", o.csrfTokenIsOfBothServers)
			t.Run("a CSRF token of another secret", o.csrfTokenOfAnotherSecret)
			t.Run("Node's mail link at Cardea", o.nodesMailLinkAtCardea)
			t.Run("Cardea's mail link at Node", o.cardeasMailLinkAtNode)
			t.Run("a rotated secret at Cardea", o.rotatedSecretAtCardea)
			t.Run("a rotated secret at Node", o.rotatedSecretAtNode)
		})
	}
}

// oracle is the real packages, asked in one setting.
type oracle struct {
	setting
	node *node.Process
}
