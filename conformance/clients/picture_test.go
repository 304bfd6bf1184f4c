package clients

import (
	"encoding/base64"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	passwords "github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/provider"
)

// pictures is where scripts/screenshots wants the pictures of the documentation.
var pictures = flag.String("pictures", "", "folder for the pictures of the built-in pages")

// TestPictures takes the pictures of the built-in pages for phone and desktop, light and dark, at a
// site that has everything. It can read each picture, which is as wide as the window.
func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	album := album{folder: *pictures}
	if album.folder == "" {
		album.folder = t.TempDir()
	}
	var port string
	s := newSite(t, "", func(c *cardea.Config) {
		_, port, _ = strings.Cut(c.BaseURL, "localhost:")
		c.BaseURL = "https://example.com"
		const from = "Example <no-reply@example.com>"
		mails := &cardeatest.Mailbox{}
		c.Providers = []cardea.Provider{
			c.Providers[0],
			provider.GitHub(provider.Client{ID: "id", Secret: "secret"}),
			passwords.New(passwords.Options{From: from, Sender: mails}),
			email.New(email.Options{From: from, Sender: mails}),
		}
		c.Features = append(c.Features,
			account.New(account.Options{From: from, Sender: mails}),
			factor.New(factor.Options{Remember: 30 * 24 * time.Hour}))
	})
	browser := startChromium(t, "MAP example.com:443 127.0.0.1:"+port)
	stranger := browser.newProfile(t).open(t, s.URL+"/api/auth/signin")
	for name, path := range map[string]string{
		"signin": "signin", "signin-error": "signin?error=OAuthAccountNotLinked", "signout": "signout",
		"error": "error?error=AccessDenied", "verify-request": "verify-request", "signup": "password/signup",
	} {
		stranger.goTo(t, s.URL+"/api/auth/"+path)
		stranger.waitForPage(t, s.URL+"/api/auth/"+path, "h1")
		album.take(t, stranger, name)
	}

	p := browser.newProfile(t)
	signInAtSite(t, p, s)
	w := p.open(t, s.URL+"/api/auth/account")
	w.click(t, "#second-factor button")
	w.waitForPage(t, s.URL+"/api/auth/factor/enrol", "svg path")
	album.take(t, w, "factor-enrol")
	a := w.shownApp(t)
	w.write(t, "[name=name]", "Phone")
	w.enterCode(t, a.code(t, 0))
	w.waitForPage(t, s.URL+"/api/auth/factor/recovery-codes", "ul.codes")
	w.goTo(t, s.URL+"/api/auth/account")
	w.waitForPage(t, s.URL+"/api/auth/account", "#second-factor [action$='/factor/remove']")
	album.take(t, w, "account")

	stranger.goTo(t, s.URL+"/api/auth/signin?callbackUrl=/done")
	stranger.click(t, "form[action$='/signin/idp'] button")
	stranger.waitForPage(t, s.issuer.URL+"/authorize", "li button")
	stranger.click(t, "li button")
	stranger.waitForPage(t, s.challenge(), "[name=code]")
	album.take(t, stranger, "factor-challenge")
}

// album is a folder of pictures.
type album struct{ folder string }

// take takes the pictures of the page in a tab: the whole page if it is longer than the window.
func (a album) take(t *testing.T, w *tab, name string) {
	t.Helper()
	for _, window := range []struct {
		name                 string
		width, height, scale int
	}{{"phone", 390, 844, 2}, {"desktop", 1280, 800, 1}} {
		for _, scheme := range []string{"light", "dark"} {
			w.look(t, scheme, window.width)
			w.command(t, "Emulation.setDeviceMetricsOverride", map[string]any{
				"width": window.width, "height": window.height, "deviceScaleFactor": window.scale, "mobile": false,
			})
			w.eval(t, "document.activeElement.blur()", nil)
			var height int
			w.eval(t, "document.documentElement.scrollHeight", &height)
			var answer struct{ Data string }
			err := w.do(w.session, "Page.captureScreenshot", map[string]any{
				"captureBeyondViewport": true, "clip": map[string]any{
					"x": 0, "y": 0, "width": window.width, "height": max(height, window.height), "scale": 1,
				},
			}, &answer)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(a.folder, fmt.Sprintf("%s-%s-%s.png", name, window.name, scheme))
			a.keep(t, file, answer.Data, window.width*window.scale)
		}
	}
}

// keep writes a picture to a file, and reads it again.
func (a album) keep(t *testing.T, file, data string, width int) {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(data)
	if err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if picture, err := png.Decode(f); err != nil || picture.Bounds().Dx() != width {
		t.Errorf("%s: not a picture of %d pixels: %v", filepath.Base(file), width, err)
	}
}
