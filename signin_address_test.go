package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// prove signs in with a proof, and returns the user of the new session.
func (s *site) prove(t *testing.T, p cardea.Proof) (*cardea.User, error) {
	t.Helper()
	w := httptest.NewRecorder()
	session, err := s.auth.SignIn(w, httptest.NewRequest(http.MethodPost, s.URL+"/", nil), p)
	if (setCookie(w.Result(), sessionCookie) != nil) != (err == nil) {
		t.Errorf("%v, and the cookie is %v", err, setCookie(w.Result(), sessionCookie))
	}
	if err != nil {
		return nil, err
	}
	return session.User, nil
}

// A proven address signs in as in a sign-in by mail: a new user, the user who has proven it before,
// or the user who cannot sign in in another way. A stranger who registered it keeps everything but
// it.
func TestProofOfAnAddress(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var seen []cardea.SignIn
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) { seen = append(seen, *in) }
		})
		proof := cardea.Proof{
			Email: "ann@example.com", User: &cardea.User{Name: "Ann", Image: "https://example.com/a.png"},
			Provider: "invitation", Methods: []string{"mail"},
		}
		ann, err := s.prove(t, proof)
		if err != nil || ann.Name != "Ann" || ann.Image == "" || ann.Email != proof.Email ||
			ann.EmailVerified.IsZero() {
			t.Fatalf("a new user: %+v, %v", ann, err)
		}
		again, err := s.prove(t, proof)
		if err != nil || again.ID != ann.ID {
			t.Errorf("the second time: %+v, %v", again, err)
		}
		if len(seen) != 2 || !seen[0].IsNewUser || seen[1].IsNewUser || seen[1].Account.Type != cardea.TypeEmail ||
			seen[1].Account.Provider != "invitation" {
			t.Errorf("events: %+v", seen)
		}
		imported := s.newUser(t, "Imported")
		if u, err := s.prove(t, cardea.Proof{Email: imported.Email}); err != nil || u.ID != imported.ID ||
			u.EmailVerified.IsZero() {
			t.Errorf("an imported user: %+v, %v", u, err)
		}
		squatter := s.newUser(t, "Squatter")
		err = s.store.LinkAccount(t.Context(), &cardea.Account{
			UserID: squatter.ID, Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: "9",
		})
		if err != nil {
			t.Fatal(err)
		}
		if u, err := s.prove(t, cardea.Proof{Email: squatter.Email}); err != nil || u.ID == squatter.ID {
			t.Errorf("beside a stranger: %+v, %v", u, err)
		}
		for _, bad := range []cardea.Proof{
			{}, {UserID: ann.ID, Email: ann.Email}, {Email: "Ann@example.com"}, {Email: "ann"},
			{Email: " ann@example.com"},
			{Email: "ann@example.com\x00"},
		} {
			if u, err := s.prove(t, bad); err == nil {
				t.Errorf("%+v signs in %s", bad, u.ID)
			}
		}
	})
	s := newSite(t, func(c *cardea.Config) { c.Adapter = nil })
	for _, p := range []cardea.Proof{
		{Email: "ann@example.com"}, {UserID: "1", Within: func(context.Context, *cardea.User) error { return nil }},
	} {
		if _, err := s.prove(t, p); err == nil || !strings.Contains(err.Error(), "need a Config.Adapter") {
			t.Errorf("without an adapter: %v", err)
		}
	}
}

// What is written within the sign-in is stored with it or not at all, and concurrent first sign-ins
// are one user.
func TestProofWithin(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		fails := func(ctx context.Context, u *cardea.User) error {
			if _, err := s.store.UserByID(ctx, u.ID); err != nil {
				t.Errorf("the user is not stored yet: %v", err)
			}
			return errors.New("no room for the password")
		}
		if _, err := s.prove(t, cardea.Proof{Email: "eve@example.com", Within: fails}); err == nil {
			t.Error("signed in although Within fails")
		}
		if _, err := s.store.UserByEmail(t.Context(), "eve@example.com"); !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("the user is stored although Within fails: %v", err)
		}
		denied := func(context.Context, *cardea.User) error { return &cardea.Error{Code: cardea.CodeVerification} }
		_, err := s.prove(t, cardea.Proof{Email: "eve@example.com", Within: denied})
		if e, ok := errors.AsType[*cardea.Error](err); !ok || e.Code != cardea.CodeVerification {
			t.Errorf("a code of Within: %v", err)
		}
		used := &cardea.VerificationToken{Identifier: "invitation", Token: "1", Expires: time.Now().Add(time.Hour)}
		if err := s.store.CreateVerificationToken(t.Context(), used); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		signedIn := 0
		for range 10 {
			wg.Go(func() {
				_, err := s.prove(t, cardea.Proof{
					Email: "bob@example.com",
					Within: func(ctx context.Context, _ *cardea.User) error {
						_, err := s.store.ConsumeVerificationToken(ctx, used.Identifier, used.Token)
						return err
					},
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					signedIn++
				}
			})
		}
		wg.Wait()
		if signedIn != 1 {
			t.Errorf("%d used one invitation, want 1", signedIn)
		}
	})
}

// The application's code cannot show the question whether the address is that of the user who is
// signed in. Without their session, the person gets a user of their own.
func TestProofOfTheAddressOfTheSignedInUser(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newQuestionSite(t, strategy)
		b, owner := bobSignsIn(t, s)
		r := httptest.NewRequest(http.MethodPost, s.URL+"/", nil)
		for _, c := range b.Jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		session, err := s.auth.SignIn(w, r, cardea.Proof{Email: bob.Email})
		e, ok := errors.AsType[*cardea.Error](err)
		if !ok || e.Code != cardea.CodeInvalidCheck || e.Redirect != "" || session != nil {
			t.Errorf("the signed-in user's address: %v, %v", session, err)
		}
		if c := setCookie(w.Result(), sessionCookie); c != nil {
			t.Errorf("the session cookie is %v", c)
		}
		if u, err := s.site.prove(t, cardea.Proof{Email: bob.Email}); err != nil || u.ID == owner {
			t.Errorf("signed out: %+v, %v", u, err)
		}
	})
}
