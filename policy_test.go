package cardea_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// On https with a provider on http loopback, as in development, browsers apply form-action to the
// redirect after the form, so the policy must allow http. Without such a provider it does not.
func TestPolicyAllowsAProviderOnLoopback(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{"https://app.example": false, "https://localhost:8443": true} {
		for _, onHTTP := range []bool{false, true} {
			s := newSite(t, func(c *cardea.Config) {
				c.BaseURL = base
				if !onHTTP {
					idp(c).Issuer = "https://idp.example"
				}
			})
			w := httptest.NewRecorder()
			s.auth.ServeHTTP(w, httptest.NewRequest("GET", base+"/api/auth/signin", nil))
			policy := w.Header().Get("Content-Security-Policy")
			if got := strings.HasSuffix(policy, " https: http:"); w.Code != 200 || got != (want || onHTTP) {
				t.Errorf("%s, a provider on http %t: %d, %s", base, onHTTP, w.Code, policy)
			}
		}
	}
}
