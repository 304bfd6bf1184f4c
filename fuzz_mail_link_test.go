package cardea_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// FuzzMailLink opens links with any query and cookies (Auth.js GHSA-v64w-49xw-qq89). A link signs
// in only if it is complete, and only with the cookie of the browser that has requested it.
func FuzzMailLink(f *testing.F) {
	for _, seed := range [][2]string{
		{"LINK", "MAIL"}, {"LINK", ""}, {"", "MAIL"}, {"token=&email=", "MAIL"}, {"LINK&token=x", "MAIL"},
		{"LINK&email=ann@example.com", "MAIL; MAIL"}, {"LINK&email=a%40b%00", "MAIL"},
		{"token=" + strings.Repeat("0", 64) + "&email=ann@example.com", "MAIL"},
		{"LINK&callbackUrl=//evil.example", "MAIL"}, {"LINK", "MAIL; authjs.session-token=SESSION"},
		{"LINK&token[]=1", "authjs.mail=SESSION"}, {"LINK;a=b", "MAIL"}, {"%zz", "authjs.mail="},
		{"email=%22%3E%3Cb%3E@b&token=" + strings.Repeat("f", 64), ""},
	} {
		f.Add(seed[0], seed[1])
	}
	x := newFuzzTarget(f, cardea.StrategyDatabase)
	f.Fuzz(func(t *testing.T, query, cookie string) {
		x.requestMail(t)
		link, err := url.Parse(x.mails[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		query, cookie = x.fill(query), x.fill(cookie)
		x.reset()
		res := x.ask(http.MethodGet, "/callback/email?"+query, cookie, nil)
		x.checkAnswer(t, "link", res)
		whole := strings.Contains(query, link.Query().Get("token")) && strings.Contains(cookie, x.mail)
		if !whole && (len(x.store.writes()) > 0 || res.cookieValue(sessionCookie) != "") {
			t.Errorf("signed in: %d, %v", res.Code, x.store.writes())
		}
		if whole && strings.Contains(cookie, x.session) && len(x.store.writes()) > 0 {
			x.signIn(t) // because the sign-in has ended that session
		}
		if x.log.Len() > maxLogged || strings.Contains(x.log.String(), link.Query().Get("token")) {
			t.Errorf("%d bytes logged, or the token of the link", x.log.Len())
		}
	})
}
