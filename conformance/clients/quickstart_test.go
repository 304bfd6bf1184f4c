package clients

import (
	"strings"
	"testing"
)

// cutOff are the elements of a page whose content is wider than they are, and the card, if it
// touches an edge of the window.
const cutOff = `[
	...[...document.querySelectorAll("main *")].filter(e => e.clientWidth > 0 && e.scrollWidth > e.clientWidth),
	...[document.querySelector("main .card") ?? document.querySelector("main")].filter(card => {
		const box = card.getBoundingClientRect()
		return box.left < 8 || box.right > innerWidth - 8
	}),
].map(e => e.outerHTML.slice(0, 80))`

// TestQuickStartOnAPhone opens the pages of the quick start on a phone. Somebody with a long name
// and a long address signs in, and nothing is cut off.
func TestQuickStartOnAPhone(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an example and starts a browser")
	}
	t.Parallel()
	site, browser := startExample(t, buildExample(t, "quickstart")), startChromium(t)
	w := browser.newProfile(t).open(t, site.url+"/")
	w.look(t, "light", 390)
	check := func(path, selector string) {
		t.Helper()
		w.waitForPage(t, site.url+path, selector)
		w.wantJSON(t, cutOff, "[]")
	}
	check("/", "a.button")
	w.click(t, "a.button")
	check("/api/auth/signin", "form[action$='/signin/local'] button")
	w.click(t, "form[action$='/signin/local'] button")
	check("/idp/authorize", "#email")
	w.write(t, "#name", strings.Repeat("Ada", 25))
	w.write(t, "#email", strings.Repeat("long", 15)+"@"+strings.Repeat("domain", 9)+".example.com")
	w.click(t, "button.go")
	check("/dashboard", "dd")
	for _, path := range []string{"/mails", "/api/auth/account", "/api/auth/signout", "/api/auth/nothing"} {
		w.goTo(t, site.url+path)
		check(path, "h1")
	}
}
