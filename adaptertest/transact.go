package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

var errCaller = errors.New("error of the caller")

func transact() []promise {
	return []promise{
		{"all that fn writes is kept when fn returns nil", func(t *testing.T, s store) {
			u := filledUser("ada")
			var account *cardea.Account
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				if err := s.CreateUser(ctx, u); err != nil {
					return err
				}
				account = filledAccount(u.ID, "github", "1")
				return s.LinkAccount(ctx, account)
			}))
			s.findsUser(u)
			s.hasAccounts(u.ID, account)
		}},
		{"none of it when fn returns an error", func(t *testing.T, s store) {
			u := filledUser("ada")
			err := s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.CreateUser(ctx, u))
				s.must(s.LinkAccount(ctx, filledAccount(u.ID, "github", "1")))
				return fmt.Errorf("wrapped: %w", errCaller)
			})
			s.want("Transact", err, errCaller)
			s.noUserWithEmailOf(u)
			s.hasAccounts(u.ID)
		}},
		{"none of it when fn panics", func(t *testing.T, s store) {
			u := filledUser("ada")
			if r := panics(func() {
				_ = s.Transact(t.Context(), func(ctx context.Context) error {
					s.must(s.CreateUser(ctx, u))
					panic(errCaller)
				})
			}); r != errCaller {
				t.Errorf("got panic %v, want the panic of fn", r)
			}
			s.noUserWithEmailOf(u)
			s.user("grace") // the store still works
		}},
		{"none of it when ctx ends", func(t *testing.T, s store) {
			ctx, cancel := context.WithCancel(t.Context())
			u := filledUser("ada")
			err := s.Transact(ctx, func(ctx context.Context) error {
				s.must(s.CreateUser(ctx, u))
				cancel()
				return nil
			})
			if err == nil {
				t.Error("got no error")
			}
			s.noUserWithEmailOf(u)
			s.user("grace")
		}},
		{"updates and deletes are undone too", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			account := s.account(ada.ID, "github", "1")
			other := s.account(grace.ID, "github", "2")
			err := s.Transact(t.Context(), func(ctx context.Context) error {
				changed := *ada
				changed.Name, changed.Email = "changed", "changed@example.com"
				s.must(s.UpdateUser(ctx, &changed))
				s.must(s.UpdateAccount(ctx,
					&cardea.Account{Provider: "github", ProviderAccountID: "1", AccessToken: "changed"}))
				s.must(s.UnlinkAccount(ctx, "github", "1"))
				s.must(s.DeleteUser(ctx, grace.ID))
				return errCaller
			})
			s.want("Transact", err, errCaller)
			s.findsUser(ada)
			s.findsUser(grace)
			s.hasAccounts(ada.ID, account)
			s.hasAccounts(grace.ID, other)
		}},
		{"changes to sessions are undone too", func(t *testing.T, s store) {
			u := s.user("ada")
			s.session(u.ID, "renewed")
			s.session(u.ID, "deleted")
			err := s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.sessions().CreateSession(ctx, &cardea.Session{Token: "new", UserID: u.ID, Expires: soon}))
				s.must(s.sessions().RenewSession(ctx, "renewed", soon.Add(time.Hour)))
				s.must(s.sessions().DeleteSession(ctx, "deleted"))
				return errCaller
			})
			s.want("Transact", err, errCaller)
			s.noSession("new")
			s.hasSession("renewed", u.ID, soon)
			s.hasSession("deleted", u.ID, soon)
		}},
		{"changes to verification tokens are undone too", func(t *testing.T, s store) {
			s.token("ada@example.com", "kept")
			err := s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.tokens().CreateVerificationToken(ctx,
					&cardea.VerificationToken{Identifier: "ada@example.com", Token: "new", Expires: soon}))
				_, err := s.tokens().ConsumeVerificationToken(ctx, "ada@example.com", "kept")
				s.must(err)
				return errCaller
			})
			s.want("Transact", err, errCaller)
			_, err = s.tokens().ConsumeVerificationToken(t.Context(), "ada@example.com", "kept")
			s.want("consume a token after its consumption was undone", err, nil)
			_, err = s.tokens().ConsumeVerificationToken(t.Context(), "ada@example.com", "new")
			s.want("consume a token after its creation was undone", err, cardea.ErrNotFound)
		}},
		{"fn reads what it wrote", func(t *testing.T, s store) {
			u := filledUser("ada")
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.CreateUser(ctx, u))
				s.must(s.LinkAccount(ctx, filledAccount(u.ID, "github", "1")))
				for name, find := range map[string]func() (*cardea.User, error){
					"UserByID":      func() (*cardea.User, error) { return s.UserByID(ctx, u.ID) },
					"UserByEmail":   func() (*cardea.User, error) { return s.UserByEmail(ctx, u.Email) },
					"UserByAccount": func() (*cardea.User, error) { return s.UserByAccount(ctx, "github", "1") },
				} {
					got, err := find()
					s.want(name, err, nil)
					if err == nil {
						s.sameUser(got, u)
					}
				}
				list, err := s.Accounts(ctx, u.ID)
				if err != nil || len(list) != 1 {
					t.Errorf("got %d accounts and %v, want 1", len(list), err)
				}
				return nil
			}))
		}},
		{"other callers do not see what fn wrote before it returns", func(t *testing.T, s store) {
			err := s.Transact(t.Context(), func(ctx context.Context) error {
				u := filledUser("ada")
				s.must(s.CreateUser(ctx, u))
				s.returnsInTime(func() {
					if _, err := s.UserByID(withTimeout(t, 200*time.Millisecond), u.ID); err == nil {
						t.Error("got a user whose transaction has not ended")
					}
				})
				return errCaller
			})
			s.want("Transact", err, errCaller)
		}},
		{"a transaction that ctx carries is joined", func(t *testing.T, s store) {
			kept, undone := filledUser("ada"), filledUser("grace")
			inner := func(u *cardea.User) func(ctx context.Context) error {
				return func(ctx context.Context) error {
					return s.Transact(ctx, func(ctx context.Context) error { return s.CreateUser(ctx, u) })
				}
			}
			s.want("outer that returns nil", s.Transact(t.Context(), inner(kept)), nil)
			s.want("outer that returns an error", s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(inner(undone)(ctx))
				return errCaller
			}), errCaller)
			s.findsUser(kept)
			s.noUserWithEmailOf(undone)
		}},
		{"an error of fn undoes what fn wrote and leaves the outer transaction usable", func(t *testing.T, s store) {
			before, inside := filledUser("before"), filledUser("inside")
			deeper, after := filledUser("deeper"), filledUser("after")
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.CreateUser(ctx, before))
				s.want("inner", s.Transact(ctx, func(ctx context.Context) error {
					s.must(s.CreateUser(ctx, inside))
					s.must(s.Transact(ctx, func(ctx context.Context) error { return s.CreateUser(ctx, deeper) }))
					return errCaller
				}), errCaller)
				return s.CreateUser(ctx, after)
			}))
			s.findsUser(before)
			s.noUserWithEmailOf(inside)
			s.noUserWithEmailOf(deeper)
			s.findsUser(after)
		}},
		{"a conflict within fn leaves the outer transaction usable", func(t *testing.T, s store) {
			taken := s.user("ada")
			after := filledUser("after")
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				s.want("inner", s.Transact(ctx, func(ctx context.Context) error {
					return s.CreateUser(ctx, &cardea.User{Email: taken.Email})
				}), cardea.ErrConflict)
				return s.CreateUser(ctx, after)
			}))
			s.findsUser(after)
		}},
		{"a panic of fn undoes what fn wrote and leaves the outer transaction usable", func(t *testing.T, s store) {
			before, inside, after := filledUser("before"), filledUser("inside"), filledUser("after")
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.CreateUser(ctx, before))
				panics(func() {
					_ = s.Transact(ctx, func(ctx context.Context) error {
						s.must(s.CreateUser(ctx, inside))
						panic(errCaller)
					})
				})
				return s.CreateUser(ctx, after)
			}))
			s.findsUser(before)
			s.noUserWithEmailOf(inside)
			s.findsUser(after)
		}},
		{"50 first sign-ins of one person leave one user, one account and 50 sessions", firstSignIns},
	}
}

// panics returns the value with which fn panics, or nil.
func panics(fn func()) (r any) {
	defer func() { r = recover() }()
	fn()
	return nil
}

// firstSignIns does what package cardea does at a sign-in: it looks the user up, creates what is
// missing, and starts again if a concurrent sign-in was faster.
func firstSignIns(t *testing.T, s store) {
	sessions := s.sessions()
	signIn := func(ctx context.Context, i int) error {
		u, err := s.UserByAccount(ctx, "github", "1")
		if errors.Is(err, cardea.ErrNotFound) {
			u = filledUser("ada")
			if err := s.CreateUser(ctx, u); err != nil {
				return err
			}
			err = s.LinkAccount(ctx, filledAccount(u.ID, "github", "1"))
		}
		if err != nil {
			return err
		}
		return sessions.CreateSession(ctx, &cardea.Session{Token: fmt.Sprint("token ", i), UserID: u.ID, Expires: soon})
	}
	for i, err := range race(func(i int) error {
		for try := 1; ; try++ {
			err := s.Transact(t.Context(), func(ctx context.Context) error { return signIn(ctx, i) })
			if !errors.Is(err, cardea.ErrConflict) || try == 5 {
				return err
			}
		}
	}) {
		if err != nil {
			t.Errorf("sign-in %d: %v", i, err)
		}
	}
	u, err := s.UserByEmail(t.Context(), "ada@example.com")
	s.must(err)
	s.hasAccounts(u.ID, filledAccount(u.ID, "github", "1"))
	for i := range parallel {
		s.hasSession(fmt.Sprint("token ", i), u.ID, soon)
	}
}
