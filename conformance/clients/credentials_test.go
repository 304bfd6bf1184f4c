package clients

import (
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea"
)

func (r *run) credentials(t *testing.T) {
	t.Run("redirect: false", func(t *testing.T) {
		_, w := r.openSignedOut(t, "/door")
		w.wantJSON(t, `client.signIn("credentials", { username: "bob", password: "`+password+
			`", redirect: false, callbackUrl: "/inside" })`+asList,
			`[true,200,null,null,"`+r.site.URL+`/inside"]`)
		w.waitForText(t, "authenticated as Bob")
		w.wantJSON(t, "window.seen", `["loading","unauthenticated","authenticated as Bob"]`)
		w.wantJSON(t, "location.pathname", `"/door"`)
		r.checkConsole(t, w)
	})
	t.Run("redirect: true", func(t *testing.T) {
		_, w := r.openSignedOut(t, "/door")
		r.checkConsole(t, w)
		w.evalAndLeave(t, `client.signIn("credentials", { username: "bob", password: "`+password+
			`", callbackUrl: "/inside" })`)
		w.waitForPage(t, r.site.URL+"/inside", "#root h1")
		w.waitForText(t, "authenticated as Bob")
		w.checkConsole(t)
	})
	t.Run("built-in page", func(t *testing.T) {
		_, w := r.openSignedOut(t, "/door?a=b")
		r.checkConsole(t, w)
		w.evalAndLeave(t, "client.signIn()")
		w.waitForPage(t, r.site.URL+"/api/auth/signin?callbackUrl=", "[name=username]")
		w.write(t, "[name=username]", "bob")
		w.write(t, "[name=password]", password)
		w.click(t, "form:has([name=password]) button")
		w.waitForPage(t, r.site.URL+"/door?a=b", "#root h1")
		w.waitForText(t, "authenticated as Bob")
		w.checkConsole(t)
	})
}

func (r *run) wrongCredentials(t *testing.T) {
	for user, code := range map[string]string{"nobody": "credentials", "locked": "locked"} {
		t.Run(user, func(t *testing.T) {
			failure, page, shown := "CredentialsSignin", "/api/auth/signin?", fmt.Sprintf("%q", code)
			if r.protocol == cardea.ProtocolV4 {
				shown = "null"
				if user == "locked" {
					failure, page = code, "/api/auth/error?" // as in next-auth 4, where the reason is the error
				}
			}
			answer, complaints := fmt.Sprintf(`[true,200,%q,%q,null]`, failure, code), []string(nil)
			if r.next == 4 { // it goes by the status, and reads no code
				answer, complaints = fmt.Sprintf(`[false,401,%q,null,null]`, failure), []string{"status of 401"}
			}
			_, w := r.openSignedOut(t, "/door")
			w.wantJSON(t, `client.signIn("credentials", { username: "`+user+`", password: "wrong", redirect: false })`+
				asList, answer)
			w.wantJSON(t, "window.seen", `["loading","unauthenticated"]`)
			r.checkConsole(t, w, complaints...)
			w.evalAndLeave(t, `client.signIn("credentials", { username: "`+user+`", password: "wrong" })`)
			w.waitForPage(t, r.site.URL+page, "[role=alert]")
			w.wantJSON(t, "new URLSearchParams(location.search).get('error')", `"`+failure+`"`)
			w.wantJSON(t, "new URLSearchParams(location.search).get('code')", shown)
			w.checkConsole(t, complaints...)
		})
	}
}
