package cardea_test

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
)

// What a feature has sealed about something is opened by the same feature about the same thing
// alone, also after a change of Config.Secret.
func TestSealedTextsOfFeatures(t *testing.T) {
	t.Parallel()
	newFeature := func(id, secret string, previous ...string) *testFeature {
		var f *testFeature
		newSite(t, func(c *cardea.Config) {
			c.Secret, c.PreviousSecrets = secret, previous
			f = addFeature(c, id, func(*cardea.Host) error { return nil })
		})
		return f
	}
	const text = "GEZDGNBVGY3TQOJQ ä"
	f := newFeature("x", secret)
	sealed, err := f.host.Sealer("ann", "1").Seal(text)
	again, _ := f.host.Sealer("ann", "1").Seal(text)
	if err != nil || sealed == again || strings.Contains(sealed, "GEZD") || len(sealed) > 100+2*len(text) {
		t.Fatalf("Seal: %q, %q, %v", sealed, again, err)
	}
	next := strings.Repeat("next", 8)
	for what, f := range map[string]*testFeature{"same": f, "rotated": newFeature("x", next, secret)} {
		if got, err := f.host.Sealer("ann", "1").Open(sealed); got != text || err != nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		if got, want := f.host.Sealer("ann", "1").Stale(sealed), what == "rotated"; got != want {
			t.Errorf("%s: Stale is %v, want %v", what, got, want)
		}
	}
	for what, sealer := range map[string]feature.Sealer{
		"another user":    f.host.Sealer("ben", "1"),
		"another row":     f.host.Sealer("ann", "2"),
		"joined":          f.host.Sealer("ann 1"),
		"split elsewhere": f.host.Sealer(`ann" "1`),
		"less":            f.host.Sealer("ann"),
		"another feature": newFeature("y", secret).host.Sealer("ann", "1"),
		"another secret":  newFeature("x", next).host.Sealer("ann", "1"),
	} {
		if got, err := sealer.Open(sealed); got != "" || err == nil || strings.Contains(err.Error(), sealed) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		if sealer.Stale(sealed) {
			t.Errorf("%s: is stale", what)
		}
	}
	for _, changed := range []string{"", sealed[1:], sealed + "a", "a" + sealed[1:], sealed + "\n"} {
		if got, err := f.host.Sealer("ann", "1").Open(changed); changed != sealed && (got != "" || err == nil) {
			t.Errorf("%q: %q, %v", changed, got, err)
		}
	}
	if got, err := f.host.Sealer("ann", "1").Seal("\xff"); got != "" || err == nil {
		t.Errorf("Seal of no text: %q, %v", got, err)
	}
}
