package factor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
)

// forEachStrategy runs a test with sessions in the database and in cookies.
func forEachStrategy(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			test(t, newSite(t, func(c *cardea.Config, _ *factor.Options) { c.Session.Strategy = strategy }))
		})
	}
}

// An app counts when a code of it was typed, and not before. Then the other sessions end, the own
// one has a new key and level 2, and the recovery codes are shown once.
func TestEnrolment(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, s *site) {
		ann := s.user(t, annAddress)
		v, elsewhere := s.enter(t, ann, "pwd"), s.enter(t, ann, "pwd")
		before := v.cookies()
		if p := v.get("/account"); !strings.Contains(p.body, "Set up an authenticator app") {
			t.Fatalf("the account page: %s", p.body)
		}
		p := v.start()
		a := s.appOf(t, p)
		uri, err := url.Parse(p.find(`href="(otpauth:[^"]*)`))
		if err != nil || uri.Path != "/Example:"+annAddress || uri.Query().Get("secret") != a.secret.Text() {
			t.Errorf("the URI is %s, %v", uri, err)
		}
		for _, want := range []string{`<svg xmlns`, `autocomplete="one-time-code"`, `inputmode="numeric"`} {
			if !strings.Contains(p.body, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		for _, code := range []string{"", "000000", a.code(-2), a.code(2), "abcdef"} {
			if p := v.post("/factor/enrol", "code", code); !strings.HasPrefix(p.alert(), "This code is not right") {
				t.Errorf("code %q: ended at %s: %q", code, p.at, p.alert())
			}
		}
		if has := s.factors(t, ann); len(has) != 0 || s.countRecoveryCodes(t, ann) != 0 {
			t.Fatalf("before the code: %v", has)
		}
		p = v.post("/factor/enrol", "code", a.code(0), "name", " My \n phone\x00 ")
		codes := recoveryCodesOf(p)
		if p.heading() != "Your recovery codes" || len(codes) != 8 || s.countRecoveryCodes(t, ann) != 8 {
			t.Fatalf("ended at %s: %s", p.at, p.body)
		}
		if p := v.get("/factor/recovery-codes"); len(recoveryCodesOf(p)) != 0 {
			t.Error("the recovery codes are shown twice")
		}
		has := s.factors(t, ann)
		if len(has) != 1 || has[0].Name != "My phone" || has[0].Kind != "totp" ||
			has[0].LastStep != s.clock.now().Unix()/30 {
			t.Fatalf("stored: %+v", has)
		}
		if strings.Contains(has[0].Secret, a.secret.Text()) || len(has[0].Secret) < 50 {
			t.Error("the secret is stored as it is")
		}
		if elsewhere.isSignedIn() || !v.isSignedIn() {
			t.Errorf("signed in elsewhere %t, here %t", elsewhere.isSignedIn(), v.isSignedIn())
		}
		if thief := s.visitor(t); thief.addCookies(before, "").isSignedIn() {
			t.Error("the key that the own session had before still counts")
		}
		p = v.post("/factor/remove", "id", has[0].ID)
		if p.at != "/api/auth/account?success=factor_removed" || len(s.factors(t, ann)) != 0 {
			t.Errorf("the own session cannot change factors: ended at %s", p.at)
		}
		s.wantMails(t, annAddress, "New second factor at "+s.host(), "Second factor removed at "+s.host())
		if log := s.log.String(); strings.Contains(log, a.secret.Text()) || strings.Contains(log, codes[0]) {
			t.Error("the log has a secret")
		}
	})
}

// The code that has confirmed an app is used, and a copy of the cookie confirms no second factor.
func TestEnrolmentIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.user(t, annAddress)
	v := s.enter(t, ann, "pwd")
	a := s.appOf(t, v.start())
	copied := v.cookies()
	v.post("/factor/enrol", "code", a.code(0))
	if p := v.post("/factor/confirm", "code", a.code(0)); !strings.HasPrefix(p.alert(), "This code is not right") {
		t.Errorf("the code of the enrolment again: ended at %s", p.at)
	}
	v.addCookies(copied, "enrolment")
	if p := v.get("/factor/enrol"); !strings.Contains(p.body, a.secret.Groups()) {
		t.Fatalf("the copy of the cookie is not accepted: %s", p.at)
	}
	p := v.post("/factor/enrol", "code", a.next())
	if !strings.Contains(p.at, "InvalidCheck") || len(s.factors(t, ann)) != 1 {
		t.Errorf("the copy of the cookie: ended at %s with %d factors", p.at, len(s.factors(t, ann)))
	}
}

// open-mercato#5306, GHSA-xg6x: an enrolment belongs to its user, and a session that has
// not proven the factor changes nothing about it.
func TestEnrolmentOverwritesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, ben := s.user(t, annAddress), s.user(t, "ben@example.com")
	v := s.enter(t, ann, "pwd")
	a, codes := v.enrol()
	row := *s.factors(t, ann)[0]

	other := s.enter(t, ben, "pwd")
	mine := s.appOf(t, other.start())
	stolen := other.cookies()
	weak := s.enterWithoutFactor(t, ann)
	weak.addCookies(stolen, "enrolment")
	if p := weak.get("/factor/enrol"); p.at != "/api/auth/account" {
		t.Errorf("the enrolment of another user: %s", p.at)
	}
	for _, form := range [][]string{
		{"/factor/start"}, {"/factor/enrol", "code", mine.code(0)}, {"/factor/remove", "id", row.ID},
		{"/factor/recovery-codes"},
	} {
		p := weak.post(form[0], form[1:]...)
		if !strings.HasPrefix(p.at, "/api/auth/factor/confirm?") {
			t.Errorf("%s at level 1: ended at %s", form[0], p.at)
		}
	}
	other.post("/factor/remove", "id", row.ID)
	if has := s.factors(t, ann); len(has) != 1 || *has[0] != row || s.countRecoveryCodes(t, ann) != len(codes) {
		t.Errorf("the factor has changed: %+v", has)
	}
	p := weak.post("/factor/confirm", "code", a.next(), "callbackUrl", s.URL+"/api/auth/account")
	if p.at != "/api/auth/account" {
		t.Errorf("confirm: ended at %s", p.at)
	}
	weak.post("/factor/remove", "id", row.ID)
	if has := s.factors(t, ann); len(has) != 0 || s.countRecoveryCodes(t, ann) != 0 {
		t.Errorf("after the code the factor cannot be removed: %+v", has)
	}
}

// A change of factors needs a sign-in of late.
func TestChangesNeedAFreshSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *cardea.Config, o *factor.Options) { o.Fresh = time.Nanosecond })
	v := s.enter(t, s.user(t, annAddress), "pwd")
	for _, path := range []string{"/factor/start", "/factor/enrol", "/factor/remove", "/factor/recovery-codes"} {
		if p := v.post(path); p.status != 401 || !strings.Contains(p.header.Get("WWW-Authenticate"), "max_age") {
			t.Errorf("%s: %d", path, p.status)
		}
		if p := s.visitor(t).post(path); p.status != 401 {
			t.Errorf("%s of nobody: %d", path, p.status)
		}
	}
}

// With the second app no recovery codes are made, and those of the first stay. They go with the
// last app.
func TestSeveralApps(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.user(t, annAddress)
	v := s.enter(t, ann, "pwd")
	v.enrol()
	for i := range 4 {
		a := s.appOf(t, v.start())
		p := v.post("/factor/enrol", "code", a.code(0), "name", fmt.Sprint(i))
		if p.at != "/api/auth/account?success=factor_added" {
			t.Fatalf("app %d: ended at %s", i, p.at)
		}
	}
	p := v.get("/account")
	if strings.Contains(p.body, "Set up another app") || !strings.Contains(p.body, "8 recovery codes are left.") ||
		!strings.Contains(p.body, "Phone, set up on ") {
		t.Errorf("the account page: %s", p.body)
	}
	a := s.appOf(t, v.start())
	if p := v.post("/factor/enrol", "code", a.code(0)); !strings.Contains(p.at, "AccessDenied") {
		t.Errorf("a sixth app: ended at %s", p.at)
	}
	for left := 4; left >= 0; left-- {
		v.post("/factor/remove", "id", s.factors(t, ann)[0].ID)
		if n := len(s.factors(t, ann)); n != left || (s.countRecoveryCodes(t, ann) > 0) != (left > 0) {
			t.Errorf("%d apps are left, want %d, with %d recovery codes", n, left, s.countRecoveryCodes(t, ann))
		}
	}
}

// New recovery codes replace the old ones.
func TestNewRecoveryCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.user(t, annAddress)
	v := s.enter(t, ann, "pwd")
	if p := v.post("/factor/recovery-codes"); p.at != "/api/auth/account" || s.countRecoveryCodes(t, ann) != 0 {
		t.Errorf("without an app: ended at %s with %d codes", p.at, s.countRecoveryCodes(t, ann))
	}
	_, old := v.enrol()
	p := v.post("/factor/recovery-codes")
	codes := recoveryCodesOf(p)
	if len(codes) != 8 || slices.ContainsFunc(codes, func(code string) bool { return slices.Contains(old, code) }) ||
		s.countRecoveryCodes(t, ann) != 8 || !strings.Contains(p.body, s.URL+"/api/auth/account?success=recovery_codes_made#second-factor") {
		t.Errorf("ended at %s: %s", p.at, p.body)
	}
	s.wantMails(t, annAddress, "New second factor at "+s.host(), "New recovery codes at "+s.host())
}

// The file with the user's data has no secret, and a user who is deleted leaves nothing behind.
func TestExportAndDeletion(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.user(t, annAddress)
	v := s.enter(t, ann, "pwd")
	v.enrol()
	var all struct {
		Features struct {
			Factor []struct {
				Factors       []map[string]any
				RecoveryCodes int
			}
		}
	}
	text := v.post("/account/export").body
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all.Features.Factor) != 1 ||
		len(all.Features.Factor[0].Factors) != 1 || all.Features.Factor[0].Factors[0]["name"] != "Phone" ||
		all.Features.Factor[0].RecoveryCodes != 8 || strings.Contains(text, s.factors(t, ann)[0].Secret) {
		t.Errorf("exported %s, %v", text, err)
	}
	if err := s.DeleteUser(t.Context(), ann.ID); err != nil {
		t.Fatal(err)
	}
	if has := s.factors(t, ann); len(has) != 0 || s.countRecoveryCodes(t, ann) != 0 {
		t.Errorf("after the deletion: %v", has)
	}
}

// A callback that sends the visitor elsewhere adds no factor, and nobody is told of one.
func TestEnrolmentThatACallbackStops(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *factor.Options) {
		c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
			if in.Account.Provider == "factor" {
				return "/terms", nil
			}
			return "", nil
		}
	})
	ann := s.user(t, annAddress)
	v := s.enter(t, ann, "pwd")
	a := s.appOf(t, v.start())
	if p := v.post("/factor/enrol", "code", a.code(0)); p.at != "/terms" || len(s.factors(t, ann)) != 0 {
		t.Errorf("ended at %s with %d factors", p.at, len(s.factors(t, ann)))
	}
	if p := v.get("/factor/recovery-codes"); len(recoveryCodesOf(p)) != 0 {
		t.Error("recovery codes are shown that do not exist")
	}
	s.wantMails(t, annAddress)
}
