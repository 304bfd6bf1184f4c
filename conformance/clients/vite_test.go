package clients

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/conformance/internal/node"
	passwords "github.com/cardea-auth/cardea/password"
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
	mails := &cardeatest.Mailbox{}
	s := newSite(t, "", func(c *cardea.Config) {
		c.TrustedOrigins = []string{trusted, elsewhere}
		c.Providers = append(c.Providers, passwords.New(passwords.Options{
			From: "Example <no-reply@example.com>", Sender: mails,
			Pages: passwords.Pages{Choose: trusted + "/choose"},
		}))
	})
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
	t.Run("a password in the front end's own forms", func(t *testing.T) {
		const typed = "correct horse battery staple"
		w := browser.newProfile(t).open(t, trusted+"/")
		fill := func(form, name, value string) {
			w.waitUntil(t, fmt.Sprintf("(e => !!e && !!(e.value = %q))(document.querySelector('#%s [name=%s]'))",
				value, form, name))
		}
		fill("signup", "email", "grace@example.com")
		w.click(t, "#signup button")
		w.waitForHeading(t, "Open the link in our mail")
		for deadline := time.Now().Add(waitLimit); len(mails.All()) == 0 && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond) // mails leave after the answer
		}
		w.goTo(t, regexp.MustCompile(`http://\S+token=\S+`).FindString(mails.Last(t, "grace@example.com").Text))
		w.waitForHeading(t, "Choose the password of grace@example.com")
		fill("choose", "password", "short")
		w.click(t, "#choose button")
		w.waitForHeading(t, "That was not accepted: password_short")
		fill("choose", "password", typed)
		w.click(t, "#choose button")
		w.waitForHeading(t, "Signed in as grace@example.com")
		w.click(t, button)
		w.waitForHeading(t, "Not signed in")
		fill("password", "email", "grace@example.com")
		fill("password", "password", "wrong")
		w.click(t, "#password button")
		w.waitForHeading(t, "That was not accepted: CredentialsSignin")
		fill("password", "password", typed)
		w.click(t, "#password button")
		w.waitForHeading(t, "Signed in as grace@example.com")
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
