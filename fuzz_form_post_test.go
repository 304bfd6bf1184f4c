package cardea_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/provider"
)

// FuzzFormPost posts anything to the callback of a provider with FormPost, and then opens the URL
// to which that redirects. The POST sets no cookie, and redirects to the callback or the page of a
// failure. Neither request signs anybody in or writes anything.
func FuzzFormPost(f *testing.F) {
	for _, body := range []string{
		"state=STATE&code=c&user=%7B%22name%22%3A1%7D", "state=STATE&error=user_cancelled_authorize", "state=a&state=b",
		"error=%00%ff", "user=" + strings.Repeat("x", 9000), "form=a&provider=idp&form.state=STATE",
		"iss=ISSUER&state=STATE&code=%zz", "", "state=" + strings.Repeat("s", 5000) + "&code=c",
	} {
		f.Add(body)
	}
	x := newFuzzTarget(f, cardea.StrategyDatabase, func(c *cardea.Config) {
		posted := provider.OIDC("posted", "Posted",
			provider.Client{ID: "app", Secret: "the client's secret", Issuer: "http://localhost:1/idp"})
		posted.FormPost, posted.CallbackParams = true, []string{"user"}
		c.Providers = append(c.Providers, posted)
	})
	f.Fuzz(func(t *testing.T, body string) {
		x.reset()
		res := x.post("callback/posted", "application/x-www-form-urlencoded", x.fill(body), "", nil)
		if set := res.Header()["Set-Cookie"]; len(set) > 0 {
			t.Errorf("the POST sets %q", set)
		}
		if query, ok := strings.CutPrefix(res.Header().Get("Location"), origin+"/api/auth/callback/posted"); ok {
			if len(query) > 6100 {
				t.Errorf("the query of the redirect has %d bytes, want 6100 at most", len(query))
			}
			res = x.ask(http.MethodGet, "/callback/posted"+query, "", nil)
		}
		x.checkAnswer(t, "form_post", res)
		if w := x.store.writes(); len(w) > 0 {
			t.Errorf("written: %v", w)
		}
		if x.log.Len() > maxLogged {
			t.Errorf("%d bytes logged", x.log.Len())
		}
	})
}
