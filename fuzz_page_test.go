package cardea_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// FuzzPage puts anything into the query of the pages, with a mark after each < and quote. The input
// must appear in the pages as text, never as markup.
func FuzzPage(f *testing.F) {
	for _, seed := range [][3]string{
		{"signin", "callbackUrl", "/a?b=<x>"}, {"signin", "email", `a"onfocus=alert(1)@b`},
		{"signin", "error", "OAuthAccountNotLinked"}, {"signin", "csrfToken", "'><script>"},
		{"error", "error", "<b>"}, {"verify-request", "provider", "email"}, {"verify-request", "type", "</style>"},
		{"signout", "callbackUrl", "/\"><img>"},
		{"callback/email", "email", "<b>@example.com"}, {"signin", "code", "\xff<"}, {"error", "%00", "<!--"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	const mark = "x-mark"
	x := newFuzzTarget(f, cardea.StrategyDatabase)
	marked := strings.NewReplacer("<", "<"+mark, `"`, `" `+mark+"=", "'", "' "+mark+"=")
	f.Fuzz(func(t *testing.T, path, name, value string) {
		q := url.Values{marked.Replace(name): {marked.Replace(value)}, name: {"<" + mark + ">" + marked.Replace(value)}}
		for _, fixed := range []string{"", "&provider=email", "&token=" + strings.Repeat("0", 64)} {
			x.reset()
			r := httptest.NewRequest(http.MethodGet, origin+"/", nil)
			r.URL.Path, r.URL.RawQuery = "/api/auth/"+path, q.Encode()+fixed
			r.Header.Set("Cookie", csrfCookie+"="+x.csrf+"; "+x.mail)
			res := response{httptest.NewRecorder()}
			x.auth.ServeHTTP(res, r)
			if res.Code >= 500 && r.URL.Query().Get("error") == string(cardea.CodeConfiguration) {
				res.Code = http.StatusOK // this page has the status of its error code
			}
			x.checkAnswer(t, "page", res)
			page := res.Body.String()
			for _, raw := range []string{"<" + mark, `" ` + mark, "' " + mark} {
				if strings.HasPrefix(res.Header().Get("Content-Type"), "text/html") && strings.Contains(page, raw) {
					t.Errorf("the page contains %q unescaped", raw)
				}
			}
			if strings.Contains(strings.ToLower(html.UnescapeString(page)), `href="javascript:`) {
				t.Error("the page links to a script")
			}
		}
	})
}
