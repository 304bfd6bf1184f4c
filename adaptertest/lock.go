package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea"
)

func lockUser() []promise {
	return []promise{
		{"blocks other LockUser calls for this user until the transaction ends; later reads see its result",
			func(t *testing.T, s store) {
				for round := range 4 {
					s.unlinkInPairs(fmt.Sprint(round), lockOf(s))
				}
			}},
		{"blocks UpdateUser calls for this user too", func(t *testing.T, s store) {
			for round := range 4 {
				s.updateWhileLocked(round)
			}
		}},
		{"changes nothing", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.must(s.LockUser(t.Context(), ada.ID))
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.LockUser(ctx, ada.ID))
				return s.LockUser(ctx, ada.ID)
			}))
			s.findsUser(ada)
			s.findsUser(grace)
		}},
		{"no such user is ErrNotFound", func(t *testing.T, s store) {
			ada := s.user("ada")
			for _, id := range append(similarIDs(ada.ID), "nobody") {
				s.want(fmt.Sprintf("LockUser(%q)", id), s.LockUser(t.Context(), id), cardea.ErrNotFound)
			}
			s.must(s.DeleteUser(t.Context(), ada.ID))
			s.want("LockUser of a deleted user", s.LockUser(t.Context(), ada.ID), cardea.ErrNotFound)
		}},
	}
}

// lockFunc locks a user, who has an account at the provider "github" with that ID, in the
// transaction that ctx carries. It returns the user if it has read the row.
type lockFunc func(ctx context.Context, u *cardea.User, account string) (*cardea.User, error)

// lockOf returns LockUser as a lockFunc.
func lockOf(s store) lockFunc {
	return func(ctx context.Context, u *cardea.User, _ string) (*cardea.User, error) {
		return nil, s.LockUser(ctx, u.ID)
	}
}

// unlinkInPairs creates users with two accounts each and unlinks both accounts of a user
// concurrently. The last account must stay.
func (s store) unlinkInPairs(round string, lock lockFunc) {
	s.t.Helper()
	users := make([]*cardea.User, parallel/2)
	id := func(i int) string { return fmt.Sprint(round, ".", i) }
	for i := range users {
		users[i] = s.user("user " + id(i))
		s.account(users[i].ID, "github", id(2*i))
		s.account(users[i].ID, "github", id(2*i+1))
	}
	errs := race(func(i int) error { return s.unlinkUnlessLast(s.t.Context(), users[i/2], id(i), lock) })
	for i, u := range users {
		left, err := s.Accounts(s.t.Context(), u.ID)
		s.must(err)
		one, two := errs[2*i], errs[2*i+1]
		if len(left) != 1 || one != nil && two != nil || !errors.Is(errors.Join(one, two), errLast) {
			s.t.Errorf("got %d accounts, %v and %v; want 1 account and one refusal", len(left), one, two)
		}
	}
}

var errLast = errors.New("this is the last account")

// unlinkUnlessLast needs the lock: no other call may remove an account between Accounts and
// UnlinkAccount.
func (s store) unlinkUnlessLast(ctx context.Context, u *cardea.User, id string, lock lockFunc) error {
	return s.Transact(ctx, func(ctx context.Context) error {
		if _, err := lock(ctx, u, id); err != nil {
			return err
		}
		accounts, err := s.Accounts(ctx, u.ID)
		if err != nil {
			return err
		}
		if len(accounts) < 2 {
			return errLast
		}
		return s.UnlinkAccount(ctx, "github", id)
	})
}

// updateWhileLocked changes users, each while a transaction locks the user, reads the row and
// writes it back. Such a transaction must not undo the change.
func (s store) updateWhileLocked(round int) {
	s.t.Helper()
	ctx, users := s.t.Context(), make([]*cardea.User, parallel/2)
	for i := range users {
		users[i] = s.user(fmt.Sprint("user ", round, ".", i))
	}
	errs := race(func(i int) error {
		u := users[i/2]
		if i%2 == 0 {
			return s.UpdateUser(ctx, &cardea.User{ID: u.ID, Email: "new " + u.Email})
		}
		return s.Transact(ctx, func(ctx context.Context) error {
			if err := s.LockUser(ctx, u.ID); err != nil {
				return err
			}
			row, err := s.UserByID(ctx, u.ID)
			if err != nil {
				return err
			}
			return s.UpdateUser(ctx, row)
		})
	})
	s.must(errors.Join(errs...))
	for _, u := range users {
		got, err := s.UserByID(ctx, u.ID)
		s.must(err)
		if want := "new " + u.Email; got.Email != want {
			s.t.Errorf("got e-mail %q, want %q: the transaction has undone the change", got.Email, want)
		}
	}
}
