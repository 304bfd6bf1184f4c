package account_test

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/cardeatest"
)

// Anybody can make up a link. One that is too long for a cookie is an invalid link, and no fault of
// the site.
func TestLinkThatIsTooLong(t *testing.T) {
	t.Parallel()
	s, _ := newAddressSite(t)
	long := strings.Repeat("a", 6000)
	for _, query := range []string{"kind=x&token=" + long, "kind=address-undo&token=" + long, "token=x&kind=" + long} {
		at, _ := follow(t, cardeatest.NewBrowser(t, s.URL), s.URL+openPath+"?"+query)
		if !strings.Contains(at, "Verification") {
			t.Errorf("%.30s: %s", query, at)
		}
	}
}
