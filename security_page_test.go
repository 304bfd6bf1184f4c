package cardea_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// hostileText are texts that would do harm in a page that does not escape them.
var hostileText = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `javascript:alert(1)`,
	`</style><script>alert(1)</script>`, `--><svg onload=alert(1)>`, `{{.Site}}`, "\x00<b>",
	`" onmouseover="alert(1)`, `</title><script>`, `&lt;script&gt;`, strings.Repeat("<b>", 1000),
}

// Authelia CVE-2026-33525, Hydra CVE-2019-8400, Zitadel CVE-2026-29192 and -29191, Casdoor
// CVE-2026-5468 and CVE-2024-41658, RFC 9700 (clickjacking): pages escape all texts of requests,
// providers and the configuration, have no script, and send a Content-Security-Policy.
func TestPagesEscapeAllTexts(t *testing.T) {
	t.Parallel()
	harmless := newSite(t, nil)
	b := newBrowser(t, harmless.URL)
	b.Post("/signin", nil) // sets the cookies, so that all pages below get the same ones
	pages := map[string]string{"/signin": "", "/signout": "", "/error": "", "/verify-request": ""}
	for path := range pages {
		res := visit(t, b, harmless.URL+"/api/auth"+path)
		pages[path] = tagsOf(text(t, res))
		policy := styleHash.ReplaceAllString(res.Header.Get("Content-Security-Policy"), "HASH")
		const wantPolicy = "default-src 'none'; style-src HASH; base-uri 'none'; frame-ancestors 'none'; " +
			"form-action 'self' https: http:"
		if policy != wantPolicy {
			t.Errorf("%s: policy %s, want %s", path, policy, wantPolicy)
		}
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "private, no-cache, no-store",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
	}
	for path, want := range pages {
		for _, v := range hostileText {
			q := url.Values{}
			for _, name := range []string{
				"callbackUrl", "email", "provider", "type", "csrfToken", "site", "logo", "theme", "brandColor",
				"message", "code",
			} {
				q.Set(name, v)
			}
			page := text(t, visit(t, b, harmless.URL+"/api/auth"+path+"?"+q.Encode()))
			if got := tagsOf(page); got != want {
				t.Errorf("%s with %.30q has the tags\n%s\nwant\n%s", path, v, got, want)
			}
			q = url.Values{"error": {v}}
			page = text(t, visit(t, b, harmless.URL+"/api/auth"+path+"?"+q.Encode()))
			if strings.Contains(page, v) && v != `{{.Site}}` || strings.Contains(page, "<script") ||
				strings.Contains(page, "javascript:") || strings.Contains(page, "onerror") {
				t.Errorf("%s does not escape the error %.30q", path, v)
			}
		}
	}
	for _, v := range hostileText {
		s := newSite(t, func(c *cardea.Config) { idp(c).Name = v })
		page := text(t, visit(t, newBrowser(t, s.URL), s.URL+"/api/auth/signin"))
		if got := tagsOf(page); got != pages["/signin"] {
			t.Errorf("with a provider named %.30q, the page has the tags\n%s", v, got)
		}
	}
}

var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	attribute = regexp.MustCompile(`="[^"]*"`)
	styleHash = regexp.MustCompile(`'sha256-[A-Za-z0-9+/=]{44}'`)
)

// tagsOf returns the tags of a page without the values of attributes.
func tagsOf(page string) string {
	var b strings.Builder
	for _, t := range tag.FindAllString(page, -1) {
		b.WriteString(attribute.ReplaceAllString(t, "") + "\n")
	}
	return b.String()
}

// The same weaknesses: pictures that are not http URLs, and control characters in names, are
// dropped from a profile.
func TestHostileProfileIsCleaned(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, picture, wantName, wantImage string }{
		{"Ann", "https://img.example/a.png", `"Ann"`, `"https://img.example/a.png"`},
		{"Ann", "javascript:alert(1)", `"Ann"`, `null`},
		{"Ann", "data:text/html,<script>", `"Ann"`, `null`},
		{"Ann", "//img.example/a.png", `"Ann"`, `null`},
		{"Ann", "https://" + strings.Repeat("a", 3000), `"Ann"`, `null`},
		{"<script>", "", `"\u003cscript\u003e"`, `null`},
		{"A\r\nSet-Cookie: a=b", "", `"ASet-Cookie: a=b"`, `null`},
	} {
		s := newSite(t, nil)
		s.issuer.Next(cardeatest.Person{Subject: "7", Name: tc.name, Picture: tc.picture})
		b := newBrowser(t, s.URL)
		signInWith(t, b, "idp")
		body := s.sessionBody(t, cookiesOf(b))
		want := `{"user":{"name":` + tc.wantName + `,"email":null,"image":` + tc.wantImage + `},"expires":"`
		if !strings.HasPrefix(body, want) {
			t.Errorf("session = %s, want %s", body, want)
		}
	}
}

// Pomerium CVE-2024-39315: the endpoints session and providers return exactly this, and no secrets.
func TestSessionAndProvidersReturnNoSecrets(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 1, 2, 3, 4, 5, 678e6, time.UTC)
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			idp(c).Scopes = []string{"openid", "email", "profile", "offline_access"}
			addGitHub(c)
		})
		s.auth.SetClock(func() time.Time { return now })
		s.issuer.SetClock(func() time.Time { return now })
		s.issuer.Next(cardeatest.Person{
			Subject: "7", Name: "Ann", Email: "ann@example.com", EmailVerified: true,
			Picture: "https://img.example/a.png",
		})
		b := newBrowser(t, s.URL)
		signInWith(t, b, "idp")
		want := `{"user":{"name":"Ann","email":"ann@example.com","image":"https://img.example/a.png"},` +
			`"expires":"2031-02-01T03:04:05.678Z"}`
		if got := s.sessionBody(t, cookiesOf(b)); got != want {
			t.Errorf("session\n%s\nwant\n%s", got, want)
		}
		provider := `"%[1]s":{"id":"%[1]s","name":"%[2]s","type":"%[3]s","signinUrl":"` + s.URL +
			`/api/auth/signin/%[1]s","callbackUrl":"` + s.URL + `/api/auth/callback/%[1]s"}`
		want = "{" + fmt.Sprintf(provider, "idp", "Identity Provider", "oidc") + "," +
			fmt.Sprintf(provider, "github", "GitHub", "oauth") + "}"
		if got := text(t, visit(t, b, s.URL+"/api/auth/providers")); got != want {
			t.Errorf("providers\n%s\nwant\n%s", got, want)
		}
	})
}
