package clients

import (
	"fmt"
	"testing"
)

// TestFrameworks signs in to the site of examples/frameworks in a browser, with each framework.
func TestFrameworks(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an example and starts a browser")
	}
	t.Parallel()
	file, browser := buildExample(t, "frameworks"), startChromium(t)
	for framework, want := range map[string]string{
		"chi":   "You are Ann (editor).\n",
		"gin":   "You are Ann (editor).\n",
		"echo":  "You are Ann (editor).\n",
		"fiber": "You are Ann (editor).\n",
		"huma":  `"name":"Ann","role":"editor"`,
	} {
		t.Run(framework, func(t *testing.T) {
			t.Parallel()
			site := startExample(t, file, framework)
			start := site.url + "/me"
			if framework == "huma" { // an API has no pages, and so does not lead to the sign-in page
				start = site.url + "/api/auth/signin?callbackUrl=/me"
			}
			w := browser.newProfile(t).open(t, start)
			w.waitForPage(t, site.url+"/api/auth/signin?callbackUrl=", "form[action$='/signin/local'] button")
			w.click(t, "form[action$='/signin/local'] button")
			w.waitForPage(t, "http://127.0.0.1:", "li button")
			w.click(t, "li button")
			w.waitForPage(t, site.url+"/me", "pre")
			w.waitUntil(t, fmt.Sprintf("document.querySelector('pre').textContent.includes(%q)", want))
		})
	}
}
