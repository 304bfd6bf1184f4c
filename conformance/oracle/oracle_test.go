package oracle_test

import (
	"testing"

	"github.com/cardea-auth/cardea/conformance/internal/node"
)

// TestOracle runs Cardea and the Node packages side by side, in each setting.
func TestOracle(t *testing.T) {
	t.Parallel()
	p := node.Start(t, "node", "oracle.mjs")
	for _, s := range settings {
		t.Run(s.String(), func(t *testing.T) {
			o := oracle{s, p}
			t.Run("a session works at both servers", o.sessionWorksAtBoth)
			t.Run("a session that becomes smaller leaves no cookies", o.smallerSessionLeavesNoCookies)
			t.Run("a session that package authjs wrote works at both servers", o.authjsSessionWorksAtBoth)
			t.Run("both accept the same session tokens", o.bothAcceptSameTokens)
			t.Run("a CSRF token works at both servers", o.csrfTokenWorksAtBoth)
			t.Run("a CSRF token made with another secret", o.csrfTokenOfAnotherSecret)
			t.Run("a link that Node mailed, at Cardea", o.nodeLinkAtCardea)
			t.Run("a link that Cardea mailed, at Node", o.cardeaLinkAtNode)
			t.Run("a rotated secret at Cardea", o.rotatedSecretAtCardea)
			t.Run("a rotated secret at Node", o.rotatedSecretAtNode)
		})
	}
}

// oracle is the Node packages, asked in one setting.
type oracle struct {
	setting
	node *node.Process
}
