package clients

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/language"
	passwords "github.com/cardea-auth/cardea/password"
)

// readArabic returns the texts of a language that an application adds. What is missing is English.
func readArabic(t *testing.T) (texts map[string]string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "arabic.json"))
	if err == nil {
		err = json.Unmarshal(content, &texts)
	}
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestPagesFromRightToLeft opens the built-in pages in Arabic on a phone. Text begins at the right,
// what people type into a field for an address begins at the left, and no page is wider than the
// window.
func TestPagesFromRightToLeft(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	axe, arabic := readAxe(t), readArabic(t)
	s := newSite(t, "", func(c *cardea.Config) {
		c.Languages = language.Config{Offer: []string{"ar"}, Texts: map[string]map[string]string{"ar": arabic}}
		c.Features = append(c.Features, account.New(account.Options{}))
		c.Providers = append(c.Providers, passwords.New(passwords.Options{
			From: "no-reply@example.com", Sender: &cardeatest.Mailbox{},
		}))
	})
	p := startChromium(t).newProfile(t)
	signInAtSite(t, p, s)
	w := p.open(t, s.URL+"/api/auth/account")
	w.waitForPage(t, s.URL+"/api/auth/account", "#devices h2")
	w.look(t, "light", 390)
	for _, path := range []string{
		"account", "signin", "signout", "error?error=AccessDenied", "password/signup", "verify-request",
	} {
		w.goTo(t, s.URL+"/api/auth/"+path)
		w.waitForPage(t, s.URL+"/api/auth/"+path, "h1")
		t.Run(path, func(t *testing.T) {
			w.wantJSON(t, "[document.documentElement.lang, document.dir, getComputedStyle(document.body).direction]",
				`["ar","rtl","rtl"]`)
			w.wantJSON(t, "document.documentElement.scrollWidth <= 390", "true")
			w.eval(t, axe, nil)
			w.wantJSON(t, findings, "[]")
			w.checkTabKey(t)
		})
	}

	w.goTo(t, s.URL+"/api/auth/account")
	w.waitForPage(t, s.URL+"/api/auth/account", "#devices h2")
	for _, element := range []string{"h2", "#profile .lead"} {
		// The right edge of the text is that of the element, and the left edge is not.
		w.wantJSON(t, fmt.Sprintf(`(() => {
			const element = document.querySelector(%q), text = document.createRange()
			text.selectNodeContents(element)
			const [outer, inner] = [element.getBoundingClientRect(), text.getBoundingClientRect()]
			return [Math.abs(outer.right - inner.right) < 2, inner.left - outer.left > 20]
		})()`, element), "[true,true]")
	}
	w.goTo(t, s.URL+"/api/auth/signin")
	w.waitForPage(t, s.URL+"/api/auth/signin", "input[type=email]")
	for _, kind := range []string{"email", "password"} {
		w.wantJSON(t, fmt.Sprintf("getComputedStyle(document.querySelector('input[type=%s]')).direction", kind), `"ltr"`)
	}
	// The host in the sentence is not turned around: its digits are from left to right.
	w.wantJSON(t, "getComputedStyle(document.querySelector('.lead strong')).unicodeBidi", `"isolate"`)
}
