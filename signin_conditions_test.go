package cardea_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
)

// moodySite is a site with a condition that holds the sign-ins that a test says, by how often it
// was asked in this sign-in: 0 is before the first transaction, 1 in it, and so on.
func moodySite(
	t *testing.T, holds func(asked int64) bool,
) (s gateSite, asked *atomic.Int64, log *logRecorder) {
	t.Helper()
	asked, log = &atomic.Int64{}, &logRecorder{}
	s = newGateSite(t, func(c *cardea.Config) {
		c.Logger = log.logger()
		addFeature(c, "moody", func(h *cardea.Host) error {
			h.Require(func(ctx context.Context, in *cardea.SignIn) (string, error) {
				if !holds(asked.Add(1) - 1) {
					return "", nil
				}
				return h.Hold(ctx, in, "moody/wait")
			})
			h.Handle(rule(http.MethodGet, "moody/wait", feature.SenderAnybody, feature.VisitorAnybody), ok(h))
			return nil
		})
	})
	s.owner.Store(s.userNamed(t, "Vera"))
	return s, asked, log
}

// A condition that never has the same answer under the lock signs nobody in, and does not keep the
// sign-in busy for ever.
func TestConditionThatChangesEachTime(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]int64{"holds under the lock": 1, "holds before the lock": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, asked, log := moodySite(t, func(asked int64) bool { return asked%2 == odd })
			b := newBrowser(t, s.URL)
			res := s.post(t, b, false, "/callback/directory", nil)
			if res.StatusCode != http.StatusServiceUnavailable || s.held(t, b) != nil {
				t.Errorf("%s to %s", res.Status, res.Header.Get("Location"))
			}
			s.checkNobody(t, "signed in", b)
			if n := asked.Load(); n != 16 {
				t.Errorf("asked %d times, want 8 times two", n)
			}
			log.checkFailure(t, "AdapterError", "another answer under the lock")
		})
	}
}

// A sign-in counts once among those that wait, however often it starts over, and not if it does not
// wait in the end.
func TestHeldSignInCountsOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		holds func(asked int64) bool
		want  string // where the first 30 sign-ins lead
		after int    // status of the one after them
	}{
		"it starts over and waits": {
			func(asked int64) bool { return asked != 1 && asked != 3 }, "/api/auth/moody/wait",
			http.StatusTooManyRequests,
		},
		"it does not wait in the end": {func(asked int64) bool { return asked == 0 }, "/", http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, asked, _ := moodySite(t, tc.holds)
			for i := range 31 {
				asked.Store(0)
				res := s.post(t, newBrowser(t, s.URL), false, "/callback/directory", nil)
				if want := tc.want; i < 30 && strings.TrimSuffix(res.Header.Get("Location"), "/") !=
					strings.TrimSuffix(s.URL+want, "/") {
					t.Fatalf("sign-in %d: %s to %s", i, res.Status, res.Header.Get("Location"))
				}
				if i == 30 && res.StatusCode != tc.after {
					t.Errorf("the 31st: %s to %s", res.Status, res.Header.Get("Location"))
				}
			}
		})
	}
}
