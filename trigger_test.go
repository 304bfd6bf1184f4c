package cardea_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
)

// calls records how the callbacks and events of a session were called.
type calls struct {
	mu    sync.Mutex
	lines []string
}

func (c *calls) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

func (c *calls) check(t *testing.T, when string, want ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.lines, want) {
		t.Errorf("%s: called with %q, want %q", when, c.lines, want)
	}
	c.lines = nil
}

// recordCallbacks sets callbacks that record trigger, update and, for JWT, the sign-in.
func (c *calls) recordCallbacks(to *cardea.Callbacks) {
	to.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
		signIn := "no sign-in"
		if in := change.SignIn; in != nil {
			signIn = fmt.Sprintf("%s %s, new: %v, %s",
				in.Account.Provider, in.User.Email, in.IsNewUser, in.Profile.Email)
		}
		c.add("jwt %q %q, %s", change.Trigger, change.Update, signIn)
		return change.Claims, nil
	}
	to.Session = func(_ context.Context, v *cardea.SessionView) error {
		c.add("session %q %q of %s", v.Trigger, v.Update, v.Session.User.Email)
		return nil
	}
}

// The triggers are those of Auth.js. As a difference, the session callback gets the trigger also
// with JWT sessions.
func TestTriggers(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var c calls
		s := newMailSite(t, func(config *cardea.Config, _ *email.Options) {
			config.Session.Strategy = strategy
			c.recordCallbacks(&config.Callbacks)
			store := config.Adapter
			config.Providers = append(config.Providers, &cardea.CredentialsProvider{
				ID: "form", Name: "Form", Fields: []cardea.Field{{Name: "email"}},
				Authorize: func(ctx context.Context, values map[string]string, _ *http.Request) (*cardea.User, error) {
					return store.UserByEmail(ctx, values["email"])
				},
			})
		})
		const ann, bob = "ann@example.com", "bob@example.com"
		// check expects the calls for JWT sessions; database sessions have no JWT callback.
		check := func(when string, want ...string) {
			t.Helper()
			if strategy == cardea.StrategyDatabase {
				want = slices.DeleteFunc(want, func(line string) bool { return line[:3] == "jwt" })
			}
			c.check(t, when, want...)
		}

		b := newBrowser(t, s.URL)
		signInAt(t, b, "idp", ann)
		check("the first sign-in", `jwt "signUp" "", idp `+ann+", new: true, "+ann)
		signInAt(t, b, "idp", ann)
		check("the second sign-in", `jwt "signIn" "", idp `+ann+", new: false, "+ann)
		b.Post("/callback/form", url.Values{"email": {ann}})
		check("with credentials", `jwt "signIn" "", form `+ann+", new: false, "+ann)

		b.Session()
		check("reading the session", `jwt "" "", no sign-in`, `session "" "" of `+ann)
		open(t, s.auth.Require(http.NotFoundHandler()), b)
		check("a page of the application")
		for update, want := range map[string]string{
			`,"data":{"a":1}`: `{"a":1}`, `,"data":null`: "null", `,"data":"signIn"`: `"signIn"`, "": "",
		} {
			post(t, b, "session", "application/json", `{"csrfToken":"`+b.CSRFToken()+`"`+update+`,"trigger":"signUp"}`)
			check("an update with "+update, fmt.Sprintf(`jwt "update" %q, no sign-in`, want),
				fmt.Sprintf(`session "update" %q of %s`, want, ann))
		}
		post(t, b, "session", "application/json", `{"data":1}`)
		check("an update without the CSRF token")

		other := newBrowser(t, s.URL)
		visit(t, other, s.ask(t, other, bob, "/").Link)
		check("the first sign-in by mail", `jwt "signUp" "", email `+bob+", new: true, "+bob)
		postCode(other, s.ask(t, other, bob, "/").Code)
		check("the second sign-in by mail", `jwt "signIn" "", email `+bob+", new: false, "+bob)
	})
}

// The claims that the JWT callback returns are in the answer at once, and are the input of its next
// call.
func TestJWTCallbackChangesTheUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.Session.Strategy = cardea.StrategyJWT
		c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
			// a new map, not change.Claims
			claims := oauth.Claims{"sub": change.Claims.String("sub"), "name": change.Claims.String("name") + "+"}
			if change.Trigger == cardea.TriggerUpdate {
				claims["picture"] = string(change.Update)
			}
			return claims, nil
		}
	})
	b := s.signedIn(t, "") // signedIn has read the session once
	for _, want := range []string{"Ann Example+++", "Ann Example++++"} {
		if user := b.Session()["user"].(map[string]any); user["name"] != want || user["email"] != nil {
			t.Errorf("user = %v, want the name %s and no e-mail", user, want)
		}
	}
	body := text(t, post(t, b, "session", "application/json", `{"csrfToken":"`+b.CSRFToken()+`","data":7}`))
	if want := `{"user":{"name":"Ann Example+++++","email":null,"image":"7"},`; body[:len(want)] != want {
		t.Errorf("update = %s, want %s", body, want)
	}
}

// Reading and updating a session fires the event; nothing else does.
func TestSessionEvent(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var c calls
		s := newSite(t, func(config *cardea.Config) {
			config.Session.Strategy = strategy
			config.Events.Session = func(_ context.Context, s *cardea.Session) { c.add("%s", s.User.Email) }
		})
		b := newBrowser(t, s.URL)
		b.Session()
		c.check(t, "a read without a session")
		signInAt(t, b, "idp", "")
		c.check(t, "a sign-in")
		b.Session()
		b.Post("/session", nil)
		c.check(t, "a read and an update", "ann@example.com", "ann@example.com")
		post(t, b, "session", "application/json", `{}`)
		open(t, s.auth.Require(http.NotFoundHandler()), b)
		c.check(t, "a refused update, and a page of the application")
	})
}
