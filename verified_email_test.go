package cardea_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/oauth"
)

// sessionBehind returns the session that a handler behind Load gets from a request with these
// cookies.
func sessionBehind(t *testing.T, s *site, c cookies) (session *cardea.Session) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, s.URL+"/page", nil)
	r.Header.Set("Cookie", c.String())
	s.auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session = cardea.SessionFrom(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	return session
}

// Whichever way a person signs in, a session of either strategy says whether the user's address is
// proven, and when that was.
func TestSessionSaysWhetherTheAddressIsVerified(t *testing.T) {
	t.Parallel()
	password := func(name string) func(*testing.T, mailSite, *cardeatest.Browser) {
		return func(_ *testing.T, _ mailSite, b *cardeatest.Browser) {
			b.Post("/callback/password", url.Values{"name": {name}})
		}
	}
	directly := func(id string) func(*testing.T, mailSite, *cardeatest.Browser) {
		return func(t *testing.T, s mailSite, b *cardeatest.Browser) {
			signInDirectly(t, s.site, b, &cardea.User{ID: id, Email: id + "@example.com"})
		}
	}
	at := func(provider string, p cardeatest.Person) func(*testing.T, mailSite, *cardeatest.Browser) {
		return func(t *testing.T, s mailSite, b *cardeatest.Browser) {
			s.issuer.Next(p)
			signInAt(t, b, provider, p.Subject)
		}
	}
	unverified := cardeatest.Person{Subject: "2", Email: "bob@example.com"}
	withoutAddress := cardeatest.Person{Subject: "2", EmailVerified: true}
	for name, tc := range map[string]struct {
		enter func(*testing.T, mailSite, *cardeatest.Browser)
		want  bool
	}{
		"a mail": {func(t *testing.T, s mailSite, b *cardeatest.Browser) {
			visit(t, b, s.ask(t, b, "bob@example.com", "/").Link)
		}, true},
		"a code": {func(t *testing.T, s mailSite, b *cardeatest.Browser) {
			postCode(b, s.ask(t, b, "bob@example.com", "/").Code)
		}, true},
		"a trusted provider":                      {at("other", bob), true},
		"a provider without trust":                {at("idp", bob), false},
		"a trusted provider, not verified":        {at("other", unverified), false},
		"a trusted provider, without address":     {at("other", withoutAddress), false},
		"the application's code, a verified user": {directly("ann"), true},
		"the application's code, one who is not":  {directly("eve"), false},
		"a password of a verified user":           {password("ann"), true},
		"a password of a user who is not":         {password("eve"), false},
		"a password of a user without address":    {password("nobody"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachProtocolAndStrategy(t, func(t *testing.T, change func(*cardea.Config), _ string) {
				s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
					addSecondProvider(c).LinkByVerifiedEmail = true
					c.Providers = append(c.Providers, &cardea.CredentialsProvider{
						ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
						Authorize: func(_ context.Context, v map[string]string, _ *http.Request) (*cardea.User, error) {
							return &cardea.User{ID: v["name"]}, nil
						},
					})
					change(c)
				})
				now := s.setClock()
				for _, u := range []*cardea.User{
					{ID: "ann", Email: "ann@example.com", EmailVerified: time.UnixMilli(1_700_000_000_123)},
					{ID: "eve", Email: "eve@example.com"}, {ID: "nobody"},
				} {
					must(t, s.store.CreateUser(t.Context(), u))
				}
				b := newBrowser(t, s.URL)
				tc.enter(t, s, b)
				first := sessionBehind(t, s.site, cookiesOf(b))
				if first == nil {
					t.Fatal("nobody is signed in")
				}
				checkProof(t, s, "after the sign-in", first, tc.want)

				answer := b.Session()
				checkProof(t, s, "after GET session", sessionBehind(t, s.site, cookiesOf(b)), tc.want)
				now.advance(25 * time.Hour) // the session is extended
				checkProof(t, s, "a day later", sessionBehind(t, s.site, cookiesOf(b)), tc.want)
				b.Post("/session", nil)
				checkProof(t, s, "after an update", sessionBehind(t, s.site, cookiesOf(b)), tc.want)
				if user, ok := answer["user"].(map[string]any); !ok || len(answer) != 2 || len(user) != 3 {
					t.Errorf("the browser gets %v, want only name, email, image and expires", answer)
				}
			})
		})
	}
}

// checkProof compares what a session says about the address with the row of the user.
func checkProof(t *testing.T, s mailSite, when string, session *cardea.Session, want bool) {
	t.Helper()
	row, err := s.store.UserByID(t.Context(), session.UserID)
	if err != nil {
		t.Fatal(err)
	}
	got := session.User.EmailVerified
	if got.IsZero() == want || !got.Truncate(time.Second).Equal(row.EmailVerified.Truncate(time.Second)) {
		t.Errorf("%s: verified at %v; the row says %v; want it verified: %t", when, got, row.EmailVerified, want)
	}
	if _, proof := session.Claims["verified_email"]; session.Claims != nil && proof != want {
		t.Errorf("%s: the token has the claim verified_email: %t", when, proof)
	}
}

// Without an adapter the session is all that there is.
func TestSessionWithoutAdapterSaysWhetherTheAddressIsVerified(t *testing.T) {
	t.Parallel()
	verified := time.Unix(1_700_000_000, 0).UTC()
	named, unnamed := &cardea.User{ID: "7", Email: "ann@example.com"}, &cardea.User{ID: "7", EmailVerified: verified}
	for name, tc := range map[string]struct {
		trusted bool
		user    *cardea.User
		want    time.Time // for the provider, the time of the sign-in instead
	}{
		"a trusted provider":       {trusted: true},
		"a provider without trust": {},
		"the application's word": {
			false, &cardea.User{ID: "7", Email: "ann@example.com", EmailVerified: verified}, verified,
		},
		"not the application's":   {false, named, time.Time{}},
		"a proof without address": {false, unnamed, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				c.Adapter, idp(c).LinkByVerifiedEmail = nil, tc.trusted
				c.Providers = append(c.Providers, &cardea.CredentialsProvider{
					ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
					Authorize: func(context.Context, map[string]string, *http.Request) (*cardea.User, error) {
						return tc.user, nil
					},
				})
			})
			want, now := tc.want, s.setClock().now()
			if tc.trusted {
				want = now
			}
			b := newBrowser(t, s.URL)
			if tc.user == nil {
				signInAt(t, b, "idp", "1001")
			} else {
				b.Post("/callback/password", nil)
			}
			for _, when := range []string{"after the sign-in", "after GET session"} {
				if got := sessionBehind(t, s, cookiesOf(b)).User.EmailVerified; !got.Equal(want) {
					t.Errorf("%s: verified at %v, want %v", when, got, want)
				}
				b.Session()
			}
		})
	}
}

// An application may change the claims. The proof is that of one address: it ends with the address,
// and does not come back with it.
func TestChangedAddressOfASessionIsNotVerified(t *testing.T) {
	t.Parallel()
	const ann = "ann@example.com"
	for name, tc := range map[string]struct {
		update string // what the browser sends, and the application copies into the claims
		change func(oauth.Claims) oauth.Claims
		want   string // the verified address; "" if the address is not verified
	}{
		"nothing":                {update: `{}`, want: ann},
		"the name":               {update: `{"name":"Eve"}`, want: ann},
		"another address":        {update: `{"email":"victim@example.com"}`},
		"the same address":       {update: `{"email":"ann@example.com"}`, want: ann},
		"another spelling":       {update: `{"email":"Ann@example.com"}`},
		"a space":                {update: `{"email":"ann@example.com "}`},
		"no address":             {update: `{"email":null}`},
		"an empty address":       {update: `{"email":""}`},
		"a list of addresses":    {update: `{"email":["ann@example.com"]}`},
		"an OpenID claim":        {update: `{"email":"victim@example.com","email_verified":true}`},
		"a claim of Auth.js":     {update: `{"email":"victim@example.com","emailVerified":"2026-01-01T00:00:00.000Z"}`},
		"another time alone":     {update: `{"email":"victim@example.com","verified_email_at":1}`},
		"the address is removed": {change: func(c oauth.Claims) oauth.Claims { delete(c, "email"); return c }},
		"the proof is removed":   {change: func(c oauth.Claims) oauth.Claims { delete(c, "verified_email"); return c }},
		"claims of its own": {change: func(c oauth.Claims) oauth.Claims {
			return oauth.Claims{"sub": c["sub"], "email": c["email"]}
		}},
		"a copy": {change: func(c oauth.Claims) oauth.Claims { return maps.Clone(c) }, want: ann},
		"the application has verified another one": {change: func(c oauth.Claims) oauth.Claims {
			c["email"], c["verified_email"] = "new@example.com", "new@example.com"
			return c
		}, want: "new@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				c.Session.Strategy, idp(c).LinkByVerifiedEmail = cardea.StrategyJWT, true
				c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
					if change.Trigger != cardea.TriggerUpdate {
						return change.Claims, nil
					}
					if tc.change != nil && string(change.Update) == `{}` {
						return tc.change(change.Claims), nil
					}
					return change.Claims, json.Unmarshal(change.Update, &change.Claims)
				}
			})
			b := s.signedIn(t, "1001")
			post := func(update string) *cardea.Session {
				t.Helper()
				if update == "" {
					update = `{}`
				}
				body := `{"csrfToken":"` + b.CSRFToken() + `","data":` + update + `}`
				res, err := b.Client.Post(s.URL+"/api/auth/session", "application/json", strings.NewReader(body))
				if err != nil || res.StatusCode != http.StatusOK {
					t.Fatalf("the update answers %v, %v", res, err)
				}
				text(t, res)
				return sessionBehind(t, s, cookiesOf(b))
			}
			session := post(tc.update)
			if got := session.User; got.EmailVerified.IsZero() != (tc.want == "") ||
				tc.want != "" && got.Email != tc.want {
				t.Errorf("the session has %q, verified at %v; want %q", got.Email, got.EmailVerified, tc.want)
			}
			_, address := session.Claims["verified_email"]
			_, at := session.Claims["verified_email_at"]
			if tc.want == "" && (address || at) {
				t.Errorf("the token keeps the address that is not its own any more: %t, %t", address, at)
			}
			if tc.want != ann {
				if back := post(`{"email":"ann@example.com"}`); !back.User.EmailVerified.IsZero() {
					t.Error("with the old address the old proof is back")
				}
			}
		})
	}
}

// A token of a Node server, or of a version that did not write the claims, proves nothing. A Node
// server with the same secret may also have changed the claim email of our tokens.
func TestClaimsOfAnotherServerVerifyOnlyTheirAddress(t *testing.T) {
	t.Parallel()
	const ann = "ann@example.com"
	at := time.Unix(1_700_000_000, 0).UTC()
	beginning := time.Unix(0, 0).UTC()
	proven := func(at any) map[string]any {
		return map[string]any{"email": ann, "verified_email": ann, "verified_email_at": at}
	}
	for name, tc := range map[string]struct {
		claims map[string]any
		want   time.Time
	}{
		"as we write them":       {proven(at.Unix()), at},
		"no proof":               {map[string]any{"email": ann}, time.Time{}},
		"the proof of another":   {map[string]any{"email": "eve@example.com", "verified_email": ann}, time.Time{}},
		"another spelling":       {map[string]any{"email": "Ann@example.com", "verified_email": ann}, time.Time{}},
		"no address":             {map[string]any{"verified_email": ann, "verified_email_at": at.Unix()}, time.Time{}},
		"two empty texts":        {map[string]any{"email": "", "verified_email": ""}, time.Time{}},
		"two nulls":              {map[string]any{"email": nil, "verified_email": nil}, time.Time{}},
		"a boolean":              {map[string]any{"email": ann, "verified_email": true}, time.Time{}},
		"a list":                 {map[string]any{"email": ann, "verified_email": []string{ann}}, time.Time{}},
		"the time alone":         {map[string]any{"email": ann, "verified_email_at": at.Unix()}, time.Time{}},
		"another name":           {map[string]any{"email": ann, "Verified_Email": ann}, time.Time{}},
		"OpenID's name":          {map[string]any{"email": ann, "email_verified": true}, time.Time{}},
		"no time":                {map[string]any{"email": ann, "verified_email": ann}, beginning},
		"a time in text":         {proven("today"), beginning},
		"a time before all":      {proven(-62135596800), beginning},
		"a time beyond all":      {proven(1e300), beginning},
		"a time in nanoseconds":  {proven(at.UnixNano()), beginning},
		"a time with a fraction": {proven(1.5), beginning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for scheme, protocol := range map[seal.Scheme]cardea.Protocol{
				seal.SchemeV5: cardea.ProtocolV5, seal.SchemeV4: cardea.ProtocolV4,
			} {
				s := newSite(t, func(c *cardea.Config) {
					c.Protocol, c.Session.Strategy = protocol, cardea.StrategyJWT
				})
				cookie := map[cardea.Protocol]string{
					cardea.ProtocolV5: "authjs.session-token", cardea.ProtocolV4: "next-auth.session-token",
				}[protocol]
				claims := maps.Clone(tc.claims)
				claims["sub"] = "7"
				token, err := seal.New([]string{secret}, scheme).Seal(scheme.SessionSalt(cookie), claims, time.Now(),
					time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				session := sessionBehind(t, s, cookies{cookie: token})
				if session == nil || !session.User.EmailVerified.Equal(tc.want) {
					t.Errorf("the session is %+v; want it verified at %v", session, tc.want)
				}
			}
		})
	}
}

// A session does not say more than its row: if the application takes the proof away, the next
// sign-in has none.
func TestNextSessionFollowsTheRow(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy, idp(c).LinkByVerifiedEmail = strategy, true
			addSecondProvider(c).LinkByVerifiedEmail = false
		})
		b := s.signedIn(t, "1001")
		signInAt(t, b, "other", "1001")
		u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		u.EmailVerified = time.Time{}
		must(t, s.store.UpdateUser(t.Context(), u))
		next := newBrowser(t, s.URL)
		signInAt(t, next, "other", "1001")
		if session := sessionBehind(t, s, cookiesOf(next)); session == nil || !session.User.EmailVerified.IsZero() {
			t.Errorf("the session is %+v", session)
		}
	})
}
