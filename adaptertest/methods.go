package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/feature"
)

func allMethods() []promise {
	return []promise{
		{"may be called concurrently", func(t *testing.T, s store) {
			for i, err := range race(func(i int) error { return s.lifecycle(t.Context(), i) }) {
				if err != nil {
					t.Errorf("goroutine %d: %v", i, err)
				}
			}
		}},
		{"stop when ctx ends", func(t *testing.T, s store) {
			u := s.user("ada")
			s.account(u.ID, "github", "1")
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for name, call := range s.calls(u.ID) {
				err := call(ctx)
				if err == nil || errors.Is(err, cardea.ErrNotFound) || errors.Is(err, cardea.ErrConflict) {
					t.Errorf("%s: got %v, want an error because ctx has ended", name, err)
				}
			}
			s.findsUser(u)
			s.hasAccounts(u.ID, filledAccount(u.ID, "github", "1"))
		}},
		{"stop waiting for another transaction when ctx ends", func(t *testing.T, s store) {
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.CreateUser(ctx, filledUser("ada")))
				s.returnsInTime(func() {
					// This may wait, conflict or succeed.
					_ = s.CreateUser(withTimeout(t, 100*time.Millisecond), filledUser("ada"))
				})
				return nil
			}))
		}},
	}
}

// lifecycle creates, changes, reads and deletes user number i with an account. It runs concurrently
// with the same calls for other users.
func (s store) lifecycle(ctx context.Context, i int) error {
	u := filledUser(fmt.Sprint("user", i))
	if err := s.CreateUser(ctx, u); err != nil {
		return err
	}
	a := filledAccount(u.ID, "github", fmt.Sprint(i))
	if err := s.LinkAccount(ctx, a); err != nil {
		return err
	}
	u.Name = "changed"
	if err := s.UpdateUser(ctx, u); err != nil {
		return err
	}
	got, err := s.UserByAccount(ctx, "github", a.ProviderAccountID)
	if err != nil || got.ID != u.ID || got.Name != "changed" {
		return fmt.Errorf("got %+v and %v, want user %s", got, err, u.ID)
	}
	if list, err := s.Accounts(ctx, u.ID); err != nil || len(list) != 1 {
		return fmt.Errorf("got %d accounts and %v, want 1", len(list), err)
	}
	if err := s.DeleteUser(ctx, u.ID); err != nil {
		return err
	}
	if _, err := s.UserByID(ctx, u.ID); !errors.Is(err, cardea.ErrNotFound) {
		return fmt.Errorf("got %v, want ErrNotFound", err)
	}
	return nil
}

// calls returns a call of each method that takes a context, by the method's name.
func (s store) calls(userID string) map[string]func(ctx context.Context) error {
	calls := map[string]func(ctx context.Context) error{
		"Transact": func(ctx context.Context) error {
			return s.Transact(ctx, func(context.Context) error { return nil })
		},
		"CreateUser": func(ctx context.Context) error { return s.CreateUser(ctx, filledUser("grace")) },
		"UserByID":   func(ctx context.Context) error { _, err := s.UserByID(ctx, userID); return err },
		"UserByEmail": func(ctx context.Context) error {
			_, err := s.UserByEmail(ctx, "ada@example.com")
			return err
		},
		"UserByAccount": func(ctx context.Context) error { _, err := s.UserByAccount(ctx, "github", "1"); return err },
		"UpdateUser":    func(ctx context.Context) error { return s.UpdateUser(ctx, &cardea.User{ID: userID}) },
		"LockUser":      func(ctx context.Context) error { return s.LockUser(ctx, userID) },
		"DeleteUser":    func(ctx context.Context) error { return s.DeleteUser(ctx, userID) },
		"LinkAccount": func(ctx context.Context) error {
			return s.LinkAccount(ctx, filledAccount(userID, "github", "2"))
		},
		"UpdateAccount": func(ctx context.Context) error {
			return s.UpdateAccount(ctx, &cardea.Account{
				Provider: "github", ProviderAccountID: "1", AccessToken: "changed",
			})
		},
		"ForgetTokens":  func(ctx context.Context) error { return s.ForgetTokens(ctx, "github", "1") },
		"UnlinkAccount": func(ctx context.Context) error { return s.UnlinkAccount(ctx, "github", "1") },
		"Accounts":      func(ctx context.Context) error { _, err := s.Accounts(ctx, userID); return err },
	}
	if sessions, ok := feature.StoreOf[cardea.SessionStore](s.Adapter); ok {
		calls["CreateSession"] = func(ctx context.Context) error {
			return sessions.CreateSession(ctx, &cardea.Session{Token: "token", UserID: userID, Expires: soon})
		}
		calls["Session"] = func(ctx context.Context) error { _, err := sessions.Session(ctx, "token"); return err }
		calls["RenewSession"] = func(ctx context.Context) error { return sessions.RenewSession(ctx, "token", soon) }
		calls["DeleteSession"] = func(ctx context.Context) error { return sessions.DeleteSession(ctx, "token") }
		calls["Sessions"] = func(ctx context.Context) error { _, err := sessions.Sessions(ctx, userID); return err }
		calls["DeleteSessions"] = func(ctx context.Context) error {
			_, err := sessions.DeleteSessions(ctx, userID, "token")
			return err
		}
		calls["DeleteExpiredSessions"] = func(ctx context.Context) error {
			_, err := sessions.DeleteExpiredSessions(ctx, soon, 1)
			return err
		}
	}
	if tracker, ok := feature.StoreOf[cardea.SessionTracker](s.Adapter); ok {
		calls["TouchSession"] = func(ctx context.Context) error {
			return tracker.TouchSession(ctx, "token", soon, soon, soon)
		}
	}
	if tokens, ok := feature.StoreOf[cardea.TokenStore](s.Adapter); ok {
		calls["CreateVerificationToken"] = func(ctx context.Context) error {
			return tokens.CreateVerificationToken(ctx,
				&cardea.VerificationToken{Identifier: "a", Token: "token", Expires: soon})
		}
		calls["ConsumeVerificationToken"] = func(ctx context.Context) error {
			_, err := tokens.ConsumeVerificationToken(ctx, "a", "token")
			return err
		}
		calls["DeleteVerificationTokens"] = func(ctx context.Context) error {
			_, err := tokens.DeleteVerificationTokens(ctx, "a")
			return err
		}
		calls["DeleteExpiredVerificationTokens"] = func(ctx context.Context) error {
			_, err := tokens.DeleteExpiredVerificationTokens(ctx, soon, 1)
			return err
		}
	}
	if list, ok := feature.StoreOf[account.DeletionStore](s.Adapter); ok {
		calls["VerificationTokensBefore"] = func(ctx context.Context) error {
			_, err := list.VerificationTokensBefore(ctx, "a", soon)
			return err
		}
	}
	if passkeys, ok := feature.StoreOf[cardea.AuthenticatorStore](s.Adapter); ok {
		calls["CreateAuthenticator"] = func(ctx context.Context) error {
			return passkeys.CreateAuthenticator(ctx, filledAuthenticator(userID, "a2V5"))
		}
		calls["Authenticator"] = func(ctx context.Context) error {
			_, err := passkeys.Authenticator(ctx, "a2V5")
			return err
		}
		calls["Authenticators"] = func(ctx context.Context) error {
			_, err := passkeys.Authenticators(ctx, userID)
			return err
		}
		calls["UpdateAuthenticatorCounter"] = func(ctx context.Context) error {
			return passkeys.UpdateAuthenticatorCounter(ctx, "a2V5", 9)
		}
		calls["DeleteAuthenticator"] = func(ctx context.Context) error {
			return passkeys.DeleteAuthenticator(ctx, userID, "a2V5")
		}
	}
	return calls
}
