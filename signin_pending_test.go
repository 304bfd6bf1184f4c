package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	passwords "github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"github.com/cardea-auth/cardea/ratelimit"
)

// gateSite is a site with all ways in, and with a second factor that a test turns on: a code that
// is "code of" and the id of the user.
type gateSite struct {
	mailSite
	app       string // the prefix of the cookies
	holds     *atomic.Bool
	owner     *atomic.Pointer[cardea.User] // whom the ways without an address sign in
	passwords *passwords.Feature
	signUps   *cardeatest.Mailbox // of the passwords
	database  bool
	factor    *testFeature
}

const longPassword = "correct horse battery staple"

// newGateSite returns a gateSite.
func newGateSite(t *testing.T, more ...func(*cardea.Config)) gateSite {
	t.Helper()
	s := gateSite{holds: &atomic.Bool{}, owner: &atomic.Pointer[cardea.User]{}, app: "authjs", database: true,
		signUps: &cardeatest.Mailbox{}}
	s.mailSite = newMailSite(t, func(c *cardea.Config, o *email.Options) {
		c.Limits = unlimited()
		addGitHub(c)
		posting := *idp(c)
		posting.ID, posting.FormPost = "posting", true
		trusted := *idp(c)
		trusted.ID, trusted.LinkByVerifiedEmail = "trusted", true
		c.Providers = append(c.Providers, &posting, &trusted, customProvider(), credentials.New(credentials.Options{
			Fields:    []cardea.Field{{Name: "name"}},
			Authorize: func(context.Context, credentials.Input) (*cardea.User, error) { return s.owner.Load(), nil },
		}))
		s.passwords = passwords.New(passwords.Options{
			From: "Example <no-reply@example.com>", Sender: s.signUps,
			Hashing: passwordhash.Options{Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}},
		})
		c.Providers = append(c.Providers, s.passwords)
		o.Adopt = func(context.Context, *cardea.User) (bool, error) { return true, nil }
		s.factor = s.addFactor(c)
		s.addWays(c)
		for _, change := range more {
			change(c)
		}
		if c.Protocol == cardea.ProtocolV4 {
			s.app = "next-auth"
		}
		s.database = c.Session.Strategy != cardea.StrategyJWT
	})
	greet := func(w http.ResponseWriter, r *http.Request, u *cardea.User) {
		in := cardea.SessionFrom(r.Context())
		writeAnswer(w, u.ID, in.Level, strings.Join(in.Methods, " "))
	}
	s.handle("/weak", s.auth.Require(cardea.Handle(s.auth, greet)).ServeHTTP)
	s.handle("/strong", s.auth.RequireLevel(2, cardea.Handle(s.auth, greet)).ServeHTTP)
	s.handle("/fresh", s.auth.RequireFresh(time.Hour, cardea.Handle(s.auth, greet)).ServeHTTP)
	s.handle("/enter", func(w http.ResponseWriter, r *http.Request) {
		proof := cardea.Proof{UserID: s.owner.Load().ID, Methods: []string{"pwd"}}
		if r.FormValue("email") != "" {
			proof.UserID, proof.Email, proof.Methods = "", r.FormValue("email"), []string{"mail"}
		}
		_, err := s.auth.SignIn(w, r, proof)
		if e, ok := errors.AsType[*cardea.Error](err); ok && e.Redirect != "" {
			http.Redirect(w, r, e.Redirect, http.StatusSeeOther)
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
		}
	})
	return s
}

func writeAnswer(w http.ResponseWriter, values ...any) { json.NewEncoder(w).Encode(values) }

// addFactor adds the second factor.
func (s *gateSite) addFactor(c *cardea.Config) *testFeature {
	return addFeature(c, "factor", func(h *cardea.Host) error {
		h.Require(func(ctx context.Context, in *cardea.SignIn) (string, error) {
			if !s.holds.Load() || slices.Contains(in.Methods, "otp") {
				return "", nil
			}
			return h.Hold(ctx, in, "factor/challenge")
		})
		h.Handle(rule(http.MethodGet, "factor/challenge", feature.SenderAnybody, feature.VisitorAnybody),
			func(_ http.ResponseWriter, r *http.Request) error {
				held, err := h.Held(r.Context())
				if err != nil {
					return err
				}
				return h.JSON(r.Context(), http.StatusOK, held)
			})
		h.Handle(rule(http.MethodPost, "factor/challenge", feature.SenderOwnPage, feature.VisitorAnybody),
			func(_ http.ResponseWriter, r *http.Request) error {
				held, err := h.Held(r.Context())
				if err != nil {
					return err
				}
				if held == nil || h.Form(r.Context())["code"] != "code of "+held.UserID {
					return &cardea.Error{Code: cardea.CodeVerification}
				}
				return h.Resume(r.Context(), "otp")
			})
		h.Handle(rule(http.MethodPost, "factor/blind", feature.SenderOwnPage, feature.VisitorAnybody),
			func(_ http.ResponseWriter, r *http.Request) error { return h.Resume(r.Context(), "otp") })
		h.Handle(rule(http.MethodGet, "factor/settings", feature.SenderAnybody, feature.VisitorSignedIn), ok(h))
		return nil
	})
}

// addWays adds the ways in of a feature.
func (s *gateSite) addWays(c *cardea.Config) {
	addFeature(c, "directory", func(h *cardea.Host) error {
		complete := func(_ http.ResponseWriter, r *http.Request) error {
			return h.Complete(r.Context(), cardea.Proof{UserID: s.owner.Load().ID, Methods: []string{"pwd"},
				Provider: "directory"})
		}
		h.Offer(feature.Way{ID: "directory", Name: "the directory", Finish: complete})
		h.Offer(feature.Way{ID: "phone", Name: "a phone", Return: complete,
			Start: func(_ http.ResponseWriter, r *http.Request) error {
				return h.Redirect(r.Context(), h.URL(r.Context(), "callback/phone"))
			}})
		h.Handle(rule(http.MethodPost, "directory/enter", feature.SenderOwnPage, feature.VisitorAnybody),
			func(_ http.ResponseWriter, r *http.Request) error {
				return h.Complete(r.Context(), cardea.Proof{Email: h.Form(r.Context())["address"],
					Methods: []string{"mail"}})
			})
		return nil
	})
}

// unlimited are limits that no test reaches.
func unlimited() ratelimit.Config {
	none := ratelimit.InsecureUnlimited()
	return ratelimit.Config{
		Address: none, Client: none, Site: none, Mail: none, MailClient: none, Account: none, AccountClient: none,
	}
}

// post posts a form as a browser does or, if client is true, as the clients of Auth.js do.
func (s gateSite) post(
	t *testing.T, b *cardeatest.Browser, client bool, path string, fields url.Values,
) *http.Response {
	t.Helper()
	if fields == nil {
		fields = url.Values{}
	}
	if !client {
		return b.Post(path, fields)
	}
	change := clientHeader
	if s.app == "next-auth" {
		fields.Set("json", "true")
		change = func(*http.Request) {}
	}
	fields.Set("csrfToken", b.CSRFToken())
	res := send(t, s.URL+"/api/auth"+path, cookiesOf(b), fields, change)
	site, _ := url.Parse(s.URL + "/api/auth")
	b.Jar.SetCookies(site, res.Cookies())
	return buffered(t, res)
}

// target is where an answer leads: by a redirect or, for a client, by the url of its JSON.
func target(t *testing.T, res *http.Response) string {
	t.Helper()
	var answer struct{ URL string }
	if body := text(t, res); json.Unmarshal([]byte(body), &answer) == nil && answer.URL != "" {
		if res.StatusCode != http.StatusOK {
			t.Errorf("the JSON has status %s", res.Status)
		}
		return answer.URL
	}
	return res.Header.Get("Location")
}

// held returns what the challenge says about the sign-in that waits in a browser.
func (s gateSite) held(t *testing.T, b *cardeatest.Browser) *feature.Held {
	t.Helper()
	var held *feature.Held
	body := text(t, visit(t, b, s.URL+"/api/auth/factor/challenge"))
	if err := json.Unmarshal([]byte(body), &held); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return held
}

// challenge posts a code, and returns where the visitor goes.
func (s gateSite) challenge(t *testing.T, b *cardeatest.Browser, code string) string {
	t.Helper()
	return b.Post("/factor/challenge", url.Values{"code": {code}}).Header.Get("Location")
}

// sessionCookieOf returns the session cookie of a browser, "" for none.
func (s gateSite) sessionCookieOf(b *cardeatest.Browser) string {
	return cookiesOf(b)[s.app+".session-token"]
}

// rows returns how many sessions the store has for a user.
func (s gateSite) rows(t *testing.T, userID string) int {
	t.Helper()
	all, err := s.store.Sessions(t.Context(), userID)
	must(t, err)
	return len(all)
}

// greeting is what the application answers on a page, with the status.
func (s gateSite) greeting(t *testing.T, b *cardeatest.Browser, path string) (string, int) {
	t.Helper()
	res := visit(t, b, s.URL+path)
	return strings.TrimSpace(text(t, res)), res.StatusCode
}

// checkNobody checks that nothing takes a browser for one in which somebody is signed in.
func (s gateSite) checkNobody(t *testing.T, when string, b *cardeatest.Browser) {
	t.Helper()
	if got := s.sessionCookieOf(b); got != "" {
		t.Errorf("%s: there is a session cookie", when)
	}
	if got := b.Session(); got != nil {
		t.Errorf("%s: GET session answers %v", when, got)
	}
	for _, path := range []string{"/weak", "/strong", "/fresh", "/api/auth/factor/settings"} {
		if got, status := s.greeting(t, b, path); status != http.StatusUnauthorized {
			t.Errorf("%s: %s answers %d, %s", when, path, status, got)
		}
	}
}

// wayIn is one way in.
type wayIn struct {
	// source is the function of the source that ends in a sign-in; see TestEveryWayInHasARow.
	source string

	// signedIn says that the browser is signed in as Bob before.
	signedIn bool

	// prove gives the first proof, and returns the last answer.
	prove func(t *testing.T, s gateSite, b *cardeatest.Browser, client bool) *http.Response

	methods string // of the proof
	after   func(t *testing.T, s gateSite, held *feature.Held, finished bool)
}

// atProvider is the way through a provider.
func atProvider(provider, hint string) func(*testing.T, gateSite, *cardeatest.Browser, bool) *http.Response {
	return func(t *testing.T, s gateSite, b *cardeatest.Browser, _ bool) *http.Response {
		t.Helper()
		return visit(t, b, beginAs(t, b, provider, hint, "/next"))
	}
}

// answered is a way in that asks whether to link, with the answer.
func answeredWith(
	answer string, prove func(*testing.T, gateSite, *cardeatest.Browser, bool) *http.Response,
) func(*testing.T, gateSite, *cardeatest.Browser, bool) *http.Response {
	return func(t *testing.T, s gateSite, b *cardeatest.Browser, client bool) *http.Response {
		t.Helper()
		asked := prove(t, s, b, false)
		body := text(t, asked)
		if asked.StatusCode != http.StatusOK || s.held(t, b) != nil {
			t.Fatalf("not asked: %s", asked.Status)
		}
		fields := questionOf(t, body)
		fields.Set("answer", answer)
		return s.post(t, b, client, "/link", fields)
	}
}

// posting is the way of a form.
func posting(path string, fields ...string) func(*testing.T, gateSite, *cardeatest.Browser, bool) *http.Response {
	return func(t *testing.T, s gateSite, b *cardeatest.Browser, client bool) *http.Response {
		t.Helper()
		form := url.Values{"callbackUrl": {"/next"}}
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		return s.post(t, b, client, path, form)
	}
}

// calling is the way of the application's own code.
func calling(path string) func(*testing.T, gateSite, *cardeatest.Browser, bool) *http.Response {
	return func(t *testing.T, s gateSite, b *cardeatest.Browser, _ bool) *http.Response {
		t.Helper()
		return visit(t, b, s.URL+path)
	}
}

// linked checks that an account is the user's only when the sign-in is finished.
func linked(provider, id string) func(*testing.T, gateSite, *feature.Held, bool) {
	return func(t *testing.T, s gateSite, held *feature.Held, finished bool) {
		t.Helper()
		if owner := s.accountOwner(t, provider, id); (owner == held.UserID) != finished {
			t.Errorf("finished %t: the account is %q's", finished, owner)
		}
	}
}

// choosePattern finds the link in the mail of a sign-up with a password.
var choosePattern = regexp.MustCompile(`https?://\S+/password/choose\S+`)

// linkInput finds what binds the form of a page to the link of a mail.
var linkInput = regexp.MustCompile(`name="link" value="([^"]+)"`)

const annsMail = "ann@example.com"

// waysIn are all ways in. The person is Ann, who exists with a proven address, or a new person.
var waysIn = map[string]wayIn{
	"OpenID Connect": {source: "oauthMethod.getCallback", prove: atProvider("idp", "1001"), methods: "fed"},
	"OAuth 2.0":      {source: "oauthMethod.getCallback", prove: atProvider("github", octocat.Subject), methods: "fed"},
	"form_post": {source: "oauthMethod.getCallback", methods: "fed",
		prove: func(t *testing.T, s gateSite, b *cardeatest.Browser, _ bool) *http.Response {
			to := startSignIn(t, b, "posting?login_hint=1001", url.Values{"callbackUrl": {"/next"}})
			posted := send(t, s.URL+"/api/auth/callback/posting", nil, providerForm(t, b, to))
			return visit(t, b, posted.Header.Get("Location"))
		}},
	"a service without OAuth": {source: "oauthMethod.getCallback", methods: "fed",
		prove: func(t *testing.T, s gateSite, b *cardeatest.Browser, _ bool) *http.Response {
			to, err := url.Parse(b.Post("/signin/abroad", url.Values{"callbackUrl": {"/next"}}).Header.Get("Location"))
			must(t, err)
			return visit(t, b, to.Query().Get("back")+"&who=7&proof="+to.Query().Get("back"))
		}},
	"an account linked by its address": {source: "oauthMethod.getCallback", methods: "fed",
		prove: atProvider("trusted", "1001"), after: linked("trusted", "1001")},
	"an account linked while signed in": {source: "postLink", signedIn: true, methods: "fed",
		prove: answeredWith("link", atProvider("github", octocat.Subject)), after: linked("github", octocat.Subject)},
	"an account of somebody else": {source: "postLink", signedIn: true, methods: "fed",
		prove: answeredWith("other", atProvider("github", octocat.Subject))},
	"another sign-in while signed in": {source: "oauthMethod.getCallback", signedIn: true, methods: "fed",
		prove: atProvider("idp", "2002")},
	"the link of a mail": {source: "mailSignIn.redeemLink", methods: "mail",
		prove: func(t *testing.T, s gateSite, b *cardeatest.Browser, _ bool) *http.Response {
			return visit(t, b, s.ask(t, b, annsMail, "/next").Link)
		}},
	"the link of a mail in another browser": {source: "mailSignIn.redeemLink", methods: "mail",
		prove: func(t *testing.T, s gateSite, b *cardeatest.Browser, _ bool) *http.Response {
			return confirm(t, b, s.ask(t, newBrowser(t, s.URL), annsMail, "/next").Link)
		}},
	"the code of a mail": {source: "mailSignIn.redeemCode", methods: "mail",
		prove: func(t *testing.T, s gateSite, b *cardeatest.Browser, client bool) *http.Response {
			m := s.ask(t, b, annsMail, "/next")
			return s.post(t, b, client, "/callback/email", url.Values{"code": {m.Code}, "callbackUrl": {"/next"}})
		}},
	"a mail to an address that somebody else has registered": {source: "mailSignIn.redeemLink", methods: "mail",
		prove: func(t *testing.T, s gateSite, b *cardeatest.Browser, _ bool) *http.Response {
			return visit(t, b, s.ask(t, b, "eve@example.com", "/next").Link)
		},
		after: func(t *testing.T, s gateSite, held *feature.Held, finished bool) { // Adopt
			if n := len(s.accounts(t, "eve@example.com")); (n == 0) != finished {
				t.Errorf("finished %t: %d accounts", finished, n)
			}
		}},
	"credentials": {source: "CredentialsProvider.way", methods: "pwd",
		prove: posting("/callback/credentials", "name", "ann")},
	"a password": {source: "password.Feature.signIn", methods: "pwd",
		prove: posting("/callback/password", "email", annsMail, "password", longPassword)},
	"a sign-up with a password": {source: "password.Feature.finishSignUp", methods: "mail",
		prove: func(t *testing.T, s gateSite, b *cardeatest.Browser, client bool) *http.Response {
			b.Post("/password/signup", url.Values{"email": {"new@example.com"}})
			s.auth.WaitForTasks()
			visit(t, b, choosePattern.FindString(s.signUps.Last(t, "new@example.com").Text))
			page := text(t, visit(t, b, s.URL+"/api/auth/password/choose"))
			return s.post(t, b, client, "/password/choose", url.Values{
				"password": {longPassword}, "callbackUrl": {"/next"}, "link": {linkInput.FindStringSubmatch(page)[1]},
			})
		}},
	"a form of a feature": {source: "Host.Complete", methods: "pwd", prove: posting("/callback/directory")},
	"a way that leads elsewhere": {source: "Host.Complete", methods: "pwd",
		prove: calling("/api/auth/callback/phone")},
	"an address that a feature knows": {source: "Host.Complete", methods: "mail",
		prove: posting("/directory/enter", "address", annsMail)},
	"the application": {source: "Proof.signIn", methods: "pwd", prove: calling("/enter")},
	"an address of the application": {source: "Proof.signIn", methods: "mail",
		prove: calling("/enter?email=" + annsMail)},
}

// newGateUsers adds the users of the ways in, who have signed in before: Ann has proven her
// address, Bob is the user of the browsers that are signed in, and Eve has registered an address
// that may not be hers.
func newGateUsers(t *testing.T, s gateSite) {
	t.Helper()
	ann := &cardea.User{Name: "Ann", Email: annsMail, EmailVerified: time.Now()}
	must(t, s.store.CreateUser(t.Context(), ann))
	s.owner.Store(ann)
	must(t, s.passwords.Set(t.Context(), ann.ID, longPassword))
	for _, provider := range []string{"idp", "posting"} {
		must(t, s.store.LinkAccount(t.Context(),
			&cardea.Account{UserID: ann.ID, Type: "oidc", Provider: provider, ProviderAccountID: "1001"}))
	}
	s.issuer.Next(bob)
	s.issuer.Next(octocat)
	eve := &cardea.User{Name: "Eve", Email: "eve@example.com"}
	must(t, s.store.CreateUser(t.Context(), eve))
	must(t, s.store.LinkAccount(t.Context(),
		&cardea.Account{UserID: eve.ID, Type: "oidc", Provider: "idp", ProviderAccountID: "666"}))
}

// forEachGate runs a test with each protocol and strategy.
func forEachGate(t *testing.T, test func(t *testing.T, s func(*testing.T) gateSite)) {
	t.Helper()
	forEachProtocolAndStrategy(t, func(t *testing.T, change func(*cardea.Config), _ string) {
		test(t, func(t *testing.T) gateSite {
			s := newGateSite(t, change)
			newGateUsers(t, s)
			return s
		})
	})
}

// No way in passes the second factor. Until it is proven there is no session: no row, no cookie,
// and nothing opens. Then the session knows both proofs.
func TestEveryWayInIsHeld(t *testing.T) {
	t.Parallel()
	forEachGate(t, func(t *testing.T, newSite func(*testing.T) gateSite) {
		for name, way := range waysIn {
			for _, client := range []bool{false, true} {
				if client && strings.HasPrefix(way.source, "oauthMethod") {
					continue // the provider sends browsers alone
				}
				t.Run(name+map[bool]string{true: ", with a client"}[client], func(t *testing.T) {
					t.Parallel()
					way.check(t, newSite(t), client)
				})
			}
		}
	})
}

func (way wayIn) check(t *testing.T, s gateSite, client bool) {
	b := newBrowser(t, s.URL)
	b.CSRFToken()
	before, rowsBefore := "", 0
	if way.signedIn {
		signInAt(t, b, "idp", bob.Subject)
		before, rowsBefore = s.sessionCookieOf(b), 1
		if before == "" {
			t.Fatal("Bob is not signed in")
		}
	}
	s.holds.Store(true)
	if to := target(t, way.prove(t, s, b, client)); to != s.URL+"/api/auth/factor/challenge" {
		t.Fatalf("the proof leads to %q", to)
	}
	held := s.held(t, b)
	if held == nil || strings.Join(held.Methods, " ") != way.methods {
		t.Fatalf("the challenge knows %+v", held)
	}
	if way.after != nil {
		way.after(t, s, held, false)
	}
	bobs := s.accountOwner(t, "idp", bob.Subject)
	check := func(when string) {
		t.Helper()
		if !way.signedIn {
			s.checkNobody(t, when, b)
		} else if got := s.sessionCookieOf(b); s.database && got != before || signedInEmail(b) != bob.Email {
			t.Errorf("%s: the session from before has changed", when)
		} else if _, status := s.greeting(t, b, "/strong"); status != http.StatusUnauthorized {
			t.Errorf("%s: /strong answers %d", when, status)
		}
		for _, id := range []string{held.UserID, bobs} {
			if want := map[bool]int{true: rowsBefore}[id == bobs]; id != "" && s.database && s.rows(t, id) != want {
				t.Errorf("%s: user %s has %d sessions, want %d", when, id, s.rows(t, id), want)
			}
		}
	}
	check("held")
	if to := s.challenge(t, b, "code of somebody"); !strings.Contains(to, "error=Verification") {
		t.Errorf("a wrong code leads to %s", to)
	}
	check("a wrong code")
	old := cookiesOf(b)
	if to := s.challenge(t, b, "code of "+held.UserID); to != s.URL+"/next" && to != s.URL {
		t.Errorf("the second proof leads to %s", to)
	}
	want := `["` + held.UserID + `",2,"` + way.methods + ` otp"]`
	for _, path := range []string{"/weak", "/strong", "/fresh"} {
		if got, status := s.greeting(t, b, path); got != want {
			t.Errorf("%s answers %d, %s, want %s", path, status, got, want)
		}
	}
	if s.database && (s.rows(t, held.UserID) != 1 || held.UserID != bobs && bobs != "" && s.rows(t, bobs) != 0) {
		t.Errorf("%d sessions of the user, %d of Bob", s.rows(t, held.UserID), s.rows(t, bobs))
	}
	if way.after != nil {
		way.after(t, s, held, true)
	}
	if got := cookiesOf(b)[s.app+".pending"]; got != "" || s.held(t, b) != nil {
		t.Error("the sign-in still waits")
	}
	s.checkReplay(t, old, held, before)
}

// checkReplay checks that the cookies from before the second proof are useless.
func (s gateSite) checkReplay(t *testing.T, old cookies, held *feature.Held, before string) {
	t.Helper()
	for _, path := range []string{"challenge", "blind"} {
		token, _, _ := strings.Cut(old[s.app+".csrf-token"], "%7C")
		res := send(t, s.URL+"/api/auth/factor/"+path, old,
			url.Values{"csrfToken": {token}, "code": {"code of " + held.UserID}})
		to := res.Header.Get("Location")
		if !strings.Contains(to, "error=Verification") && !strings.Contains(to, "error=InvalidCheck") {
			t.Errorf("%s again: to %q", path, to)
		}
		if setCookie(res, s.app+".session-token") != nil {
			t.Errorf("%s again: a session", path)
		}
	}
	if before != "" && s.sessionBody(t, old) != "null" && s.sessionBody(t, old) != "{}" {
		t.Error("the session from before has not ended")
	}
}
