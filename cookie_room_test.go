package cardea_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// headerSize is the length of the Cookie header that a browser sends.
func headerSize(b *cardeatest.Browser) int {
	u, _ := url.Parse(b.Site + b.BasePath)
	r := &http.Request{Header: http.Header{}}
	for _, c := range b.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	return len("Cookie: ") + len(r.Header.Get("Cookie"))
}

// checkRoom checks that the cookies leave room for those of the application in the 8 kB that nginx
// (large_client_header_buffers) and Apache (LimitRequestFieldSize) accept by default. Like
// dotnet/aspnetcore issue 17247, too many cookies of sign-ins that were begun, and hapijs/bell
// issue 489, too much in one.
func checkRoom(t *testing.T, b *cardeatest.Browser, doing string) {
	t.Helper()
	if got := headerSize(b); got > 6<<10 {
		t.Errorf("%s: the cookies have %d bytes", doing, got)
	}
}

// longURL returns a callback URL of that many bytes, for one tab.
func longURL(tab string, bytes int) string {
	return "/" + tab + "?q=" + strings.Repeat("a&b=%20", bytes)[:bytes-len(tab)-len("/?q=")]
}

func TestCookiesOfManySignInsHaveABound(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"v5": nil,
		"v4": func(c *cardea.Config) { c.Protocol = cardea.ProtocolV4 },
		"long names": func(c *cardea.Config) {
			c.CookiePrefix = strings.Repeat("p", 64)
		},
	} {
		for _, size := range []int{50, 500, 1000, 1500, 2000, 2400, 4000, 20000} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, change)
				b := newBrowser(t, s.URL)
				for _, tab := range []string{"a", "b", "c", "d", "e", "f", "g"} {
					to := longURL(tab, size)
					visit(t, b, s.URL+"/api/auth/signin"+query(to))
					checkRoom(t, b, "sign-in page")
					startSignIn(t, b, "idp", url.Values{"callbackUrl": {to}})
					checkRoom(t, b, "sign in")
				}
				authorize := startSignIn(t, b, "idp", url.Values{"callbackUrl": {longURL("z", size)}})
				got, _, _ := strings.Cut(openCallback(t, b, consent(t, b, authorize)), "?")
				if got != s.URL+"/z" {
					t.Errorf("%d bytes: the last tab ended at %.60q", size, got)
				}
				checkRoom(t, b, "callback")
			})
		}
	}
}

// Ordinary flows are not affected, and neither is the first of two long ones that fit together.
func TestSeveralTabsSignInAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for size, tabs := range map[int]int{50: 5, 300: 4, 900: 2} {
		b := newBrowser(t, s.URL)
		var backs, want []string
		for _, tab := range []string{"a", "b", "c", "d", "e"}[:tabs] {
			want = append(want, longURL(tab, size))
			backs = append(backs, beginAs(t, b, "idp", "", longURL(tab, size)))
		}
		for i, back := range backs {
			if got := openCallback(t, b, back); got != s.URL+want[i] {
				t.Errorf("%d bytes: tab %d ended at %.80q", size, i, got)
			}
		}
	}
}

// With a session of almost a whole cookie, and with one of several.
func TestCookiesBesideALargeSessionHaveABound(t *testing.T) {
	t.Parallel()
	for claim, limit := range map[int]int{600: 6 << 10, 2500: 6 << 10, 9000: 12100 + 3<<10} {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = cardea.StrategyJWT
			c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
				change.Claims["large"] = strings.Repeat("x", claim)
				return change.Claims, nil
			}
		})
		b := s.signedIn(t, "")
		for _, tab := range []string{"a", "b", "c"} {
			back := beginAs(t, b, "idp", "", longURL(tab, 2000))
			if got := headerSize(b); got > limit {
				t.Errorf("a claim of %d bytes: the cookies have %d", claim, got)
			}
			if got, _, _ := strings.Cut(openCallback(t, b, back), "?"); got != s.URL+"/"+tab {
				t.Errorf("a claim of %d bytes: ended at %.60q", claim, got)
			}
		}
	}
}

// Signing in by mail, and then at a provider after all.
func TestCookiesOfAMailHaveABound(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	to := longURL("a", 2300)
	visit(t, b, s.URL+"/api/auth/signin"+query(to))
	mail := s.ask(t, b, "ann@example.com", to)
	checkRoom(t, b, "mail")
	startSignIn(t, b, "idp", url.Values{"callbackUrl": {longURL("b", 2300)}})
	checkRoom(t, b, "mail and flow")
	res := b.Post("/callback/email", url.Values{"code": {mail.Code}})
	if got := res.Header.Get("Location"); got != s.URL+to {
		t.Errorf("the code leads to %.80q, want %.80q", got, s.URL+to)
	}
}

// The page after a failure is the one from which the visitor came, although its URL had to make
// room for the flow.
func TestSecondTryLeadsToTheSamePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	to := "/a?q=" + strings.Repeat("b", 2400)
	back, err := url.Parse(beginAs(t, b, "idp", "", to))
	if err != nil {
		t.Fatal(err)
	}
	q := back.Query()
	q.Del("code")
	q.Set("error", "access_denied")
	back.RawQuery = q.Encode()
	page := visit(t, b, openCallback(t, b, back.String()))
	if got := text(t, page); !strings.Contains(got, `value="`+s.URL+to+`"`) {
		t.Error("the sign-in page does not lead back")
	}
	checkRoom(t, b, "after a failure")
}
