package cardea_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
)

// post posts a body of any kind to any path below the base path.
func (x *fuzzTarget) post(path, kind, body, cookie string, client http.Header) response {
	r := httptest.NewRequest(http.MethodPost, origin+"/", strings.NewReader(body))
	r.URL.Path = "/api/auth/" + path
	for name, values := range client {
		r.Header[name] = values
	}
	r.Header["Content-Type"], r.Header["Cookie"] = []string{kind}, []string{cookie}
	w := httptest.NewRecorder()
	x.auth.ServeHTTP(w, r)
	return response{w}
}

// maxLogged is how many bytes of the log one request may fill.
const maxLogged = 4 << 10

// FuzzForm posts anything to any endpoint, as a browser, as the client of Auth.js, and as that of
// next-auth 4 by what is in the form. Nobody is signed in by it and nothing is written; without the
// CSRF token nothing happens at all; with it, what reaches the mails and the application's check is
// what they were promised.
func FuzzForm(f *testing.F) {
	const urlencoded, json = "application/x-www-form-urlencoded", "application/json"
	for _, seed := range [][3]string{
		{"signin", urlencoded, "csrfToken=TOKEN"},
		{"signin/idp", urlencoded, "csrfToken=TOKEN&callbackUrl=%2Fa&json=true"},
		{"signin/idp", json, `{"csrfToken":"TOKEN"}`},
		{"signin/email", urlencoded, "csrfToken=TOKEN&email=a%40example.com"},
		{"signin/email", urlencoded, "csrfToken=TOKEN&email=a%40b%0d%0aBcc%3Ac%40d"},
		{"signin/email", json, `{"csrfToken":"TOKEN","email":["a@example.com","b@example.com"]}`},
		{"signin/email", json, `{"csrfToken":"TOKEN","email":"\ud800@b"}`},
		{"callback/form", urlencoded, "csrfToken=TOKEN&name=ann&pin=1&x=y"},
		{"callback/form", urlencoded, "csrfToken=TOKEN&name=%ff%00&pin=1"},
		{"callback/form", json, `{"csrfToken":"TOKEN","name":"ann","pin":{"$ne":null}}`},
		{"callback/form", urlencoded, "csrfToken=TOKEN&pin=" + strings.Repeat("1", 5000)},
		{"callback/email", urlencoded, "csrfToken=TOKEN&code=123+456"},
		{"callback/email", urlencoded, "csrfToken=TOKEN&token=&email=a@b"},
		{"callback/email", urlencoded, "csrfToken=TOKEN&LINKx"},
		{"callback/idp", urlencoded, "csrfToken=TOKEN&state=STATE&code=c"},
		{"callback/none", urlencoded, "csrfToken=TOKEN"},
		{"session", json, `{"csrfToken":"TOKEN","data":{"user":{"email":"bob@example.com"}}}`},
		{"session", json, `{"csrfToken":"TOKEN","data":1e999}`},
		{"session", urlencoded, "csrfToken=TOKEN&data=%7B%22a%22%3A1%7D"}, {"session", json, `{"csrfToken":["TOKEN"]}`},
		{"session", json, strings.Repeat("[", 10000)},
		{"signout", urlencoded, "csrfToken=TOKEN&callbackUrl=//evil.example"},
		{"signout", "multipart/form-data; boundary=x", "--x"}, {"signout/idp", urlencoded, "csrfToken=TOKEN"},
		{"_log", urlencoded, "level=error&code=CLIENT_FETCH_ERROR&client=true&message=TOKEN"},
		{"_log", urlencoded, "level=error&code=a%0ab"}, {"_log", json, "{"},
		{"csrf", "", ""}, {"error", "text/plain", "x"}, {"signin/", urlencoded + "; charset=utf-16", "csrfToken=TOKEN"},
		{"//", ";", "%zz"}, {"signin/" + strings.Repeat("a", 9000), urlencoded, "csrfToken=TOKEN"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	targets := []*fuzzTarget{newFuzzTarget(f, cardea.StrategyDatabase), newFuzzTarget(f, cardea.StrategyJWT)}
	f.Fuzz(func(t *testing.T, path, kind, body string) {
		for _, x := range targets {
			if strings.Contains(path, "callback/email") {
				x.requestMail(t) // or the codes of one address would soon be used up
			}
			sent := x.fill(body)
			for _, client := range []http.Header{nil, {"X-Auth-Return-Redirect": {"1"}}} {
				x.reset()
				x.checkPosted(t, sent, x.post(path, kind, sent, csrfCookie+"="+x.csrf+"; "+x.mail, client))
			}
			x.reset()
			had := x.session
			res := x.post(path, kind, sent, csrfCookie+"="+x.csrf+"; "+sessionCookie+"="+had, nil)
			if x.checkUnmoved(t, sent, res); strings.Contains(sent, x.csrfToken) && strings.HasPrefix(path, "signout") {
				x.signIn(t)
			} else if got := x.ask(http.MethodGet, "/session", sessionCookie+"="+had,
				nil).Body.String(); !strings.Contains(got, `"ann@example.com"`) {
				t.Errorf("the session is then %s", got)
			}
		}
	})
}

// checkUnmoved checks what holds for each form of a stranger, and of a visitor.
func (x *fuzzTarget) checkUnmoved(t *testing.T, sent string, res response) {
	t.Helper()
	if to := res.Header().Get("Location"); strings.HasPrefix(to, x.issuer.URL+"/authorize?") &&
		strings.Contains(sent, x.csrfToken) {
		res.Header().Del("Location") // where the visitor wanted to go
		res.Code = http.StatusOK
	}
	x.checkAnswer(t, "form", res)
	if w := x.store.writes(); len(w) > 0 {
		t.Errorf("written: %v", w)
	}
	if x.log.Len() > maxLogged {
		t.Errorf("%d bytes logged", x.log.Len())
	}
	if strings.Contains(x.log.String(), x.csrfToken) {
		t.Error("the CSRF token is logged")
	}
	if strings.Contains(sent, x.csrfToken) {
		return
	}
	if to := res.Header().Get("Location"); to != "" && to != origin+"/api/auth/signin?error=MissingCSRF" {
		t.Errorf("without the CSRF token: leads to %q", to)
	}
	if len(x.credentials) > 0 || len(x.mails) > 0 {
		t.Errorf("without the CSRF token: %d checks, %d mails", len(x.credentials), len(x.mails))
	}
}

// checkPosted is checkUnmoved for somebody who is not signed in, with what mails and checks are
// promised.
func (x *fuzzTarget) checkPosted(t *testing.T, sent string, res response) {
	t.Helper()
	x.checkUnmoved(t, sent, res)
	for _, c := range res.Result().Cookies() {
		if strings.HasPrefix(c.Name, sessionCookie) && c.Value != "" {
			t.Errorf("a form sets %s", c.Name)
		}
	}
	for _, m := range x.mails {
		if again, err := email.Normalize(m.To); err != nil || again != m.To {
			t.Errorf("a mail to %q", m.To)
		}
		if !strings.HasPrefix(m.URL, origin+"/api/auth/callback/email?") {
			t.Errorf("a mail leads to %q", m.URL)
		}
	}
	for _, values := range x.credentials {
		for name, value := range values {
			if name != "name" && name != "pin" || len(value) > 4096 || !utf8.ValidString(value) ||
				strings.Contains(value, "\x00") {
				t.Errorf("the check is asked about %q: %.50q, %d bytes", name, value, len(value))
			}
		}
		if values["name"] == "" {
			t.Error("the check is asked without the field that it needs")
		}
	}
}

// Auth.js GHSA-v64w-49xw-qq89 and rows of mails: a link signs in only whole, and only with the
// cookie of the browser that asked for it.
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
			x.signIn(t) // for it has ended that session
		}
		if x.log.Len() > maxLogged || strings.Contains(x.log.String(), link.Query().Get("token")) {
			t.Errorf("%d bytes logged, or the token", x.log.Len())
		}
	})
}

// FuzzPage puts anything into the query of the pages, and a mark of its own after each < and quote:
// what comes from outside is text, never markup.
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
				res.Code = http.StatusOK // the page of a failure of the site is told so
			}
			x.checkAnswer(t, "page", res)
			page := res.Body.String()
			for _, raw := range []string{"<" + mark, `" ` + mark, "' " + mark} {
				if strings.HasPrefix(res.Header().Get("Content-Type"), "text/html") && strings.Contains(page, raw) {
					t.Errorf("the page has %q as it came", raw)
				}
			}
			if strings.Contains(strings.ToLower(html.UnescapeString(page)), `href="javascript:`) {
				t.Error("the page links to a script")
			}
		}
	})
}
