package clients

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	passwords "github.com/cardea-auth/cardea/password"
)

// TestPasswordsInABrowser signs up, changes the password, forgets it and signs in with the new one,
// on a phone whose browser runs no script. The mails go over SMTP. Chromium, whose console says
// what its password manager misses in a form, says nothing.
func TestPasswordsInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{})
	s := newSite(t, "", func(c *cardea.Config) {
		const from = "Example <no-reply@example.com>"
		sender := &email.SMTP{Host: server.Host, Port: server.Port}
		c.Providers = []cardea.Provider{passwords.New(passwords.Options{From: from, Sender: sender})}
		c.Features = append(c.Features, account.New(account.Options{From: from, Sender: sender}))
	})
	const (
		eve    = "eve@example.com"
		first  = "seven words that nobody has thought of"
		second = "and seven others, for the next year"
		third  = "the last sentence of this phone"
	)
	w := startChromium(t).newProfile(t).open(t, s.URL+"/api/auth/signin?callbackUrl=/done")
	w.look(t, "light", 320)
	w.allowScript(t, false)
	at := func(path, action string, autocomplete ...string) {
		t.Helper()
		form := fmt.Sprintf("form[action$='/%s']", action)
		w.waitForPage(t, s.URL+"/api/auth/"+path, form)
		w.wantAutocomplete(t, form, autocomplete...)
	}
	send := func(form string, fields ...string) {
		t.Helper()
		form = fmt.Sprintf("form[action$='/%s'] ", form)
		for i := 0; i < len(fields); i += 2 {
			w.write(t, form+"[name="+fields[i]+"]", fields[i+1])
		}
		w.click(t, form+"button")
	}
	signIn := func(text string) {
		t.Helper()
		w.goTo(t, s.URL+"/api/auth/signin?callbackUrl=/done")
		at("signin", "callback/password", "username", "current-password")
		send("callback/password", "email", eve, "password", text)
		w.waitForPage(t, s.URL+"/done", "#root")
	}

	at("signin", "callback/password", "username", "current-password")
	w.click(t, "a[href*='/password/signup']")
	at("password/signup", "password/signup", "name", "username")
	send("password/signup", "name", "Eve", "email", eve)
	w.waitForPage(t, s.URL+"/api/auth/verify-request?success=password_signup_mailed", "h1")
	w.goTo(t, nthLink(t, server.Mails, eve, 1))
	at("password/choose", "password/choose", "username", "new-password")
	send("password/choose", "password", first)
	w.waitForPage(t, s.URL+"/", "#root")

	w.goTo(t, s.URL+"/api/auth/account")
	at("account", "password/change", "username", "current-password", "new-password")
	send("password/change", "current", first, "password", second)
	w.waitForPage(t, s.URL+"/api/auth/account?success=password_changed", "h1")
	w.goTo(t, s.URL+"/api/auth/signout")
	w.click(t, "form button")
	w.waitForPage(t, s.URL+"/", "#root")
	signIn(second)

	w.goTo(t, s.URL+"/api/auth/signout")
	w.click(t, "form button")
	w.waitForPage(t, s.URL+"/", "#root")
	w.goTo(t, s.URL+"/api/auth/signin")
	w.waitForPage(t, s.URL+"/api/auth/signin", "a[href*='/password/forgot']")
	w.click(t, "a[href*='/password/forgot']")
	at("password/forgot", "password/forgot", "username")
	send("password/forgot", "email", eve)
	w.waitForPage(t, s.URL+"/api/auth/verify-request?success=password_reset_mailed", "h1")
	w.goTo(t, nthLink(t, server.Mails, eve, 3)) // the second mail says that the password has changed
	at("password/choose", "password/choose", "username", "new-password")
	send("password/choose", "password", third)
	w.waitForPage(t, s.URL+"/api/auth/signin/password?success=password_reset", "h1")
	signIn(third)
	w.wantJSON(t, "document.querySelector('#root').childElementCount", "0") // its script has not run
	w.checkConsole(t)
	w.checkForms(t)
}

// wantAutocomplete checks by which names a password manager knows the inputs of a form.
func (w *tab) wantAutocomplete(t *testing.T, form string, want ...string) {
	t.Helper()
	names, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	w.wantJSON(t, fmt.Sprintf(`[...document.querySelectorAll("%s input:not([type=hidden])")].map(e => e.autocomplete)`,
		form), string(names))
}

// checkForms reports what the password manager of Chromium has missed in the forms of a tab so far.
func (w *tab) checkForms(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.advice {
		if strings.HasPrefix(text, "[DOM]") {
			t.Errorf("the browser says: %s", text)
		}
	}
}

// nthLink waits for the n-th mail to an address, and returns the link in it.
func nthLink(t *testing.T, mails *cardeatest.Mailbox, to string, n int) string {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		count := 0
		for _, m := range mails.All() {
			if m.To == to {
				count++
			}
			if count == n {
				return regexp.MustCompile(`https?://\S+`).FindString(m.Text)
			}
		}
	}
	t.Fatalf("no mail %d to %s", n, to)
	return ""
}
