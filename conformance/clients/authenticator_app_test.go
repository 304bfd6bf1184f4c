package clients

import (
	"encoding/base32"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/cardea-auth/cardea/cardeatest"
)

// app is an authenticator app, with the recovery codes of its owner.
type app struct {
	secret   string
	recovery []string
}

// next returns the code after the one that has confirmed the app. It counts once.
func (a app) next(t *testing.T) string { return a.code(t, 30*time.Second) }

func (a app) code(t *testing.T, later time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, time.Now().Add(later))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

var (
	shownSecret   = regexp.MustCompile(`<code>([A-Z2-7 ]{39})</code>`)
	shownRecovery = regexp.MustCompile(`<li><code>([0-9A-Z-]{27})</code>`)
)

// enrol sets up an app for the person who is signed in.
func enrol(t *testing.T, b *cardeatest.Browser) app {
	t.Helper()
	found := shownSecret.FindStringSubmatch(readAll(t, b.Post("/factor/start", nil).Body))
	if found == nil {
		t.Fatal("no secret on the page of the enrolment")
	}
	a := app{secret: strings.ReplaceAll(found[1], " ", "")}
	page := readAll(t, b.Post("/factor/enrol", url.Values{"code": {a.code(t, 0)}}).Body)
	for _, code := range shownRecovery.FindAllStringSubmatch(page, -1) {
		a.recovery = append(a.recovery, code[1])
	}
	if len(a.recovery) != 8 {
		t.Fatalf("no recovery codes after the enrolment: %s", page)
	}
	return a
}

// signInAtIssuer signs in Ann Example at the identity provider.
func (s *site) signInAtIssuer(t *testing.T, b *cardeatest.Browser) {
	t.Helper()
	page := b.Post("/signin/idp", nil)
	res, err := b.PostForm(page.Request.URL.String(), url.Values{"person": {"1001"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

// signInByMail signs in the owner of an address with the link of a mail.
func (s *site) signInByMail(t *testing.T, b *cardeatest.Browser, address string) {
	t.Helper()
	b.Post("/signin/email", url.Values{"email": {address}})
	res, err := b.Get(s.mails.Last(t, address, "Sign in").Link)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// enterCode types a code into the form of a page, and sends it.
func (w *tab) enterCode(t *testing.T, code string) {
	t.Helper()
	w.write(t, "[name=code]", code)
	w.click(t, "form:has([name=code]) button")
}

// shownApp is an app with the key that the page shows.
func (w *tab) shownApp(t *testing.T) app {
	t.Helper()
	var text string
	w.eval(t, "document.querySelector('code').textContent", &text)
	a := app{secret: strings.ReplaceAll(text, " ", "")}
	if raw, err := base32.StdEncoding.DecodeString(a.secret); err != nil || len(raw) != 20 {
		t.Fatalf("the page shows no secret: %v", err)
	}
	return a
}
