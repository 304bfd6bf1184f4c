package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// withTokens adds a feature that has tokens of these kinds.
func withTokens(c *cardea.Config, id string, kinds ...string) *testFeature {
	return addFeature(c, id, func(h *cardea.Host) error {
		h.Tokens(kinds...)
		return nil
	})
}

// newToken makes a token that is valid for an hour.
func (f *testFeature) newToken(t *testing.T, kind, userID string) string {
	t.Helper()
	token, err := f.host.NewToken(t.Context(), kind, userID, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// checkToken checks that a token belongs to a user.
func (f *testFeature) checkToken(t *testing.T, kind, token, want string) {
	t.Helper()
	got, _, err := f.host.Token(t.Context(), kind, token)
	if err != nil || got != want {
		t.Errorf("the token of %q: %q, %v", want, got, err)
	}
}

// checkNoToken checks that a token can neither be read nor used.
func (f *testFeature) checkNoToken(t *testing.T, what, kind, token string) {
	t.Helper()
	for name, get := range map[string]func(context.Context, string, string) (string, oauth.Claims, error){
		"Token": f.host.Token, "UseToken": f.host.UseToken,
	} {
		user, values, err := get(t.Context(), kind, token)
		e, ok := errors.AsType[*cardea.Error](err)
		if !ok || e.Code != cardea.CodeVerification || !errors.Is(err, cardea.ErrNotFound) || user != "" ||
			values != nil {
			t.Errorf("%s: %s: %q, %v, %v", what, name, user, values, err)
		}
		if len(token) > 50 && strings.Contains(fmt.Sprint(err), token) {
			t.Errorf("%s: %s: the error contains the token", what, name)
		}
	}
}

// A token says what it was made for, can be read any number of times, and is used once.
func TestTokensOfFeatures(t *testing.T) {
	t.Parallel()
	var f, other *testFeature
	s := newSite(t, func(c *cardea.Config) {
		f, other = withTokens(c, "x", "reset", "verify"), withTokens(c, "y", "change")
	})
	now := s.setClock()
	values := oauth.Claims{"email": "ann@example.com", "step": 7, "to": "/Ä?a=1&b=2"}
	token, err := f.host.NewToken(t.Context(), "reset", "ann", time.Hour, values)
	if err != nil || !regexp.MustCompile(`^[a-z2-7]{100,300}$`).MatchString(token) {
		t.Fatalf("NewToken: %q, %v", token, err)
	}
	same := func(user string, got oauth.Claims, err error) {
		t.Helper()
		if err != nil || user != "ann" || len(got) != 3 || got.String("email") != "ann@example.com" ||
			got["step"] != json.Number("7") || got["to"] != values["to"] {
			t.Errorf("user %q, values %v, %v", user, got, err)
		}
	}
	for range 3 {
		same(f.host.Token(t.Context(), "reset", token))
	}
	plain := f.newToken(t, "reset", "ann")
	if len(plain) > 160 {
		t.Errorf("a token without values has %d characters", len(plain))
	}
	f.checkNoToken(t, "another kind", "verify", token)
	for i := range token {
		changed := token[:i] + string('a'+(token[i]-'a'+1)%26) + token[i+1:]
		if changed != token {
			f.checkNoToken(t, "changed", "reset", changed)
		}
	}
	for _, forged := range []string{"", "a", token[:len(token)-1], token + "a", strings.ToUpper(token), token + "\n",
		strings.Repeat("a", 100_000), token + "=", " " + token, "ä"} {
		f.checkNoToken(t, "forged", "reset", forged)
	}
	for _, get := range []func(context.Context, string, string) (string, oauth.Claims, error){
		other.host.Token, other.host.UseToken,
	} {
		if _, _, err := get(t.Context(), "reset", token); err == nil || errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("another feature: %v", err)
		}
	}
	same(f.host.UseToken(t.Context(), "reset", token))
	f.checkNoToken(t, "used", "reset", token)

	now.advance(time.Hour - time.Millisecond)
	f.checkToken(t, "reset", plain, "ann")
	now.advance(time.Millisecond)
	f.checkNoToken(t, "expired", "reset", plain)
	now.advance(-time.Minute)
	f.checkToken(t, "reset", plain, "ann") // an expired token is not used up: the clock was wrong
}

// A token stays valid if the secret of the site changes, and is not one of another site.
func TestTokensOutliveASecret(t *testing.T) {
	t.Parallel()
	store := memadapter.New()
	process := func(current string, previous ...string) *testFeature {
		var f *testFeature
		newSite(t, func(c *cardea.Config) {
			c.Secret, c.PreviousSecrets, c.Adapter = current, previous, store
			f = withTokens(c, "x", "reset")
		})
		return f
	}
	one, two := strings.Repeat("1", 32), strings.Repeat("2", 32)
	token := process(one).newToken(t, "reset", "ann")
	process(two, one).checkToken(t, "reset", token, "ann")
	process(two).checkNoToken(t, "another secret", "reset", token)
	f := process(two, one)
	if user, _, err := f.host.UseToken(t.Context(), "reset", token); err != nil || user != "ann" {
		t.Errorf("UseToken with a previous secret: %q, %v", user, err)
	}
}

// The store has nothing with which somebody who reads it could use a token.
func TestStoredTokensOfFeaturesAreHashes(t *testing.T) {
	t.Parallel()
	var stored []cardea.VerificationToken
	var f *testFeature
	newSite(t, func(c *cardea.Config) {
		c.Adapter = &tokenRecorder{memadapter.New(), &stored}
		f = withTokens(c, "x", "reset")
	})
	token, err := f.host.NewToken(t.Context(), "reset", "ann", time.Hour, oauth.Claims{"email": "ann@example.com"})
	if err != nil || len(stored) != 1 {
		t.Fatalf("%v, rows %v", err, stored)
	}
	row := stored[0]
	if row.Identifier != "reset:ann" || len(row.Token) != 64 || strings.Contains(token, row.Token) {
		t.Errorf("stored as %q, %q", row.Identifier, row.Token)
	}
	f.checkNoToken(t, "the hash", "reset", row.Token)
}

func TestTokensWithFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"", "Reset", "re set", "a:b", "ä", "1a", "flow", "once", "refresh", "signout", "cut",
		strings.Repeat("a", 33)} {
		c := validConfig()
		c.Adapter = memadapter.New()
		withTokens(&c, "x", kind)
		if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), "Features[0] (x)") {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	c := validConfig()
	c.Adapter = memadapter.New()
	withTokens(&c, "x", "reset")
	withTokens(&c, "y", "reset")
	if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), `have "reset"`) {
		t.Errorf("the kind of another feature: %v", err)
	}
	c = validConfig()
	withTokens(&c, "x", "reset")
	if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), "needs an Adapter that is a TokenStore") {
		t.Errorf("no store: %v", err)
	}

	var f *testFeature
	newSite(t, func(c *cardea.Config) { f = withTokens(c, "x", "reset") })
	h, ctx := f.host, t.Context()
	for what, err := range map[string]error{
		"a kind that is not declared": second(h.NewToken(ctx, "verify", "ann", time.Hour, nil)),
		"no lifetime":                 second(h.NewToken(ctx, "reset", "ann", 0, nil)),
		"values that are no JSON":     second(h.NewToken(ctx, "reset", "ann", 1e9, oauth.Claims{"a": func() {}})),
		"values that are too long": second(h.NewToken(ctx, "reset", "ann", 1e9,
			oauth.Claims{"a": strings.Repeat("a", 1200)})),
		"the tokens of nobody":       h.EndTokens(ctx, ""),
		"tokens of an unknown kind":  h.EndTokens(ctx, "ann", "verify"),
		"the wrong kind is no error": nil,
	} {
		if (err == nil) != (what == "the wrong kind is no error") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second(_ string, err error) error { return err }

// Of many requests to two processes one uses the token, and its writes are kept; if they fail, the
// token stays.
func TestTokensAreUsedOnceInATransaction(t *testing.T) {
	t.Parallel()
	store := memadapter.New()
	process := func() *testFeature {
		var f *testFeature
		newSite(t, func(c *cardea.Config) { c.Adapter, f = store, withTokens(c, "x", "reset") })
		return f
	}
	both := []*testFeature{process(), process()}
	token := both[0].newToken(t, "reset", "ann")
	var writes atomic.Int32
	use := func(h *cardea.Host, failure error) error {
		return h.Transact(t.Context(), func(ctx context.Context) error {
			if _, _, err := h.UseToken(ctx, "reset", token); err != nil {
				return err
			}
			if failure == nil {
				writes.Add(1)
			}
			return failure
		})
	}
	if err := use(both[0].host, errStore); !errors.Is(err, errStore) || !strings.Contains(err.Error(), "AdapterError") {
		t.Errorf("the transaction: %v", err)
	}
	refused := &cardea.Error{Code: cardea.CodeAccessDenied}
	if err := use(both[0].host, refused); err != error(refused) {
		t.Errorf("the transaction: %v, want the Error", err)
	}
	both[1].checkToken(t, "reset", token, "ann")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if err := use(both[i%2].host, nil); err != nil && !errors.Is(err, cardea.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if writes.Load() != 1 {
		t.Errorf("used %d times", writes.Load())
	}
}

// Everything that ends the links in a user's mails ends the tokens of features, of every kind, and
// no other user's.
func TestWhatEndsTokensOfFeatures(t *testing.T) {
	t.Parallel()
	kinds := []string{"reset", "verify", "change"}
	for name, end := range map[string]func(t *testing.T, m mailSite, h *cardea.Host, ann string) error{
		"DeleteUser": func(t *testing.T, m mailSite, _ *cardea.Host, ann string) error {
			return m.auth.DeleteUser(t.Context(), ann)
		},
		"Auth.EndSessions": func(t *testing.T, m mailSite, _ *cardea.Host, ann string) error {
			_, err := m.auth.EndSessions(t.Context(), ann, nil)
			return err
		},
		"Host.EndSessions": func(t *testing.T, _ mailSite, h *cardea.Host, ann string) error {
			return h.EndSessions(t.Context(), ann, nil)
		},
		"the first proof of the address": func(t *testing.T, m mailSite, _ *cardea.Host, ann string) error {
			b := newBrowser(t, m.URL)
			visit(t, b, m.ask(t, b, "ann@example.com", "/").Link)
			if s := m.sessionOf(t, b); s == nil || s.UserID != ann {
				t.Error("by mail somebody else is signed in")
			}
			return nil
		},
		"EndTokens": func(t *testing.T, _ mailSite, h *cardea.Host, ann string) error {
			return h.EndTokens(t.Context(), ann)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				if name == "Auth.EndSessions" && strategy == cardea.StrategyJWT {
					return // it needs rows
				}
				var f, other *testFeature
				m := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
					c.Session.Strategy = strategy
					f, other = withTokens(c, "x", kinds...), withTokens(c, "y", "invite")
				})
				ann, bob := m.newUser(t, "Ann"), m.newUser(t, "Bob")
				tokens := map[string]string{}
				for _, kind := range kinds {
					tokens[kind] = f.newToken(t, kind, ann.ID)
				}
				ofBob, ofNobody := f.newToken(t, "reset", bob.ID), f.newToken(t, "verify", "")
				ofOther := other.newToken(t, "invite", ann.ID)
				if err := end(t, m, f.host, ann.ID); err != nil {
					t.Fatal(err)
				}
				for _, kind := range kinds {
					f.checkNoToken(t, "of kind "+kind, kind, tokens[kind])
				}
				f.checkToken(t, "reset", ofBob, bob.ID)
				f.checkToken(t, "verify", ofNobody, "")
				if name == "EndTokens" {
					other.checkToken(t, "invite", ofOther, ann.ID)
				} else {
					other.checkNoToken(t, "of another feature", "invite", ofOther)
				}
			})
		})
	}
}

// EndTokens ends the kinds that it is told.
func TestEndTokensOfOneKind(t *testing.T) {
	t.Parallel()
	var f *testFeature
	newSite(t, func(c *cardea.Config) { f = withTokens(c, "x", "reset", "verify") })
	reset, verify := f.newToken(t, "reset", "ann"), f.newToken(t, "verify", "ann")
	if err := f.host.EndTokens(t.Context(), "ann", "reset"); err != nil {
		t.Fatal(err)
	}
	f.checkNoToken(t, "ended", "reset", reset)
	f.checkToken(t, "verify", verify, "ann")
}

// If the store fails, the token is not used, and the response is 503. A token that cannot be used
// leads to the page for links.
func TestTokensOfFeaturesWithoutTheStore(t *testing.T) {
	t.Parallel()
	store := &tokensAway{memadapter.New(), "reset:"}
	var f *testFeature
	s := newSite(t, func(c *cardea.Config) {
		c.Adapter = store
		f = addFeature(c, "x", func(h *cardea.Host) error {
			h.Tokens("reset")
			h.Handle(rule("GET", "x/new", feature.SenderAnybody, feature.VisitorAnybody),
				func(_ http.ResponseWriter, r *http.Request) error {
					return second(h.NewToken(r.Context(), "reset", "ann", time.Hour, nil))
				})
			h.Handle(rule("GET", "x/use", feature.SenderAnybody, feature.VisitorAnybody),
				func(_ http.ResponseWriter, r *http.Request) error {
					_, _, err := h.UseToken(r.Context(), "reset", r.URL.Query().Get("token"))
					return err
				})
			return nil
		})
	})
	b := newBrowser(t, s.URL)
	if res := visit(t, b, s.URL+"/api/auth/x/new"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("NewToken: %s", res.Status)
	}
	res := visit(t, b, s.URL+"/api/auth/x/use?token="+url.QueryEscape("abc"))
	if to := res.Header.Get("Location"); !strings.HasSuffix(to, "/error?error=Verification") {
		t.Errorf("UseToken: %s to %s", res.Status, to)
	}
	_ = f
}

// Expired tokens do not pile up, though nobody calls PurgeExpired.
func TestTokensOfFeaturesDoNotPileUp(t *testing.T) {
	t.Parallel()
	var f *testFeature
	s := newSite(t, func(c *cardea.Config) { f = withTokens(c, "x", "reset") })
	now := s.setClock()
	for range 60 {
		f.newToken(t, "reset", "ann")
		now.advance(2 * time.Hour)
	}
	s.auth.WaitForTasks()
	n, err := s.store.DeleteExpiredVerificationTokens(t.Context(), now.now(), 1000)
	if err != nil || n > 25 {
		t.Errorf("%d tokens are left, %v", n, err)
	}
}
