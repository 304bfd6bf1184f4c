package factor_test

import (
	"context"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
)

// An application may send everybody to one page after a sign-in. The pages of features are on the
// way to there: the recovery codes are shown once, and nobody must miss them.
func TestRedirectKeepsNobodyFromThePagesOfAFeature(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *factor.Options) {
		c.Callbacks.Redirect = func(_ context.Context, _, base string) string { return base + "/app" }
	})
	u := s.user(t, "ann@example.com")
	v := s.enter(t, u, "pwd")
	v.enrol()
	if p := v.post("/factor/recovery-codes"); p.heading() != "Your recovery codes" {
		t.Errorf("new recovery codes: ended at %s", p.at)
	}
	if p := v.post("/account/end-other-sessions"); p.at != "/api/auth/account?success=sessions_ended" {
		t.Errorf("a form of the account page ended at %s", p.at)
	}
}
