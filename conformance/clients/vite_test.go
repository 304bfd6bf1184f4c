package clients

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/conformance/internal/node"
)

// TestViteOnAnotherPort runs the Vite application of the examples in a browser, on other origins
// than the site: what SameSite=Lax allows, and what it does not (docs/origins.md).
func TestViteOnAnotherPort(t *testing.T) {
	if testing.Short() {
		t.Skip("builds an application and starts a browser")
	}
	t.Parallel()
	folder, browser := t.TempDir(), startChromium(t)
	trusted, stranger := newFront(t, "localhost", folder), newFront(t, "localhost", folder)
	elsewhere := newFront(t, "127.0.0.1", folder)
	s := newSite(t, "", func(c *cardea.Config) { c.TrustedOrigins = []string{trusted, elsewhere} })
	build(t, s.URL, folder)
	const button = "#buttons button"

	t.Run("another port", func(t *testing.T) {
		w := browser.newProfile(t).open(t, trusted+"/inside?a=b")
		w.waitForHeading(t, "Not signed in")
		w.waitForPage(t, trusted, button)
		w.click(t, button)
		w.waitForPage(t, s.issuer.URL+"/authorize", "li button")
		w.click(t, "li button")
		w.waitForPage(t, trusted+"/inside?a=b", "h1")
		w.waitForHeading(t, "Signed in as Ann Example")
		w.click(t, button)
		w.waitForHeading(t, "Not signed in")
		w.wantJSON(t, "location.href", `"`+trusted+`/inside?a=b"`)
		w.checkConsole(t)
	})
	t.Run("a port that is not trusted", func(t *testing.T) {
		p := browser.newProfile(t)
		signInAtSite(t, p, s)
		w := p.open(t, stranger)
		w.waitForHeading(t, "The API is not reachable: Failed to fetch")
		w.checkConsole(t, "blocked by CORS policy", "net::ERR_FAILED")
	})
	// 127.0.0.1 and localhost are two sites. The scripts may read the answers, but the browser
	// sends and keeps no cookies.
	t.Run("another site", func(t *testing.T) {
		p := browser.newProfile(t)
		signInAtSite(t, p, s)
		w := p.open(t, elsewhere)
		w.waitForHeading(t, "Not signed in")
		w.waitForPage(t, elsewhere, button)
		w.click(t, button)
		w.waitUntil(t, fmt.Sprintf("location.href.startsWith(%q)", s.URL+"/api/auth/signin?error=MissingCSRF"))
		back := p.open(t, trusted)
		back.waitForHeading(t, "Signed in as Ann Example")
	})
}

// signInAtSite signs Ann in with the built-in page.
func signInAtSite(t *testing.T, p *profile, s *site) {
	t.Helper()
	w := p.open(t, s.URL+"/api/auth/signin?callbackUrl=/done")
	w.click(t, "form[action$='/signin/idp'] button")
	w.waitForPage(t, s.issuer.URL+"/authorize", "li button")
	w.click(t, "li button")
	w.waitForPage(t, s.URL+"/done", "#root")
}

func (w *tab) waitForHeading(t *testing.T, want string) {
	t.Helper()
	w.waitUntil(t, fmt.Sprintf("document.querySelector('h1')?.innerText === %q", want))
}

// newFront starts a server of the application that is built into a folder, and returns its origin.
// It has the same page at every path.
func newFront(t *testing.T, host, folder string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join(folder, filepath.FromSlash(r.URL.Path))
		if info, err := os.Stat(name); err != nil || info.IsDir() {
			name = filepath.Join(folder, "index.html")
		}
		http.ServeFile(w, r, name)
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + net.JoinHostPort(host, port)
}

// build builds the application for the API at url.
func build(t *testing.T, url, folder string) {
	t.Helper()
	web, err := filepath.Abs(filepath.Join("..", "..", "examples", "vite", "web"))
	if err != nil {
		t.Fatal(err)
	}
	node.Install(t, web)
	vite := exec.Command(filepath.Join(web, "node_modules", ".bin", "vite"), "build", "--outDir", folder,
		"--emptyOutDir", "--logLevel", "warn")
	vite.Dir, vite.Env = web, append(os.Environ(), "VITE_API="+url)
	if out, err := vite.CombinedOutput(); err != nil {
		t.Fatalf("vite build: %v\n%s", err, out)
	}
}
