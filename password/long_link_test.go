package password_test

import (
	"strings"
	"testing"
)

// Anybody can make up a link. One that is too long for a cookie is an invalid link, and no fault of
// the site.
func TestLinkThatIsTooLong(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	long := strings.Repeat("a", 6000)
	for _, query := range []string{"kind=password-reset&token=" + long, "token=x&kind=" + long} {
		status, at, _ := open(t, s.browser(t), s.URL+"/api/auth/password/choose?"+query)
		if status >= 500 || !strings.Contains(at, "Verification") {
			t.Errorf("%.30s: %d %s", query, status, at)
		}
	}
	if log := s.log.text(); strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %.300s", log)
	}
}
