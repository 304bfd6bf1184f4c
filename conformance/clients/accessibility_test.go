package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/conformance/internal/node"
	passwords "github.com/cardea-auth/cardea/password"
)

// TestBuiltInPagesAreAccessible opens the built-in pages on a narrow phone and on a desktop, light
// and dark. axe-core finds nothing, no page is wider than the window, and the tab key reaches every
// link, input and button, in the order of the page and visibly.
func TestBuiltInPagesAreAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	axe := readAxe(t)
	s := newSite(t, "", func(c *cardea.Config) {
		c.Features = append(c.Features, account.New(account.Options{}))
		c.Providers = append(c.Providers, passwords.New(passwords.Options{
			From: "no-reply@example.com", Sender: &cardeatest.Mailbox{},
		}))
	})
	browser := startChromium(t)
	p := browser.newProfile(t)
	signInAtSite(t, p, s)
	signInAtSite(t, browser.newProfile(t), s) // another device
	w := p.open(t, s.URL+"/api/auth/account")
	w.waitForPage(t, s.URL+"/api/auth/account", "#devices form")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{320, 1280} {
			w.look(t, scheme, width)
			for _, path := range []string{
				"account", "signin", "signin?error=AccountNotLinked", "signout", "error?error=AccessDenied",
				"verify-request", "password/signup", "password/forgot",
			} {
				w.goTo(t, s.URL+"/api/auth/"+path)
				w.waitForPage(t, s.URL+"/api/auth/"+path, "h1")
				t.Run(fmt.Sprintf("%s, %s, %d pixels", path, scheme, width), func(t *testing.T) {
					w.eval(t, axe, nil)
					w.wantJSON(t, findings, "[]")
					w.wantJSON(t, fmt.Sprintf("document.documentElement.scrollWidth <= %d", width), "true")
					w.checkTabKey(t)
				})
			}
		}
	}
}

// look sets the width of the window in pixels, and the colors that the visitor prefers.
func (w *tab) look(t *testing.T, scheme string, width int) {
	t.Helper()
	w.command(t, "Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 400,
	})
	w.command(t, "Emulation.setEmulatedMedia", map[string]any{
		"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}},
	})
}

// findings are what axe-core says about a page: the rules that it breaks, with the elements.
const findings = `axe.run().then(r => r.violations.map(v => [v.id, ...v.nodes.map(n => n.html)]))`

// readAxe returns the source of axe-core.
func readAxe(t *testing.T) string {
	t.Helper()
	folder := filepath.Join("testdata", "axe")
	node.Install(t, folder)
	source, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// checkTabKey presses the tab key once for each element that can have the focus.
func (w *tab) checkTabKey(t *testing.T) {
	t.Helper()
	w.command(t, "Page.bringToFront", nil)
	w.eval(t, `document.activeElement.blur();
		window.reachable = [...document.querySelectorAll("a[href], button, input:not([type=hidden], [hidden])")]`, nil)
	var n int
	w.eval(t, "reachable.length", &n)
	for i := range n {
		w.key(t, "Tab")
		var at string
		w.eval(t, fmt.Sprintf(`(() => {
			const element = document.activeElement, style = getComputedStyle(element)
			if (element !== reachable[%d]) return "another element: " + element.outerHTML
			return style.outlineStyle === "none" && style.boxShadow === "none" ? "no visible focus" : ""
		})()`, i), &at)
		if at != "" {
			t.Errorf("after %d presses of the tab key: %s", i+1, strings.TrimSpace(at))
			return
		}
	}
}
