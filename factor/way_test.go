package factor_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/provider"
)

// way is a first proof of a user.
type way struct {
	begin func(t *testing.T, s *waysSite, v *visitor, u *cardea.User) // what comes before; may be nil
	prove func(t *testing.T, s *waysSite, v *visitor, u *cardea.User) page

	// ends are the strategies with which the proof ends with the sessions of the user, also if it
	// is held later: it was given before the lock of the user, or belongs to a session.
	ends []cardea.Strategy

	// isDone reports whether the sign-in is finished. If it is nil, the visitor is signed in then,
	// and not before.
	isDone func(t *testing.T, s *waysSite, v *visitor, u *cardea.User) bool
}

var (
	onlyJWT        = []cardea.Strategy{cardea.StrategyJWT}
	bothStrategies = []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT}
)

// ways has the ways to sign in of SECURITY.md. A provider is an OpenID provider here; the tests of
// package cardea hold the sign-ins of every kind of provider.
var ways = map[string]way{
	"every provider": {prove: func(_ *testing.T, _ *waysSite, v *visitor, _ *cardea.User) page {
		return v.post("/signin/idp")
	}},
	"mail link": {prove: func(t *testing.T, s *waysSite, v *visitor, u *cardea.User) page {
		v.post("/signin/email", "email", u.Email)
		return v.get(strings.TrimPrefix(s.linkTo(t, u.Email, "Sign in"), s.URL))
	}},
	"mail code": {prove: func(t *testing.T, s *waysSite, v *visitor, u *cardea.User) page {
		v.post("/signin/email", "email", u.Email)
		return v.post("/callback/email", "code", s.mailTo(t, u.Email, "Sign in").Code)
	}},
	"credentials": {ends: onlyJWT, prove: func(_ *testing.T, _ *waysSite, v *visitor, u *cardea.User) page {
		return v.post("/callback/credentials", "name", u.ID)
	}},
	"password": {ends: onlyJWT, prove: func(_ *testing.T, _ *waysSite, v *visitor, u *cardea.User) page {
		return v.post("/callback/password", "email", u.Email, "password", firstPassword)
	}},
	"`Auth.SignIn`": {ends: onlyJWT, prove: func(_ *testing.T, _ *waysSite, v *visitor, u *cardea.User) page {
		return v.enter(u, "pwd")
	}},
	"linking": {
		ends: bothStrategies,
		begin: func(t *testing.T, s *waysSite, v *visitor, u *cardea.User) {
			v.addCookies(s.remembered, "device").enter(u, "pwd")
			s.wantLevel(t, v, "1")
		},
		prove: func(_ *testing.T, _ *waysSite, v *visitor, _ *cardea.User) page {
			p := v.post("/signin/another")
			return v.post("/link", append(hiddenIn(p), "answer", "link")...)
		},
		isDone: func(t *testing.T, s *waysSite, _ *visitor, u *cardea.User) bool {
			owner, err := s.store.UserByAccount(t.Context(), "another", "1001")
			return err == nil && owner.ID == u.ID
		},
	},
	"in a remembered browser (`factor.Options.Remember`)": {
		ends: onlyJWT,
		prove: func(_ *testing.T, s *waysSite, v *visitor, u *cardea.User) page {
			return v.addCookies(s.remembered, "device").enter(u, "pwd")
		},
	},
	"`otp`": {prove: func(_ *testing.T, _ *waysSite, v *visitor, u *cardea.User) page { return v.enter(u, "otp") }},
	"`recovery`": {prove: func(_ *testing.T, _ *waysSite, v *visitor, u *cardea.User) page {
		return v.enter(u, "recovery")
	}},
	"`mfa`": {prove: func(_ *testing.T, _ *waysSite, v *visitor, u *cardea.User) page { return v.enter(u, "mfa") }},
}

// waysOf returns the names of the ways in a cell of SECURITY.md.
func waysOf(cell string) (names []string) {
	cell = strings.TrimSuffix(cell, ", both strategies")
	if list, ok := strings.CutSuffix(cell, " among the methods"); ok {
		return regexp.MustCompile("`[^`]+`").FindAllString(list, -1)
	}
	return strings.Split(cell, ", ")
}

// waysSite is an application with every way to sign in.
type waysSite struct {
	*site
	phone      *app
	remembered []*http.Cookie
}

// TestEveryWayToSignIn checks each cell of the second table of SECURITY.md, with sessions in the
// database and in cookies.
func TestEveryWayToSignIn(t *testing.T) {
	t.Parallel()
	doc, known := readTable(t, "way to sign in"), 0
	for _, row := range doc.rows {
		for _, name := range waysOf(row[0]) {
			known++
			for _, strategy := range bothStrategies {
				for i, column := range doc.columns[1:] {
					t.Run(name+" "+column+", "+string(strategy), func(t *testing.T) {
						t.Parallel()
						ways[name].check(t, strategy, column == "with an app", row[1+i])
					})
				}
			}
		}
	}
	if known != len(ways) {
		t.Errorf("SECURITY.md has %d ways to sign in, this test %d", known, len(ways))
	}
}

// check checks a cell.
func (w way) check(t *testing.T, strategy cardea.Strategy, hasApp bool, cell string) {
	t.Helper()
	if w.prove == nil {
		t.Fatal("this test does not know the way")
	}
	s := newWaysSite(t, strategy)
	u := s.user(t, annAddress)
	s.setUp(t, u, hasApp)
	v := s.visitor(t)
	if w.begin != nil {
		w.begin(t, s, v, u)
	}
	p := w.prove(t, s, v, u)
	switch cell {
	case "held until a code, then level 2":
		if p.at != "/api/auth/factor/challenge" || s.isDone(t, w, v, u) {
			t.Fatalf("not held: ended at %s", p.at)
		}
		p = v.post("/factor/challenge", "code", s.phone.next())
		s.wantLevel(t, v, "2")
	case "level 1":
		s.wantLevel(t, v, "1")
	case "not asked":
	default:
		t.Fatalf("this test does not know what %q means", cell)
	}
	if !s.isDone(t, w, v, u) {
		t.Errorf("not signed in: ended at %s", p.at)
	}
}

func newWaysSite(t *testing.T, strategy cardea.Strategy, more ...func(*cardea.Config, *factor.Options)) *waysSite {
	t.Helper()
	s, issuer := &waysSite{}, cardeatest.NewIssuer(t)
	client := provider.Client{ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL}
	s.site = newSite(t, func(c *cardea.Config, o *factor.Options) {
		c.Session.Strategy, o.Remember = strategy, time.Hour
		c.Providers = []cardea.Provider{
			provider.OIDC("idp", "Provider", client), provider.OIDC("another", "Another provider", client),
			email.New(email.Options{From: o.From, Sender: o.Sender}),
			credentials.New(credentials.Options{
				Fields: []cardea.Field{{Name: "name", Required: true}},
				Authorize: func(ctx context.Context, in credentials.Input) (*cardea.User, error) {
					return s.store.UserByID(ctx, in.Get("name"))
				},
			}),
			password.New(password.Options{From: o.From, Sender: o.Sender, Hashing: quickHashing}),
		}
		for _, change := range more {
			change(c, o)
		}
	})
	return s
}

// quickHashing is for tests alone.
var quickHashing = passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}}

// firstHash returns the hash of firstPassword, which every user may have.
var firstHash = sync.OnceValues(func() (string, error) {
	h, err := passwordhash.New(quickHashing)
	if err != nil {
		return "", err
	}
	return h.Hash(context.Background(), firstPassword)
})

// setUp gives a user a password, an account at the provider and, in a browser that is remembered,
// an app. If hasApp is false, the app is removed again.
func (s *waysSite) setUp(t *testing.T, u *cardea.User, hasApp bool) {
	t.Helper()
	hash, err := firstHash()
	if err == nil {
		err = s.store.SetPasswordHash(t.Context(), u.ID, hash, time.Now())
	}
	if err == nil {
		err = s.store.LinkAccount(t.Context(), &cardea.Account{
			UserID: u.ID, Type: "oidc", Provider: "idp", ProviderAccountID: "1001",
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	own := s.enter(t, u, "pwd")
	s.phone, _ = own.enrol()
	device := s.waits(t, u)
	device.post("/factor/challenge", "code", s.phone.next(), "remember", "on")
	s.remembered = device.cookies()
	if !hasApp {
		own.post("/factor/remove", "id", s.factors(t, u)[0].ID)
	}
}
