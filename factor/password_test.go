package factor_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

// A new password ends the sign-ins that wait and the remembered devices, and passes no second
// factor, also if it was set by mail (ASVS 5.0, 6.4.3).
func TestNewPasswordsAndTheSecondFactor(t *testing.T) {
	t.Parallel()
	const first, second = "correct horse battery staple", "another long sentence of mine"
	for _, by := range []string{"account page", "mail"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			var passwords *password.Feature
			s := newSite(t, func(c *cardea.Config, o *factor.Options) {
				passwords = password.New(password.Options{
					From: o.From, Sender: o.Sender,
					Hashing: passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}},
				})
				c.Providers, o.Remember = []cardea.Provider{passwords}, time.Hour
			})
			ann := s.user(t, annAddress)
			if err := passwords.Set(t.Context(), ann.ID, first); err != nil {
				t.Fatal(err)
			}
			signIn := func(v *visitor, text string) page {
				return v.post("/callback/password", "email", annAddress, "password", text)
			}
			own := s.visitor(t)
			signIn(own, first)
			a, _ := own.enrol()
			device := s.visitor(t)
			signIn(device, first)
			if p := device.post("/factor/challenge", "code", a.next(), "remember", "on"); !device.isSignedIn() {
				t.Fatalf("the code: ended at %s", p.at)
			}
			remembered := s.visitor(t).addCookies(device.cookies(), "device")
			if p := signIn(remembered, first); !remembered.isSignedIn() {
				t.Fatalf("the remembered device: ended at %s", p.at)
			}
			waits := s.visitor(t)
			if p := signIn(waits, first); p.at != "/api/auth/factor/challenge" || waits.isSignedIn() {
				t.Fatalf("the password: ended at %s", p.at)
			}
			if by == "mail" {
				stranger := s.visitor(t)
				stranger.post("/password/forgot", "email", annAddress)
				link := s.linkIn(t, "A new password")
				stranger.get(strings.TrimPrefix(link, s.URL))
				if p := stranger.post("/password/choose", "password", second); stranger.isSignedIn() {
					t.Errorf("a new password by mail signs in: ended at %s", p.at)
				}
			} else {
				own.post("/password/change", "current", first, "password", second)
			}
			if own.isSignedIn() != (by == "account page") || device.isSignedIn() {
				t.Errorf("signed in: own %t, other %t", own.isSignedIn(), device.isSignedIn())
			}
			if p := waits.post("/factor/challenge", "code", a.next()); !strings.Contains(p.at, isSpent) {
				t.Errorf("the sign-in that waits: ended at %s", p.at)
			}
			for _, v := range []*visitor{s.visitor(t), s.visitor(t).addCookies(device.cookies(), "device")} {
				if p := signIn(v, second); p.at != "/api/auth/factor/challenge" || v.isSignedIn() {
					t.Errorf("the new password: ended at %s", p.at)
				}
				if p := v.post("/factor/challenge", "code", a.next()); !v.isSignedIn() {
					t.Errorf("the new password and the code: ended at %s", p.at)
				}
			}
			if len(s.factors(t, ann)) != 1 || s.countRecoveryCodes(t, ann) != 8 {
				t.Error("the factor has changed")
			}
		})
	}
}

// linkIn waits for a mail with a subject, and returns the link in it.
func (s *site) linkIn(t *testing.T, subject string) string {
	t.Helper()
	for range 5000 {
		for _, m := range slices.Backward(s.mails.All()) {
			if strings.Contains(m.Subject, subject) {
				return regexp.MustCompile(`https?://\S+`).FindString(m.Text)
			}
		}
		time.Sleep(2 * time.Millisecond) // mails leave after the answer
	}
	t.Fatalf("no mail %q", subject)
	return ""
}
