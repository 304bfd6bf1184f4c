package factor_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

const (
	isWrong = "This code is not right"
	isSpent = "InvalidCheck"
)

// The first proof opens nothing. The code makes the session, with the methods of both proofs, and
// leads to where the visitor wanted to go.
func TestSignInWithASecondFactor(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, s *site) {
		ann := s.user(t, annAddress)
		a, _ := s.enter(t, ann, "pwd").enrol()
		v := s.waits(t, ann)
		a.next()
		for _, code := range []string{"", "000000", a.code(2), a.code(-2), "otp"} {
			if p := v.post("/factor/challenge", "code", code); !strings.HasPrefix(p.alert(), isWrong) {
				t.Errorf("code %q: ended at %s", code, p.at)
			}
		}
		if v.isSignedIn() {
			t.Fatal("signed in before the code")
		}
		for _, path := range []string{
			"/factor/start", "/factor/enrol", "/factor/remove", "/factor/confirm", "/account/export",
		} {
			if p := v.post(path); p.status != 401 {
				t.Errorf("%s while the sign-in waits: %d", path, p.status)
			}
		}
		if p := v.get("/account"); !strings.HasPrefix(p.at, "/api/auth/signin") {
			t.Errorf("the account page while the sign-in waits: %s", p.at)
		}
		p := v.post("/factor/challenge", "code", a.code(0), "callbackUrl", s.URL+"/")
		if p.at != "/" || !v.isSignedIn() {
			t.Fatalf("the code: ended at %s", p.at)
		}
		if p := v.post("/factor/start"); p.at != "/api/auth/factor/enrol" {
			t.Errorf("the session has not level 2: ended at %s", p.at)
		}
		if p := v.post("/factor/challenge", "code", a.next()); !strings.Contains(p.at, isSpent) {
			t.Errorf("the sign-in is finished twice: ended at %s", p.at)
		}
	})
}

// GO-2026-6057, -4805, GO-2025-3841, -3853, -3856: no code counts twice, nor one of an earlier step
// than one that has counted.
func TestCodesAreUsedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.user(t, annAddress)
	a, _ := s.enter(t, ann, "pwd").enrol()
	a.next()
	a.next()
	late := a.code(1) // of an app whose clock is ahead
	if p := s.waits(t, ann).post("/factor/challenge", "code", late); p.at != "/" {
		t.Fatalf("ended at %s", p.at)
	}
	for _, code := range []string{late, a.code(0), a.code(-1)} {
		if p := s.waits(t, ann).post("/factor/challenge", "code", code); !strings.HasPrefix(p.alert(), isWrong) {
			t.Errorf("a code of before: ended at %s", p.at)
		}
	}
	a.next()
	a.next()
	code := a.code(0)
	var all []*visitor
	for range 6 {
		all = append(all, s.waits(t, ann))
	}
	signedIn := atomic.Int32{}
	var wg sync.WaitGroup
	for _, v := range all {
		wg.Go(func() {
			if v.post("/factor/challenge", "code", code); v.isSignedIn() {
				signedIn.Add(1)
			}
		})
	}
	wg.Wait()
	if n := signedIn.Load(); n != 1 {
		t.Errorf("%d sign-ins with one code", n)
	}
}

// Wrong codes count for the user, however often the sign-in is begun again (Microsoft, "AuthQuake",
// 2024). A right one does not count, and a recovery code still helps.
func TestWrongCodesCountForTheUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, ben := s.user(t, annAddress), s.user(t, "ben@example.com")
	a, codes := s.enter(t, ann, "pwd").enrol()
	other, _ := s.enter(t, ben, "pwd").enrol()
	for i := range 12 {
		if p := s.waits(t, ann).post("/factor/challenge", "code", a.next()); p.at != "/" {
			t.Fatalf("right code %d: ended at %s", i, p.at)
		}
	}
	for i := range 10 {
		if p := s.waits(t, ann).post("/factor/challenge", "code", "000000"); !strings.HasPrefix(p.alert(), isWrong) {
			t.Fatalf("wrong code %d: ended at %s", i, p.at)
		}
	}
	p := s.waits(t, ann).post("/factor/challenge", "code", a.next())
	if p.status != 429 || p.header.Get("Retry-After") == "" {
		t.Errorf("after ten wrong codes: %d, Retry-After %q", p.status, p.header.Get("Retry-After"))
	}
	if p := s.waits(t, ben).post("/factor/challenge", "code", other.code(0)); p.at != "/" {
		t.Errorf("another user: ended at %s", p.at)
	}
	if p := s.waits(t, ann).post("/factor/recovery", "code", codes[0]); p.at != "/" {
		t.Errorf("a recovery code: ended at %s", p.at)
	}
	for range 10 {
		s.waits(t, ann).post("/factor/recovery", "code", codes[0])
	}
	if p := s.waits(t, ann).post("/factor/recovery", "code", codes[1]); p.status != 429 {
		t.Errorf("after ten wrong recovery codes: %d", p.status)
	}
}

// GO-2026-4449: a recovery code is used once, by its user, who gets a mail.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, ben := s.user(t, annAddress), s.user(t, "ben@example.com")
	_, codes := s.enter(t, ann, "pwd").enrol()
	_, others := s.enter(t, ben, "pwd").enrol()
	v := s.waits(t, ann)
	if p := v.get("/factor/recovery"); p.heading() != "Use a recovery code" {
		t.Errorf("the page: %s", p.body)
	}
	for _, code := range []string{others[0], "", strings.Repeat("0", 24)} {
		if p := v.post("/factor/recovery", "code", code); !strings.HasPrefix(p.alert(), "This is not one of your") {
			t.Errorf("%q: ended at %s", code, p.at)
		}
	}
	if p := v.post("/factor/recovery", "code", strings.ToLower(codes[3])); p.at != "/" || !v.isSignedIn() {
		t.Fatalf("ended at %s", p.at)
	}
	p := s.waits(t, ann).post("/factor/recovery", "code", codes[3])
	if !strings.HasPrefix(p.alert(), "This is not one of your recovery codes") || s.countRecoveryCodes(t, ann) != 7 {
		t.Errorf("the code again: ended at %s", p.at)
	}
	s.wantMails(t, annAddress, "New second factor at "+s.host(), "Recovery code used at "+s.host())
	text := ""
	for _, m := range s.mails.All() { // they leave in any order
		if strings.HasPrefix(m.Subject, "Recovery code used") {
			text = m.Text
		}
	}
	if !strings.Contains(text, "left: 7") || !strings.Contains(text, "/api/auth/account") {
		t.Errorf("the mail: %s", text)
	}
	sessions, err := s.store.Sessions(t.Context(), ann.ID)
	if err != nil || !slices.ContainsFunc(sessions, func(own *cardea.Session) bool {
		return slices.Equal(own.Methods, []string{"pwd", "recovery"}) && own.Level == 2
	}) {
		t.Errorf("no session by pwd and recovery: %v", err)
	}
	p = v.post("/factor/remove", "id", s.factors(t, ann)[0].ID)
	if p.at != "/api/auth/account?success=factor_removed" || len(s.factors(t, ann)) != 0 {
		t.Errorf("who has lost the app cannot remove it: ended at %s", p.at)
	}
}

// CVE-2024-45042: the second proof belongs to the user of the first one.
func TestCodesOfOtherUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, ben := s.user(t, annAddress), s.user(t, "ben@example.com")
	a, _ := s.enter(t, ann, "pwd").enrol()
	b, _ := s.enter(t, ben, "pwd").enrol()
	mallory := s.waits(t, ann)
	if p := mallory.post("/factor/challenge", "code", b.next()); !strings.HasPrefix(p.alert(), isWrong) {
		t.Errorf("the code of another user: ended at %s", p.at)
	}
	row := *s.factors(t, ben)[0] // whoever can write to the table gives ann the app of ben
	row.ID, row.UserID, row.LastStep = "copied", ann.ID, 0
	if err := s.store.CreateFactor(t.Context(), &row); err != nil {
		t.Fatal(err)
	}
	if p := mallory.post("/factor/challenge", "code", b.code(0)); !strings.HasPrefix(p.alert(), isWrong) {
		t.Errorf("with a copied row: ended at %s", p.at)
	}
	if !strings.Contains(s.log.String(), "factor: a stored secret cannot be opened") {
		t.Error("the log does not say that the row cannot be opened")
	}
	if p := s.waits(t, ann).post("/factor/challenge", "code", a.code(0)); p.at != "/" {
		t.Errorf("the own app beside the copied row: ended at %s", p.at)
	}
}

// A failed challenge ends no session that the browser has.
func TestFailedChallengeKeepsTheSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, s *site) {
		ann, ben := s.user(t, annAddress), s.user(t, "ben@example.com")
		s.enter(t, ann, "pwd").enrol()
		v := s.enter(t, ben, "pwd")
		v.enter(ann, "pwd")
		v.post("/factor/challenge", "code", "000000")
		if session := v.Session(); session == nil || session["user"].(map[string]any)["email"] != "ben@example.com" {
			t.Errorf("the session is %v", session)
		}
	})
}

// GO-2025-4128: a sign-in that waits ends with a change of the factors.
func TestChangesEndSignInsThatWait(t *testing.T) {
	t.Parallel()
	for _, change := range []string{"remove", "another app", "a new password"} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			ann := s.user(t, annAddress)
			own := s.enter(t, ann, "pwd")
			a, codes := own.enrol()
			waits := s.waits(t, ann)
			switch change {
			case "remove":
				own.post("/factor/remove", "id", s.factors(t, ann)[0].ID)
			case "another app":
				own.post("/factor/enrol", "code", s.appOf(t, own.start()).code(0))
			default:
				if _, err := s.EndSessions(t.Context(), ann.ID, nil); err != nil {
					t.Fatal(err)
				}
			}
			for path, code := range map[string]string{"/factor/challenge": a.next(), "/factor/recovery": codes[0]} {
				if p := waits.post(path, "code", code); !strings.Contains(p.at, isSpent) || waits.isSignedIn() {
					t.Errorf("%s: ended at %s", path, p.at)
				}
			}
		})
	}
}

// Who must have a factor sets it up before there is a session, and sees the recovery codes. Then
// the visitor goes on to where they wanted to go.
func TestRequiredFactor(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config, o *factor.Options) {
				c.Session.Strategy = strategy
				o.RequiredFor = func(_ context.Context, u *cardea.User) bool { return u.Email == annAddress }
			})
			ann := s.user(t, annAddress)
			s.enter(t, s.user(t, "ben@example.com"), "pwd")
			v, waits := s.visitor(t), s.visitor(t)
			v.get("/api/auth/signin?callbackUrl=%2Fprivate")
			waits.enter(ann, "pwd")
			p := v.enter(ann, "pwd")
			if p.at != "/api/auth/factor/required" || v.isSignedIn() {
				t.Fatalf("ended at %s", p.at)
			}
			a := s.appOf(t, p)
			if again := s.appOf(t, v.get("/factor/required")); again.secret.Text() != a.secret.Text() {
				t.Error("a page that is loaded again has another secret")
			}
			p = v.post("/factor/required", "code", "000000")
			if !strings.HasPrefix(p.alert(), isWrong) || v.isSignedIn() {
				t.Errorf("a wrong code: ended at %s", p.at)
			}
			p = v.post("/factor/required", "code", a.code(0))
			if len(recoveryCodesOf(p)) != 8 || !v.isSignedIn() ||
				!strings.Contains(p.body, `href="`+s.URL+`/private"`) {
				t.Errorf("ended at %s: %s", p.at, p.body)
			}
			if p := v.post("/factor/remove", "id", s.factors(t, ann)[0].ID); len(s.factors(t, ann)) != 1 ||
				!strings.HasPrefix(p.alert(), "This site asks you for a second factor") {
				t.Errorf("the last factor: ended at %s", p.at)
			}
			p = waits.post("/factor/required", "code", a.next())
			if !strings.Contains(p.at, isSpent) || waits.isSignedIn() {
				t.Errorf("another sign-in that waits: ended at %s", p.at)
			}
		})
	}
}

// A sign-in that waits for a factor sets up no other one (open-mercato#5306).
func TestSignInThatWaitsAddsNoFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *cardea.Config, o *factor.Options) {
		o.RequiredFor = func(context.Context, *cardea.User) bool { return true }
	})
	ann := s.user(t, annAddress)
	first := s.visitor(t)
	a := s.appOf(t, first.enter(ann, "pwd"))
	mallory := s.visitor(t)
	mine := s.appOf(t, mallory.enter(ann, "pwd"))
	enrolment := mallory.cookies()
	first.post("/factor/required", "code", a.code(0))
	if len(s.factors(t, ann)) != 1 {
		t.Fatal("no factor")
	}
	again := s.waits(t, ann)
	again.addCookies(enrolment, "enrolment")
	for _, p := range []page{again.get("/factor/required"), again.post("/factor/required", "code", mine.code(0))} {
		if p.at != "/api/auth/factor/challenge" || len(s.factors(t, ann)) != 1 || again.isSignedIn() {
			t.Errorf("ended at %s with %d factors", p.at, len(s.factors(t, ann)))
		}
	}
}

// A remembered browser is not asked, until something changes. Its session has level 1.
func TestRememberedDevices(t *testing.T) {
	t.Parallel()
	for _, change := range []string{"", "remove", "another app", "sessions end"} {
		t.Run("until "+change, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(_ *cardea.Config, o *factor.Options) {
				o.Remember = 30 * 24 * time.Hour
			})
			ann, ben := s.user(t, annAddress), s.user(t, "ben@example.com")
			own := s.enter(t, ann, "pwd")
			a, _ := own.enrol()
			s.enter(t, ben, "pwd").enrol()
			v := s.waits(t, ann)
			if p := v.post("/factor/challenge", "code", a.next(), "remember", "on"); p.at != "/" {
				t.Fatalf("ended at %s", p.at)
			}
			if p := v.enter(ann, "pwd"); p.at != "/api/auth/factor/challenge" {
				t.Errorf("signed in again, to prove more: ended at %s", p.at)
			}
			device := s.visitor(t).addCookies(v.cookies(), "device")
			if p := device.enter(ben, "pwd"); p.at != "/api/auth/factor/challenge" {
				t.Errorf("another user: ended at %s", p.at)
			}
			switch change {
			case "remove":
				if own.post("/factor/remove", "id", s.factors(t, ann)[0].ID); own.isSignedIn() {
					own.enrol()
				}
			case "another app":
				own.post("/factor/enrol", "code", s.appOf(t, own.start()).code(0))
			case "sessions end":
				if _, err := s.EndSessions(t.Context(), ann.ID, nil); err != nil {
					t.Fatal(err)
				}
			}
			device = s.visitor(t).addCookies(v.cookies(), "device")
			if p := device.enter(ann, "pwd"); device.isSignedIn() != (change == "") {
				t.Errorf("signed in %t: ended at %s", device.isSignedIn(), p.at)
			}
			if change != "" {
				return
			}
			if p := device.post("/factor/start"); !strings.HasPrefix(p.at, "/api/auth/factor/confirm") {
				t.Errorf("the session has level 2: ended at %s", p.at)
			}
		})
	}
}

// A browser is remembered only if the site allows that.
func TestNoDeviceIsRememberedByDefault(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.user(t, annAddress)
	a, _ := s.enter(t, ann, "pwd").enrol()
	v := s.waits(t, ann)
	if p := v.get("/factor/challenge"); strings.Contains(p.body, "remember") {
		t.Error("the page offers to remember the device")
	}
	if p := v.post("/factor/challenge", "code", a.next(), "remember", "on"); p.at != "/" {
		t.Errorf("ended at %s", p.at)
	}
	if slices.ContainsFunc(v.cookies(), func(c *http.Cookie) bool { return strings.Contains(c.Name, "device") }) {
		t.Error("the device is remembered")
	}
}

// The store is asked three times for a code: the limit, the factors, the use of the step. A right
// code gives back its try. The sign-in itself comes on top.
func TestStatementsOfAChallenge(t *testing.T) {
	t.Parallel()
	count := &countingStore{Adapter: memadapter.New()}
	s := newSite(t, func(c *cardea.Config, _ *factor.Options) { c.Adapter = count })
	s.store = count.Adapter
	ann := s.user(t, annAddress)
	a, codes := s.enter(t, ann, "pwd").enrol()
	v := s.waits(t, ann)
	for _, tc := range []struct{ path, code, want string }{
		{"/factor/challenge", "000000", "TakeLimit Factors"},
		{"/factor/recovery", "no code", "TakeLimit"},
		{"/factor/challenge", a.next(), "TakeLimit Factors UseFactor GiveLimit"},
	} {
		count.take()
		v.post(tc.path, "code", tc.code)
		if got := count.take(); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %s, want %s", tc.path, got, tc.want)
		}
	}
	v = s.waits(t, ann)
	count.take()
	v.post("/factor/recovery", "code", codes[0])
	if !strings.HasPrefix(count.take(), "TakeLimit UseRecoveryCode GiveLimit") {
		t.Error("a recovery code asks the store for more")
	}
}

// countingStore notes the calls that a challenge makes.
type countingStore struct {
	*memadapter.Adapter
	mu    sync.Mutex
	calls []string
}

func (s *countingStore) note(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

func (s *countingStore) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.calls = nil }()
	return strings.Join(s.calls, " ")
}

func (s *countingStore) Factors(ctx context.Context, userID string) ([]*factor.Factor, error) {
	s.note("Factors")
	return s.Adapter.Factors(ctx, userID)
}

func (s *countingStore) UseFactor(ctx context.Context, userID, id string, step int64, used time.Time) error {
	s.note("UseFactor")
	return s.Adapter.UseFactor(ctx, userID, id, step, used)
}

func (s *countingStore) UseRecoveryCode(ctx context.Context, userID, hash string) error {
	s.note("UseRecoveryCode")
	return s.Adapter.UseRecoveryCode(ctx, userID, hash)
}

func (s *countingStore) TakeLimit(
	ctx context.Context, key string, limit ratelimit.Rate, now time.Time,
) (bool, time.Duration, error) {
	s.note("TakeLimit")
	return s.Adapter.TakeLimit(ctx, key, limit, now)
}

func (s *countingStore) GiveLimit(ctx context.Context, key string, limit ratelimit.Rate) error {
	s.note("GiveLimit")
	return s.Adapter.GiveLimit(ctx, key, limit)
}

// What is wrong with the options is an error of New that names the field.
func TestOptions(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]factor.Options{
		"Options.Fresh: ":    {Fresh: -1},
		"Options.Remember: ": {Remember: -1},
		"Options.From: ":     {Sender: &cardeatest.Mailbox{}},
	} {
		_, err := cardea.New(cardea.Config{
			Secret: strings.Repeat("s", 32), Adapter: memadapter.New(), Features: []cardea.Feature{factor.New(o)},
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s%v", want, err)
		}
	}
	_, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: struct{ cardea.Adapter }{memadapter.New()},
		Features: []cardea.Feature{factor.New(factor.Options{})},
	})
	if err == nil || !strings.Contains(err.Error(), "needs an Adapter that is a factor.Store") {
		t.Errorf("without a store: %v", err)
	}
}
