package cardea_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/oauth"
)

// withPassword is a feature that ends the sessions of the visitor, together with a write that may
// fail.
func withPassword(c *cardea.Config, write func(ctx context.Context) error) *testFeature {
	return addFeature(c, "x", func(h *cardea.Host) error {
		h.Tokens("reset")
		h.Handle(rule("POST", "x/change", feature.SenderOwnPage, feature.VisitorSignedIn),
			func(_ http.ResponseWriter, r *http.Request) error {
				err := h.EndSessions(r.Context(), cardea.SessionFrom(r.Context()).UserID, write)
				if err != nil {
					return err
				}
				return h.JSON(r.Context(), http.StatusOK, "changed")
			})
		h.Handle(rule("GET", "x/who", feature.SenderAnybody, feature.VisitorAnybody),
			func(_ http.ResponseWriter, r *http.Request) error {
				s, err := h.Session(r.Context())
				if err != nil {
					return err
				}
				if s == nil {
					return h.JSON(r.Context(), http.StatusOK, "nobody")
				}
				return h.JSON(r.Context(), http.StatusOK, s.UserID)
			})
		h.Handle(rule("POST", "x/again", feature.SenderOwnPage, feature.VisitorSignedIn),
			func(_ http.ResponseWriter, r *http.Request) error { // a second factor is confirmed
				own := cardea.SessionFrom(r.Context())
				return h.Complete(r.Context(), cardea.Proof{
					UserID: own.UserID, Methods: append(slices.Clone(own.Methods), "otp"),
					Within: func(ctx context.Context, u *cardea.User) error { return h.EndSessions(ctx, u.ID, write) },
				})
			})
		return nil
	})
}

// All other sessions of the user end, and a copy of the own one. The own one goes on, and knows
// what it knew.
func TestEndSessionsRotatesTheOwn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, path := range []string{"/x/change", "/x/again"} {
			s := newSite(t, func(c *cardea.Config) {
				c.Session.Strategy = strategy
				withPassword(c, nil)
			})
			now := s.setClock()
			s.issuer.SetClock(now.now)
			own, elsewhere := s.signedIn(t, "1001"), s.signedIn(t, "1001")
			other, _ := signedInJWT(t, s, "1002")
			copied, before, token := cookiesOf(own), s.sessionOf(t, own), own.CSRFToken()
			now.advance(7e9)
			if res := own.Post(path, nil); res.StatusCode >= 400 {
				t.Fatalf("%s: %s", path, res.Status)
			}
			after := s.sessionOf(t, own)
			switch {
			case after == nil:
				t.Errorf("%s: the own session has ended", path)
				continue
			case s.sessionOf(t, elsewhere) != nil:
				t.Errorf("%s: another session is there still", path)
			case s.sessionOf(t, other) == nil:
				t.Errorf("%s: the session of another user has ended", path)
			case cookiesOf(own)[sessionCookie] == copied[sessionCookie], own.CSRFToken() == token:
				t.Errorf("%s: session or CSRF token are the same", path)
			}
			for range 2 {
				if got := text(t, send(t, s.URL+"/api/auth/x/who", copied, nil)); got != `"nobody"` {
					t.Errorf("%s: the copy is of %s", path, got)
				}
			}
			if after.UserID != before.UserID || !slices.Equal(after.Methods[:1], before.Methods) {
				t.Errorf("%s: %+v, want %+v", path, after, before)
			}
			if path == "/x/again" {
				if after.Level != 2 || after.AuthTime.Equal(before.AuthTime) {
					t.Errorf("%s: level %d of %v", path, after.Level, after.AuthTime)
				}
				continue
			}
			if !after.AuthTime.Equal(before.AuthTime) || !after.CreatedAt.Equal(before.CreatedAt) ||
				after.Level != before.Level || after.UserAgent != before.UserAgent || len(after.Methods) != 1 {
				t.Errorf("%s: %+v, want %+v", path, after, before)
			}
			own.Post(path, nil) // and once more, with the new session
			if s.sessionOf(t, own) == nil {
				t.Error("the second time the session has ended")
			}
			if strategy == cardea.StrategyDatabase {
				if all, err := s.auth.Sessions(t.Context(), after.UserID); err != nil || len(all) != 1 {
					t.Errorf("%d sessions are left, %v", len(all), err)
				}
			}
		}
	})
}

// If the write fails, nothing has changed.
func TestEndSessionsWithAWriteThatFails(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		failure, runs := errStore, 0
		var f *testFeature
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			f = withPassword(c, func(context.Context) error { runs++; return failure })
		})
		own, elsewhere := s.signedIn(t, "1001"), s.signedIn(t, "1001")
		before := cookiesOf(own)[sessionCookie]
		token := f.newToken(t, "reset", s.sessionOf(t, own).UserID)
		if res := own.Post("/x/change", nil); res.StatusCode != http.StatusServiceUnavailable || runs != 1 {
			t.Errorf("%s after %d writes", res.Status, runs)
		}
		f.checkToken(t, "reset", token, s.sessionOf(t, own).UserID)
		if s.sessionOf(t, elsewhere) == nil || cookiesOf(own)[sessionCookie] != before {
			t.Error("the sessions have changed")
		}
		failure = &cardea.Error{Code: cardea.CodeAccessDenied}
		if res := own.Post("/x/change", nil); !strings.HasSuffix(res.Header.Get("Location"), "error=AccessDenied") {
			t.Errorf("refused: %s to %s", res.Status, res.Header.Get("Location"))
		}
		failure = nil
		if res := own.Post("/x/change", nil); res.StatusCode != http.StatusOK || s.sessionOf(t, elsewhere) != nil {
			t.Errorf("then: %s", res.Status)
		}
	})
}

// Without a request, or for another user, no session goes on.
func TestEndSessionsOfSomebodyElse(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var f *testFeature
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			f = withPassword(c, nil)
			addFeature(c, "y", func(h *cardea.Host) error {
				h.Handle(rule("GET", "y/end", feature.SenderAnybody, feature.VisitorSignedIn),
					func(_ http.ResponseWriter, r *http.Request) error {
						if err := h.EndSessions(r.Context(), r.URL.Query().Get("user"), nil); err != nil {
							return err
						}
						return h.JSON(r.Context(), http.StatusOK, nil)
					})
				return nil
			})
		})
		admin := s.signedIn(t, "1001")
		ann, _ := signedInJWT(t, s, "1002")
		visit(t, admin, s.URL+"/api/auth/y/end?user="+s.sessionOf(t, ann).UserID)
		if s.sessionOf(t, ann) != nil || s.sessionOf(t, admin) == nil {
			t.Error("the wrong session has ended")
		}
		ann, _ = signedInJWT(t, s, "1002")
		user := s.sessionOf(t, ann).UserID
		for _, id := range []string{user, "nobody", user} {
			if err := f.host.EndSessions(t.Context(), id, nil); err != nil || s.sessionOf(t, ann) != nil {
				t.Errorf("EndSessions without a request: %v", err)
			}
		}
		if ann, _ = signedInJWT(t, s, "1002"); s.sessionOf(t, ann) == nil || s.sessionOf(t, admin) == nil {
			t.Error("later sign-ins end, or those of others")
		}
	})
}

func TestHostWithoutAnAdapter(t *testing.T) {
	t.Parallel()
	var f *testFeature
	newSite(t, func(c *cardea.Config) {
		c.Adapter = nil
		f = addFeature(c, "x", func(*cardea.Host) error { return nil })
	})
	for what, err := range map[string]error{
		"Transact":    f.host.Transact(t.Context(), func(context.Context) error { return nil }),
		"EndSessions": f.host.EndSessions(t.Context(), "ann", nil),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := f.host.Session(t.Context()); err == nil {
		t.Error("Session without a request: no error")
	}
}

// What a JWT session says about the user may be old, and lacks the application's columns. A feature
// gets the row, and nobody if the user is deleted.
func TestFeatureGetsTheRowOfTheUser(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
				delete(change.Claims, "email")
				return change.Claims, nil
			}
			addFeature(c, "x", func(h *cardea.Host) error {
				say := func(r *http.Request, s *cardea.Session) error {
					return h.JSON(r.Context(), http.StatusOK, s.User.Email)
				}
				h.Handle(rule("GET", "x/own", feature.SenderAnybody, feature.VisitorSignedIn),
					func(_ http.ResponseWriter, r *http.Request) error {
						return say(r, cardea.SessionFrom(r.Context()))
					})
				h.Handle(rule("GET", "x/who", feature.SenderAnybody, feature.VisitorAnybody),
					func(_ http.ResponseWriter, r *http.Request) error {
						s, err := h.Session(r.Context())
						if err != nil || s == nil {
							return cmp.Or(err, h.JSON(r.Context(), http.StatusOK, "nobody"))
						}
						return say(r, s)
					})
				return nil
			})
		})
		b := s.signedIn(t, "1001")
		u, err := s.store.UserByID(t.Context(), s.accountOwner(t, "idp", "1001"))
		if err != nil {
			t.Fatal(err)
		}
		u.Email = "new@example.com" // by an administrator
		if err := s.store.UpdateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/x/own", "/x/who"} {
			if got := text(t, visit(t, b, s.URL+"/api/auth"+path)); strings.TrimSpace(got) != `"new@example.com"` {
				t.Errorf("%s sees the address %s", path, got)
			}
		}
		if err := s.store.DeleteUser(t.Context(), u.ID); err != nil { // not by Auth, which ends sessions
			t.Fatal(err)
		}
		if res := visit(t, b, s.URL+"/api/auth/x/own"); res.StatusCode == http.StatusOK {
			t.Errorf("the endpoint of a deleted user: %s", res.Status)
		}
		if got := text(t, visit(t, b, s.URL+"/api/auth/x/who")); strings.TrimSpace(got) != `"nobody"` {
			t.Errorf("after the deletion the visitor is %s", got)
		}
	})
}
