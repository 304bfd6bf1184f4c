package cardea_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
)

// FuzzForm posts anything to any endpoint: as a browser, as the client of Auth.js and, depending on
// the form, as that of next-auth 4. Nobody is signed in and nothing is written. Without the CSRF
// token nothing happens at all. With it, mails and the application's check get only what their
// documentation promises.
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
				x.requestMail(t) // otherwise the guesses for one address would soon be used up
			}
			sent := x.fill(body)
			for _, client := range []http.Header{nil, {"X-Auth-Return-Redirect": {"1"}}} {
				x.reset()
				x.checkPosted(t, sent, x.post(path, kind, sent, csrfCookie+"="+x.csrf+"; "+x.mail, client))
			}
			x.reset()
			had := x.session
			res := x.post(path, kind, sent, csrfCookie+"="+x.csrf+"; "+sessionCookie+"="+had, nil)
			x.checkUnmoved(t, sent, res)
			if strings.Contains(sent, x.csrfToken) && strings.HasPrefix(path, "signout") {
				x.signIn(t)
				continue
			}
			got := x.ask(http.MethodGet, "/session", sessionCookie+"="+had, nil).Body.String()
			if !strings.Contains(got, `"ann@example.com"`) {
				t.Errorf("afterwards the session is %s", got)
			}
		}
	})
}

// checkUnmoved checks what must hold for each form, whether or not the visitor is signed in.
func (x *fuzzTarget) checkUnmoved(t *testing.T, sent string, res response) {
	t.Helper()
	if to := res.Header().Get("Location"); strings.HasPrefix(to, x.issuer.URL+"/authorize?") &&
		strings.Contains(sent, x.csrfToken) {
		res.Header().Del("Location") // the visitor has chosen to sign in there
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
		t.Error("the log contains the CSRF token")
	}
	if strings.Contains(sent, x.csrfToken) {
		return
	}
	if to := res.Header().Get("Location"); to != "" && to != origin+"/api/auth/signin?error=MissingCSRF" {
		t.Errorf("without the CSRF token: redirects to %q", to)
	}
	if len(x.credentials) > 0 || len(x.mails) > 0 {
		t.Errorf("without the CSRF token: %d checks, %d mails", len(x.credentials), len(x.mails))
	}
}

// checkPosted is checkUnmoved for a visitor who is not signed in. It also checks what mails and the
// check of credentials get.
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
			t.Errorf("the link of a mail is %q", m.URL)
		}
	}
	for _, values := range x.credentials {
		for name, value := range values {
			if name != "name" && name != "pin" || len(value) > 4096 || !utf8.ValidString(value) ||
				strings.Contains(value, "\x00") {
				t.Errorf("the check gets %q: %.50q, %d bytes", name, value, len(value))
			}
		}
		if values["name"] == "" {
			t.Error("the check is called without the required field")
		}
	}
}
