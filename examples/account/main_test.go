package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
)

// visitor is a browser, and the page that it shows.
type visitor struct {
	*cardeatest.Browser
	t    *testing.T
	page string
	at   string // path and query
}

// start runs the example, and returns somebody who has signed in, and the mails of the site.
func start(t *testing.T) (*visitor, *cardeatest.Mailbox) {
	t.Helper()
	mails := &cardeatest.Mailbox{}
	idp := cardeatest.NewIssuer(t, cardeatest.Person{
		Subject: "1", Name: "Ann", Email: "ann@example.com", EmailVerified: true,
	})
	handler, err := newSite(idp, mails)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return signIn(t, server.URL), mails
}

func signIn(t *testing.T, site string) *visitor {
	t.Helper()
	v := &visitor{Browser: cardeatest.NewBrowser(t, site), t: t}
	v.SignIn("local", "1")
	return v
}

// open opens a page of the site.
func (v *visitor) open(path string) {
	v.t.Helper()
	res, err := v.Get(v.Site + path)
	if err != nil {
		v.t.Fatal(err)
	}
	v.read(res)
}

// read reads the page of a response.
func (v *visitor) read(res *http.Response) {
	v.t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		v.t.Fatalf("%s: %s, %v", res.Request.URL, res.Status, err)
	}
	v.page, v.at = string(text), res.Request.URL.RequestURI()
}

var (
	forms  = regexp.MustCompile(`(?s)<form [^>]*action="/api/auth([^"]*)"[^>]*>(.*?)</form>`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// submit submits the first form of the page with that action, with its hidden fields and what the
// visitor types: names and values in turn.
func (v *visitor) submit(action string, typed ...string) {
	v.t.Helper()
	for _, form := range forms.FindAllStringSubmatch(v.page, -1) {
		if form[1] != action {
			continue
		}
		values := url.Values{}
		for _, field := range hidden.FindAllStringSubmatch(form[2], -1) {
			values.Set(field[1], html.UnescapeString(field[2]))
		}
		for i := 0; i < len(typed); i += 2 {
			if !strings.Contains(form[2], `name="`+typed[i]+`"`) {
				v.t.Errorf("the form %s has no field %s", action, typed[i])
			}
			values.Set(typed[i], typed[i+1])
		}
		v.read(v.Post(action, values))
		return
	}
	v.t.Fatalf("no form %s on the page %s:\n%s", action, v.at, v.page)
}

// want checks where the visitor is, and what the page says.
func (v *visitor) want(at string, texts ...string) {
	v.t.Helper()
	for _, text := range texts {
		if !strings.Contains(v.page, text) {
			v.t.Errorf("at %s: no %q:\n%s", v.at, text, v.page)
		}
	}
	if v.at != at {
		v.t.Fatalf("at %s, want %s:\n%s", v.at, at, v.page)
	}
}

// codeOf returns the code of an app's secret (RFC 6238 § 4, RFC 4226 § 5.3).
func codeOf(t *testing.T, secret string) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(time.Now().Unix()/30)))
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[19]&15:]) & (1<<31 - 1)
	return fmt.Sprintf("%06d", number%1000000)
}

// Every form of the page does what it says, and ends on the page.
func TestAccountPage(t *testing.T) {
	t.Parallel()
	v, mails := start(t)
	v.open("/api/auth/account")
	v.want("/account", "<h1>Ann</h1>", "local: 1", "This device")

	signIn(t, v.Site)
	v.open("/account")
	v.submit("/account/end-session")
	v.want("/account?success=session_ended", "This device", "The device is signed out.")
	if strings.Contains(v.page, "Sign out</button>\n</form>\n\n\n<form") {
		t.Error("another device is left")
	}
	other := signIn(t, v.Site)
	v.submit("/account/end-other-sessions")
	if other.Session() != nil {
		t.Error("another device is signed in")
	}

	v.open("/account")
	v.submit("/account/export")
	v.want("/api/auth/account/export", `"providerAccountId": "1"`)
	v.open("/account")
	v.submit("/account/address", "email", "ann@new.example")
	v.want("/api/auth/verify-request?success=address_mailed")

	v.open("/account")
	v.submit("/account/delete", "confirm", "ann@example.com")
	v.want("/account?success=deletion_asked", "Your account will be deleted on", "Keep the account")
	v.submit("/account/keep")
	v.want("/account?success=deletion_ended", "Type ann@example.com to confirm", "Your account will stay.")

	v.submit("/account/unlink")
	v.want("/account?error=account_last", "This is the only way in.")
	wantMail(t, mails, "ann@new.example", "Confirm your new address")
}

// wantMail waits for a mail. Mails leave after the answers, in any order.
func wantMail(t *testing.T, mails *cardeatest.Mailbox, to, subject string) {
	t.Helper()
	for range 5000 {
		if slices.ContainsFunc(mails.All(), func(m cardeatest.Mail) bool {
			return m.To == to && strings.HasPrefix(m.Subject, subject)
		}) {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Errorf("no mail %q to %s", subject, to)
}

// The second factor is set up and confirmed with the endpoints of package factor, from the site's
// own pages.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	v, _ := start(t)
	v.open("/api/auth/confirm?callbackUrl=/account")
	here := "callbackUrl=" + url.QueryEscape(v.Site+"/account")
	v.want("/confirm?"+here+"&provider=local", "Continue with a local account")

	v.open("/account")
	v.submit("/factor/start")
	v.want("/api/auth/factor/enrol")
	secret := regexp.MustCompile(`<code>([A-Z2-7 ]{39})</code>`).FindStringSubmatch(v.page)[1]
	v.submit("/factor/enrol", "code", codeOf(t, strings.ReplaceAll(secret, " ", "")), "name", "My phone")
	v.want("/api/auth/factor/recovery-codes", "Your recovery codes")
	v.open("/account")
	v.want("/account", "My phone, set up on", "8 recovery codes are left")
	v.submit("/factor/recovery-codes")
	v.want("/api/auth/factor/recovery-codes", "Your recovery codes")

	v.open("/api/auth/confirm?callbackUrl=/account&level=2")
	v.want("/confirm?"+here+"&endpoint=factor%2Fconfirm", "Code from the app")
	v.submit("/factor/confirm", "code", "000000")
	v.want("/api/auth/factor/confirm", "This code is not right") // the built-in page repeats the form

	v.open("/account")
	v.submit("/factor/remove")
	v.want("/account?success=factor_removed", "Set up an authenticator app", "The app is removed.")
	if strings.Contains(v.page, "My phone") {
		t.Error("the app is left")
	}
}

// The code blocks of docs/account-page.md are copies of code in this package or of an example of
// package account.
func TestDocumentationShowsThisCode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/account-page.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range []string{"main.go", "page.go", "page.html", "../../account/example_test.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(source)
	}
	_, own, _ := strings.Cut(string(text), "\n## A page of your own\n")
	blocks := regexp.MustCompile("(?s)```(?:go|html)\n(.*?)```").FindAllStringSubmatch(own, -1)
	if len(blocks) < 4 {
		t.Errorf("the part about pages of one's own has %d code blocks, want 4 or more", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), block[1]) {
			t.Errorf("not in this package:\n%s", block[1])
		}
	}
}
