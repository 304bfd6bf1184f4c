package factor_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/password"
)

const (
	firstPassword  = "correct horse battery staple"
	secondPassword = "another long sentence of mine"
	anotherAddress = "ann@new.example"
)

// table is one of SECURITY.md: the names of the columns, and the rows.
type table struct {
	columns []string
	rows    [][]string
}

// readTable returns the table of SECURITY.md whose first column has a name.
func readTable(t *testing.T, first string) (found table) {
	t.Helper()
	text, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		switch {
		case found.columns == nil && cells[0] == first:
			found.columns = cells
		case found.columns != nil && !strings.HasPrefix(line, "|"):
			return found
		case found.columns != nil && cells[0] != "---":
			found.rows = append(found.rows, cells)
		}
	}
	if found.columns == nil {
		t.Fatalf("SECURITY.md has no table whose first column is %q", first)
	}
	return found
}

// scene is a user with everything that a change may end.
type scene struct {
	*site
	passwords *password.Feature
	user      *cardea.User
	phone     *app
	tablet    *app // an app that was set up after the link to undo a change of the address was mailed
	codes     []string

	own, other *visitor       // signed in
	before     []*http.Cookie // of own
	held       *visitor       // whose sign-in waits
	forgot     *visitor       // has opened the link for a new password
	spare      *visitor       // has opened another one
	signIn     string         // the link of a mail
	undo       string         // the link to undo the change of the address
}

// change is one of SECURITY.md, or one of several that it means.
type change struct {
	apps     int  // of the user before
	database bool // it needs StrategyDatabase
	keepsOwn bool // the caller says that the own session goes on
	address  bool // it changes the address
	happens  func(t *testing.T, s *scene)
}

// changes has the changes of SECURITY.md.
var changes = map[string]map[string]change{
	"password changed": {"on the account page": {apps: 1, happens: func(_ *testing.T, s *scene) {
		s.own.post("/password/change", "current", firstPassword, "password", secondPassword)
	}}},
	"new password by mail": {"by a stranger to the browser": {apps: 1, happens: func(_ *testing.T, s *scene) {
		s.spare.post("/password/choose", "password", secondPassword)
	}}},
	"password removed": {"on the account page": {apps: 1, happens: func(_ *testing.T, s *scene) {
		s.own.post("/password/remove")
	}}},
	"address changed": {"with the link": {apps: 1, address: true, happens: func(_ *testing.T, s *scene) {
		s.own.post("/account/address/confirm")
	}}},
	"account unlinked": {"on the account page": {apps: 1, happens: func(t *testing.T, s *scene) {
		account := &cardea.Account{
			UserID: s.user.ID, Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: "1001",
		}
		if err := s.store.LinkAccount(t.Context(), account); err != nil {
			t.Fatal(err)
		}
		s.own.post("/account/unlink", "provider", "idp", "providerAccountId", "1001")
		if left, err := s.store.Accounts(t.Context(), s.user.ID); err != nil || len(left) > 0 {
			t.Fatalf("the account is still there: %v, %v", left, err)
		}
	}}},
	"app set up": {
		"the first one": {apps: 0, happens: func(_ *testing.T, s *scene) { s.phone, s.codes = s.own.enrol() }},
		"another one": {apps: 1, happens: func(t *testing.T, s *scene) {
			s.tablet = s.appOf(t, s.own.start())
			s.own.post("/factor/enrol", "code", s.tablet.code(0))
		}},
	},
	"app removed": {
		"one of two": {apps: 2, happens: func(t *testing.T, s *scene) {
			s.own.post("/factor/remove", "id", s.factors(t, s.user)[1].ID)
		}},
		"the last one": {apps: 1, happens: func(t *testing.T, s *scene) {
			s.own.post("/factor/remove", "id", s.factors(t, s.user)[0].ID)
		}},
	},
	"new recovery codes": {"on the account page": {apps: 1, happens: func(_ *testing.T, s *scene) {
		s.codes = append(recoveryCodesOf(s.own.post("/factor/recovery-codes")), s.codes...)
	}}},
	"change of the address undone": {"with an app of before and one of after": {apps: 2,
		happens: func(_ *testing.T, s *scene) {
			owner := s.visitor(s.own.t)
			owner.get(strings.TrimPrefix(s.undo, s.URL))
			owner.post("/account/address/undo")
		}}},
	"`Auth.EndSessions`": {
		"of all": {apps: 1, database: true, happens: func(t *testing.T, s *scene) { s.endSessions(t, nil) }},
		"of all but one": {apps: 1, database: true, keepsOwn: true, happens: func(t *testing.T, s *scene) {
			s.endSessions(t, s.sessionOf(t, s.own))
		}},
	},
	"user deleted": {"by the application": {apps: 1, happens: func(t *testing.T, s *scene) {
		if err := s.DeleteUser(t.Context(), s.user.ID); err != nil {
			t.Fatal(err)
		}
	}}},
}

// TestWhatEndsWhat checks each cell of the first table of SECURITY.md, with sessions in the
// database and in cookies.
func TestWhatEndsWhat(t *testing.T) {
	t.Parallel()
	doc := readTable(t, "change")
	if len(doc.rows) != len(changes) {
		t.Errorf("SECURITY.md has %d changes, this test %d", len(doc.rows), len(changes))
	}
	for _, row := range doc.rows {
		if changes[row[0]] == nil {
			t.Errorf("this test does not know the change %q", row[0])
		}
		for name, c := range changes[row[0]] {
			for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
				if c.database && strategy != cardea.StrategyDatabase {
					continue
				}
				t.Run(row[0]+" "+name+", "+string(strategy), func(t *testing.T) {
					t.Parallel()
					s := newScene(t, strategy, c.apps)
					c.happens(t, s)
					for _, i := range []int{1, 2, 4, 3} { // what the checks of column 3 use ends more
						column, cell := doc.columns[i], row[i]
						check := cells[column][cell]
						if check == nil {
							t.Fatalf("this test does not know what %q means for %s", cell, column)
						}
						t.Run(column, func(t *testing.T) { check(t, s, c) })
					}
				})
			}
		}
	}
}

// newScene returns a user with so many apps.
func newScene(t *testing.T, strategy cardea.Strategy, apps int) *scene {
	t.Helper()
	s := &scene{}
	s.site = newSite(t, func(c *cardea.Config, o *factor.Options) {
		s.passwords = password.New(password.Options{
			From: o.From, Sender: o.Sender, Hashing: quickHashing,
		})
		c.Providers = []cardea.Provider{s.passwords, email.New(email.Options{From: o.From, Sender: o.Sender})}
		c.Session.Strategy, o.Remember = strategy, time.Hour
	})
	s.user = s.userProven(t, annAddress, 365*day)
	if err := s.passwords.Set(t.Context(), s.user.ID, firstPassword); err != nil {
		t.Fatal(err)
	}
	s.own = s.enter(t, s.user, "pwd")
	if apps > 0 {
		s.clock.advance(-8 * day)
		s.phone, s.codes = s.own.enrol()
		s.clock.advance(8 * day)
	}
	s.own.post("/account/address", "email", anotherAddress)
	s.undo = s.linkTo(t, annAddress, "Request to change")
	if apps > 1 {
		s.clock.advance(time.Hour)
		s.tablet = s.appOf(t, s.own.start())
		s.own.post("/factor/enrol", "code", s.tablet.code(0))
		s.own.post("/account/address", "email", anotherAddress)
	}
	s.own.get(strings.TrimPrefix(s.linkTo(t, anotherAddress, "Confirm"), s.URL))

	s.forgot, s.spare = s.visitor(t), s.visitor(t)
	s.spare.post("/password/forgot", "email", annAddress)
	first := s.linkTo(t, annAddress, "A new password")
	s.spare.get(strings.TrimPrefix(first, s.URL))
	s.forgot.post("/password/forgot", "email", annAddress)
	s.forgot.get(strings.TrimPrefix(s.anotherLink(t, "A new password", first), s.URL))
	s.visitor(t).post("/signin/email", "email", annAddress)
	s.signIn = s.linkTo(t, annAddress, "Sign in")

	s.other, s.held = s.visitor(t), s.visitor(t)
	s.byPassword(s.other, firstPassword)
	s.byPassword(s.held, firstPassword)
	if apps > 0 {
		s.other.post("/factor/challenge", "code", s.phone.next(), "remember", "on")
	}
	s.before = s.own.cookies()
	if !s.own.isSignedIn() || !s.other.isSignedIn() || s.held.isSignedIn() != (apps == 0) {
		t.Fatalf("signed in: own %t, other %t, held %t", s.own.isSignedIn(), s.other.isSignedIn(), s.held.isSignedIn())
	}
	return s
}

func (s *scene) byPassword(v *visitor, text string) page {
	return v.post("/callback/password", "email", annAddress, "password", text)
}

// anotherLink is linkTo for another mail than the one with a link.
func (s *scene) anotherLink(t *testing.T, subject, link string) string {
	t.Helper()
	for range 5000 {
		if found := s.linkIn(t, subject); found != link {
			return found
		}
		time.Sleep(2 * time.Millisecond) // mails leave after the answer
	}
	t.Fatalf("no other mail %q", subject)
	return ""
}

func (s *scene) endSessions(t *testing.T, except *cardea.Session) {
	t.Helper()
	if _, err := s.EndSessions(t.Context(), s.user.ID, except); err != nil {
		t.Fatal(err)
	}
}

// sessionOf returns the session of a browser.
func (s *scene) sessionOf(t *testing.T, v *visitor) *cardea.Session {
	t.Helper()
	sessions, err := s.store.Sessions(t.Context(), s.user.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, session := range sessions {
		if slices.ContainsFunc(v.cookies(), func(c *http.Cookie) bool { return hashOf(c.Value) == session.Token }) {
			return session
		}
	}
	t.Fatal("no session")
	return nil
}

// cells say what the words of SECURITY.md mean, by column.
var cells = map[string]map[string]func(t *testing.T, s *scene, c change){
	"other sessions": {
		"end":  func(t *testing.T, s *scene, _ change) { s.wantSignedIn(t, s.other, false) },
		"stay": func(t *testing.T, s *scene, _ change) { s.wantSignedIn(t, s.other, true) },
	},
	"own session": {
		"gets a new key": func(t *testing.T, s *scene, _ change) { s.wantOwn(t, true, false) },
		"gets a new key, level 2": func(t *testing.T, s *scene, _ change) {
			s.wantOwn(t, true, false)
			s.wantLevel(t, s.own, "2")
		},
		"nobody is signed in": func(t *testing.T, s *scene, _ change) {
			s.wantOwn(t, false, false)
			s.wantSignedIn(t, s.spare, false)
		},
		"stays":              func(t *testing.T, s *scene, _ change) { s.wantOwn(t, true, true) },
		"ends":               func(t *testing.T, s *scene, _ change) { s.wantOwn(t, false, false) },
		"as the caller says": func(t *testing.T, s *scene, c change) { s.wantOwn(t, c.keepsOwn, c.keepsOwn) },
	},
	"links in mails, held sign-ins, remembered devices": {
		"end": func(t *testing.T, s *scene, c change) { s.wantEnded(t, c) },
		"stay": func(t *testing.T, s *scene, _ change) {
			s.held.post("/factor/challenge", "code", s.phone.next())
			s.wantSignedIn(t, s.held, true)
			s.wantNotEnded(t)
		},
		"held sign-ins end, the others stay": func(t *testing.T, s *scene, _ change) {
			p := s.held.post("/factor/challenge", "code", s.phone.next())
			if !strings.Contains(p.at, isSpent) || s.held.isSignedIn() {
				t.Errorf("the sign-in that waits: ended at %s", p.at)
			}
			s.wantNotEnded(t)
		},
	},
	"second factors": {
		"stay": func(t *testing.T, s *scene, _ change) { s.wantFactors(t) },
		"stay, and are asked": func(t *testing.T, s *scene, _ change) {
			v := s.visitor(t)
			if p := s.byPassword(v, secondPassword); p.at != "/api/auth/factor/challenge" || v.isSignedIn() {
				t.Errorf("the new password: ended at %s", p.at)
			}
			s.wantFactors(t)
		},
		"the others stay; recovery codes go with the last": func(t *testing.T, s *scene, c change) {
			if c.apps > 1 {
				s.tablet = nil
				s.wantFactors(t)
				return
			}
			if s.wantCounts(t, 0, 0); !s.enter(t, s.user, "pwd").isSignedIn() {
				t.Error("a user without factors is asked for one")
			}
		},
		"the old codes end": func(t *testing.T, s *scene, _ change) {
			v := s.waits(t, s.user)
			if v.post("/factor/recovery", "code", s.codes[8]); v.isSignedIn() {
				t.Error("an old recovery code works")
			}
			s.wantFactors(t)
		},
		"apps since a week before it and all recovery codes end": func(t *testing.T, s *scene, _ change) {
			s.wantCounts(t, 1, 0)
			v := s.waits(t, s.user)
			for _, code := range []string{s.tablet.next(), s.codes[0]} {
				v.post("/factor/challenge", "code", code)
				v.post("/factor/recovery", "code", code)
			}
			s.wantSignedIn(t, v, false)
			v.post("/factor/challenge", "code", s.phone.next())
			s.wantSignedIn(t, v, true)
		},
		"deleted": func(t *testing.T, s *scene, _ change) { s.wantCounts(t, 0, 0) },
	},
}

func (s *scene) wantSignedIn(t *testing.T, v *visitor, want bool) {
	t.Helper()
	if got := v.isSignedIn(); got != want {
		t.Errorf("signed in: %t, want %t", got, want)
	}
}

// wantOwn says whether the own session goes on, and whether it does with the key of before.
func (s *scene) wantOwn(t *testing.T, goesOn, oldKey bool) {
	t.Helper()
	s.wantSignedIn(t, s.own, goesOn)
	s.wantSignedIn(t, s.visitor(t).addCookies(s.before, ""), oldKey)
}

func (s *site) wantLevel(t *testing.T, v *visitor, want string) {
	t.Helper()
	if p := v.get("/level"); p.body != want {
		t.Errorf("the level is %q, want %q", p.body, want)
	}
}

func (s *scene) wantCounts(t *testing.T, apps, codes int) {
	t.Helper()
	if a, c := len(s.factors(t, s.user)), s.countRecoveryCodes(t, s.user); a != apps || c != codes {
		t.Errorf("%d apps and %d recovery codes, want %d and %d", a, c, apps, codes)
	}
}

// wantFactors checks that the apps and a recovery code are what a sign-in needs.
func (s *scene) wantFactors(t *testing.T) {
	t.Helper()
	apps := []*app{s.phone}
	if s.tablet != nil {
		apps = append(apps, s.tablet)
	}
	s.wantCounts(t, len(apps), 8)
	for _, a := range apps {
		v := s.waits(t, s.user)
		v.post("/factor/challenge", "code", a.next())
		s.wantSignedIn(t, v, true)
	}
	v := s.waits(t, s.user)
	v.post("/factor/recovery", "code", s.codes[0])
	s.wantSignedIn(t, v, true)
}

// wantEnded checks that the links, the sign-in that waits and the remembered device are worth
// nothing.
func (s *scene) wantEnded(t *testing.T, c change) {
	t.Helper()
	if p := s.forgot.post("/password/choose", "password", "a third long sentence"); !strings.Contains(p.at,
		"Verification") {
		t.Errorf("the link for a new password: ended at %s", p.at)
	}
	if p := s.openSignIn(t); !strings.Contains(p.at, "Verification") {
		t.Errorf("the link to sign in: ended at %s", p.at)
	}
	p := s.own.post("/account/address/confirm")
	if u, err := s.store.UserByID(t.Context(), s.user.ID); err == nil && u.Email == anotherAddress && !c.address {
		t.Errorf("the link to a new address: ended at %s", p.at)
	}
	if c.apps == 0 { // nobody was asked for an app before
		return
	}
	for path, code := range map[string]string{"/factor/challenge": s.phone.next(), "/factor/recovery": s.codes[7]} {
		if p := s.held.post(path, "code", code); !strings.Contains(p.at, isSpent) || s.held.isSignedIn() {
			t.Errorf("the sign-in that waits: %s ended at %s", path, p.at)
		}
	}
	if s.own.isSignedIn() && len(s.factors(t, s.user)) == 0 {
		s.own.enrol() // so that devices are asked
	}
	device := s.visitor(t).addCookies(s.other.cookies(), "device")
	if device.enter(s.user, "pwd"); device.isSignedIn() {
		t.Error("the device is remembered")
	}
}

// wantNotEnded checks that the links and the remembered device work.
func (s *scene) wantNotEnded(t *testing.T) {
	t.Helper()
	device := s.visitor(t).addCookies(s.other.cookies(), "device")
	device.enter(s.user, "pwd")
	s.wantSignedIn(t, device, true)
	if p := s.forgot.get("/api/auth/password/choose"); p.heading() != "Choose a password" {
		t.Errorf("the link for a new password: ended at %s", p.at)
	}
	if p := s.openSignIn(t); p.at != "/api/auth/factor/challenge" {
		t.Errorf("the link to sign in: ended at %s", p.at)
	}
	s.own.post("/account/address/confirm")
	if u, err := s.store.UserByID(t.Context(), s.user.ID); err != nil || u.Email != anotherAddress {
		t.Errorf("the link to a new address: %+v, %v", u, err)
	}
}

// openSignIn opens the link of the mail to sign in, in another browser than it was asked for in.
func (s *scene) openSignIn(t *testing.T) page {
	t.Helper()
	v := s.visitor(t)
	p := v.get(strings.TrimPrefix(s.signIn, s.URL))
	if p.heading() == "Sign in?" {
		p = v.post("/callback/email", hiddenIn(p)...)
	}
	return p
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// hiddenIn returns the names and values of the hidden inputs of a page, in turn.
func hiddenIn(p page) (form []string) {
	for _, input := range hiddenInput.FindAllStringSubmatch(p.body, -1) {
		form = append(form, input[1], input[2])
	}
	return form
}
