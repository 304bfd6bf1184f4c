package factor_test

import (
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// oathtool is the program of that name, as an authenticator app.
type oathtool struct {
	program, secret string
	clock           *clock
}

// code returns what the program prints for a time that is some steps later.
func (o oathtool) code(t *testing.T, later int) string {
	t.Helper()
	at := o.clock.now().Add(time.Duration(later) * 30 * time.Second)
	out, err := exec.CommandContext(t.Context(), o.program, "--totp", "-b", fmt.Sprintf("--now=@%d", at.Unix()),
		o.secret).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// Somebody sets up another program than ours as the app, with the key that the page shows, and
// signs in with its codes.
func TestSignInWithOathtool(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("oathtool")
	if err != nil {
		t.Skip("oathtool is not installed")
	}
	forEachStrategy(t, func(t *testing.T, s *site) {
		ann := s.user(t, annAddress)
		own := s.enter(t, ann, "pwd")
		if p := own.get("/account"); !strings.Contains(p.body, `action="/api/auth/factor/start"`) {
			t.Fatalf("no form on the account page: %s", p.body)
		}
		p := own.start()
		o := oathtool{program, p.find(`<code>([A-Z2-7 ]+)</code>`), s.clock}
		link, err := url.Parse(p.find(`href="(otpauth:[^"]*)`))
		if err != nil || link.Query().Get("secret") != strings.ReplaceAll(o.secret, " ", "") {
			t.Errorf("the link %s has another key than the page, or none: %v", link.Redacted(), err)
		}
		if p := own.post("/factor/enrol", "code", o.code(t, 2)); p.alert() == "" || len(s.factors(t, ann)) != 0 {
			t.Errorf("a code of two steps later confirms the app: ended at %s", p.at)
		}
		confirmed := o.code(t, 0)
		if p := own.post("/factor/enrol", "code", confirmed); len(recoveryCodesOf(p)) != 8 {
			t.Fatalf("the code of now: ended at %s: %s", p.at, p.alert())
		}

		v := s.waits(t, ann)
		p = v.post("/factor/challenge", "code", confirmed)
		if !strings.HasPrefix(p.alert(), isWrong) || v.isSignedIn() {
			t.Errorf("the code that has confirmed the app: ended at %s", p.at)
		}
		next := o.code(t, 1)
		if p := v.post("/factor/challenge", "code", next); p.at != "/" || !v.isSignedIn() {
			t.Fatalf("the next code: ended at %s: %s", p.at, p.alert())
		}
		v = s.waits(t, ann)
		s.clock.advance(30 * time.Second)
		for name, code := range map[string]string{
			"the used code": next, "that of before": confirmed, "that of two steps later": o.code(t, 2),
		} {
			p := v.post("/factor/challenge", "code", code)
			if !strings.HasPrefix(p.alert(), isWrong) || v.isSignedIn() {
				t.Errorf("%s: ended at %s", name, p.at)
			}
		}
		spaced := o.code(t, 1)
		if v.post("/factor/challenge", "code", spaced[:3]+" "+spaced[3:]); !v.isSignedIn() {
			t.Error("a code in two groups, as many apps show it")
		}
	})
}
