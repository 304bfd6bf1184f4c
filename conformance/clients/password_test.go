package clients

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	passwords "github.com/cardea-auth/cardea/password"
)

// passwords uses up the tries for Bob's password, so it uses another site. r is a copy, for the
// same reason.
func (r run) passwords(t *testing.T) {
	feature := passwords.New(passwords.Options{
		From: "Example <no-reply@example.com>", Sender: &cardeatest.Mailbox{},
	})
	r.site = r.newSite(t, func(c *cardea.Config) { c.Providers = append(c.Providers, feature) })
	if err := feature.Set(t.Context(), "bob", password); err != nil {
		t.Fatal(err)
	}
	_, w := r.openSignedOut(t, "/door")
	w.wantJSON(t, "client.getProviders().then(all => all.password)", fmt.Sprintf(`{"id":"password","name":"Password",`+
		`"type":"credentials","signinUrl":"%[1]s/signin/password","callbackUrl":"%[1]s/callback/password"}`,
		r.site.URL+"/api/auth"))
	signIn := func(address, text string) string {
		return fmt.Sprintf(`client.signIn("password", { email: %q, password: %q, redirect: false, callbackUrl: "/inside" })`,
			address, text) + asList
	}
	w.wantJSON(t, signIn("Bob@Example.com", password), `[true,200,null,null,"`+r.site.URL+`/inside"]`)
	w.waitForText(t, "authenticated as Bob")
	w.wantJSON(t, "location.pathname", `"/door"`)
	r.checkConsole(t, w)

	wrong, complaints := `[true,200,"CredentialsSignin","credentials",null]`, []string{"status of 429"}
	if r.next == 4 { // it goes by the status, and reads no code
		wrong, complaints = `[false,401,"CredentialsSignin",null,null]`, append(complaints, "status of 401")
	}
	_, w = r.openSignedOut(t, "/door")
	for range 5 { // Config.Limits.AccountClient
		w.wantJSON(t, signIn("bob@example.com", "wrong"), wrong)
	}
	w.wantJSON(t, signIn("bob@example.com", password), `[false,429,"RateLimited",null,null]`)
	w.wantJSON(t, "window.seen", `["loading","unauthenticated"]`)
	r.checkConsole(t, w, complaints...)
}

// passwordForms posts the forms of package password from a page of the application, as its own
// pages do: with the client's CSRF token, and the header or the input by which the client asks for
// JSON.
func (r run) passwordForms(t *testing.T) {
	mails := &cardeatest.Mailbox{}
	feature := passwords.New(passwords.Options{From: "Example <no-reply@example.com>", Sender: mails})
	r.site = r.newSite(t, func(c *cardea.Config) {
		c.Providers = append(c.Providers, feature)
		c.Features = append(c.Features, account.New(account.Options{}))
	})
	p, w := r.openSignedOut(t, "/door")
	header, input := `{ "X-Auth-Return-Redirect": "1" }`, "{}"
	if r.next == 4 {
		header, input = "{}", `{ json: "true" }`
	}
	w.eval(t, `window.post = async (path, form) => {
		const csrfToken = await client.getCsrfToken()
		const body = new URLSearchParams({ csrfToken, callbackUrl: "/inside", ...form, ...`+input+` })
		const answer = await fetch("/api/auth/" + path, { method: "POST", headers: `+header+`, body })
		const { url, error, message } = await answer.json()
		return [answer.status, url, error ?? null, typeof message]
	}`, nil)
	refused := func(path, form, page, code string) {
		t.Helper()
		w.wantJSON(t, fmt.Sprintf("post(%q, %s)", path, form),
			fmt.Sprintf(`[400,"%s/api/auth/%s?error=%s",%[3]q,"string"]`, r.site.URL, page, code))
	}
	accepted := func(path, form, to string) {
		t.Helper()
		w.wantJSON(t, fmt.Sprintf("post(%q, %s)", path, form),
			fmt.Sprintf(`[200,"%s",null,"undefined"]`, r.site.URL+to))
	}
	refused("password/signup", `{ email: "nobody" }`, "password/signup", "EmailSignin")
	refused("password/forgot", `{ email: "nobody" }`, "password/forgot", "EmailSignin")
	accepted("password/signup", `{ name: "Eve", email: "eve@example.com" }`,
		"/api/auth/verify-request?success=password_signup_mailed")
	opened := p.open(t, linkIn(t, mails))
	opened.waitForPage(t, r.site.URL+"/api/auth/password/choose", "[name=password]")
	opened.checkConsole(t)
	mark := ""
	opened.eval(t, `document.querySelector("[name=link]").value`, &mark)
	link := `, link: "` + mark + `" }`
	refused("password/choose", `{ password: "short"`+link, "password/choose", "password_short")
	w.wantJSON(t, "client.getSession()", "null")
	const chosen = "seven words that nobody has thought of"
	accepted("password/choose", `{ password: "`+chosen+`"`+link, "/inside")
	w.wantJSON(t, "client.getSession().then(s => s.user)", `{"email":"eve@example.com","image":null,"name":"Eve"}`)
	refused("password/change", `{ current: "wrong", password: "another `+chosen+`" }`, "account", "password_wrong")
	refused("password/change", `{ current: "`+chosen+`", password: "`+chosen+`" }`, "account", "password_same")
	r.checkConsole(t, w, "status of 400")
}

// linkIn returns the link of the only mail, which leaves after the answer.
func linkIn(t *testing.T, mails *cardeatest.Mailbox) string {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if all := mails.All(); len(all) > 0 {
			return regexp.MustCompile(`https?://\S+`).FindString(all[0].Text)
		}
	}
	t.Fatal("no mail")
	return ""
}
