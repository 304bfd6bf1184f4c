package adaptertest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// isEntity checks that entity has the type that NewUser returns.
func (s store) isEntity(entity any) {
	s.t.Helper()
	if got, want := reflect.TypeOf(entity), reflect.TypeOf(s.NewUser()); got != want {
		s.t.Errorf("Entity is a %v, want what NewUser returns, a %v", got, want)
	}
}

func newUser() []promise {
	return []promise{
		{"returns a pointer to a new, empty user entity, or nil always", func(t *testing.T, s store) {
			one, two := s.NewUser(), s.NewUser()
			if one == nil && two == nil {
				return
			}
			v := reflect.ValueOf(one)
			if v.Kind() != reflect.Pointer || v.IsNil() || !v.Elem().IsZero() {
				t.Fatalf("got %#v, want a pointer to an empty value", one)
			}
			s.isEntity(two)
			if one == two {
				t.Error("got the same pointer twice")
			}
		}},
	}
}

func createUser() []promise {
	return []promise{
		{"adds u", func(t *testing.T, s store) {
			s.findsUser(s.user("ada"))
		}},
		{"an empty ID is filled by the adapter", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			if ada.ID == "" || ada.ID == grace.ID {
				t.Errorf("got ids %q and %q", ada.ID, grace.ID)
			}
		}},
		{"a given ID is kept", func(t *testing.T, s store) {
			u := s.user("ada")
			want := u.ID
			s.must(s.DeleteUser(t.Context(), u.ID))
			s.must(s.CreateUser(t.Context(), u))
			if u.ID != want {
				t.Errorf("got id %q, want %q", u.ID, want)
			}
			s.findsUser(u)
		}},
		{"an ID that cannot be a key of the store is refused", func(t *testing.T, s store) {
			for _, id := range []string{"0c6f9f4e-7f0b-4f5c-9a53-0d6d0b8f4a11", "7", "one", "0x10", "00"} {
				u := &cardea.User{ID: id}
				if err := s.CreateUser(t.Context(), u); err != nil {
					if errors.Is(err, cardea.ErrConflict) || errors.Is(err, cardea.ErrNotFound) {
						t.Errorf("CreateUser(%q): got %v, want another error, or none", id, err)
					}
					s.noUser(id)
					continue
				}
				if u.ID != id {
					t.Errorf("got id %q, want %q", u.ID, id)
				}
				s.findsUser(u)
			}
		}},
		{"the row as stored is in Entity afterwards", func(t *testing.T, s store) {
			u := filledUser("ada")
			u.Entity = s.NewUser()
			given := u.Entity
			s.must(s.CreateUser(t.Context(), u))
			s.isEntity(u.Entity)
			if u.Entity != given {
				t.Error("Entity is not the one that was given")
			}
			s.isEntity(s.user("grace").Entity)
		}},
		{"any number of users may be without e-mail", func(t *testing.T, s store) {
			for range 5 {
				u := &cardea.User{}
				s.must(s.CreateUser(t.Context(), u))
				s.findsUser(u)
			}
		}},
		{"a taken ID is ErrConflict", func(t *testing.T, s store) {
			ada := s.user("ada")
			again := filledUser("grace")
			again.ID = ada.ID
			s.want("CreateUser", s.CreateUser(t.Context(), again), cardea.ErrConflict)
			s.findsUser(ada)
			_, err := s.UserByEmail(t.Context(), again.Email)
			s.want("UserByEmail of the refused user", err, cardea.ErrNotFound)
		}},
		{"a taken e-mail is ErrConflict", func(t *testing.T, s store) {
			ada := s.user("ada")
			s.want("CreateUser", s.CreateUser(t.Context(), &cardea.User{Name: "another", Email: ada.Email}),
				cardea.ErrConflict)
			s.findsUser(ada)
		}},
		{"of 50 concurrent users with one e-mail, one is added", func(t *testing.T, s store) {
			s.winner(race(func(int) error { return s.CreateUser(t.Context(), filledUser("ada")) }), cardea.ErrConflict)
		}},
		{"e-mails compare byte for byte", func(t *testing.T, s store) {
			lower, upper := &cardea.User{Email: "ada@example.com"}, &cardea.User{Email: "Ada@example.com"}
			s.must(s.CreateUser(t.Context(), lower))
			s.must(s.CreateUser(t.Context(), upper))
			s.findsUser(lower)
			s.findsUser(upper)
		}},
		{"an optional text that the store cannot hold is left out, never cut or changed", func(t *testing.T, s store) {
			for _, text := range unusualTexts() {
				u := &cardea.User{Name: text, Image: text}
				s.must(s.CreateUser(t.Context(), u))
				keepsOrLeavesOut(s, u.ID, text)
			}
		}},
		{"times are kept to the millisecond and come back in UTC", func(t *testing.T, s store) {
			for i, at := range moments() {
				u := filledUser(fmt.Sprint("user", i))
				u.EmailVerified = at
				s.must(s.CreateUser(t.Context(), u))
				s.findsUser(u)
			}
		}},
	}
}

// keepsOrLeavesOut checks that name and image of a user are the text, or empty.
func keepsOrLeavesOut(s store, id, text string) {
	s.t.Helper()
	u, err := s.UserByID(s.t.Context(), id)
	s.must(err)
	for what, got := range map[string]string{"name": u.Name, "image": u.Image} {
		if got != text && got != "" {
			s.t.Errorf("got a %s of %d bytes, want all %d bytes or none: %.40q", what, len(got), len(text), got)
		}
	}
}

// moments returns times that databases and drivers are known to get wrong: in a zone that is not
// UTC, at the end of a year and of a millisecond, where seconds and milliseconds since 1970 can be
// confused, before 1970, and after 2038.
func moments() []time.Time {
	west, east := time.FixedZone("", -5*60*60), time.FixedZone("", 5*60*60+45*60)
	return []time.Time{
		time.Date(2029, time.December, 31, 23, 59, 59, 999_999_999, west),
		time.Date(2030, time.January, 1, 0, 0, 0, 1_000_000, east),
		time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1970, time.January, 12, 13, 46, 40, 0, time.UTC),
		time.Date(1969, time.July, 20, 20, 17, 40, 250_000_000, time.UTC),
		time.Date(2100, time.February, 28, 12, 0, 0, 500_000_000, east),
		time.Now(),
	}
}

func userByID() []promise {
	return []promise{
		{"returns the user with that ID", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.findsUser(ada)
			s.findsUser(grace)
		}},
		{"or ErrNotFound", func(t *testing.T, s store) {
			u := s.user("ada")
			_ = s.CreateUser(t.Context(), &cardea.User{ID: "token"}) // if the store accepts such IDs
			for _, id := range append(lookalikes()[1:], similarIDs(u.ID)...) {
				_, err := s.UserByID(t.Context(), id)
				s.want(fmt.Sprintf("UserByID(%q)", id), err, cardea.ErrNotFound)
			}
		}},
		{"a user who is being deleted is found whole or not at all", func(t *testing.T, s store) {
			u := s.user("ada")
			s.whileDeleting(func() error {
				got, err := s.UserByID(t.Context(), u.ID)
				if err == nil && (got.Name != u.Name || got.Email != u.Email) {
					return fmt.Errorf("got a part of a user: %+v", *got)
				}
				if errors.Is(err, cardea.ErrNotFound) {
					return nil
				}
				return err
			}, func() error { return s.DeleteUser(t.Context(), u.ID) })
			s.noUser(u.ID)
		}},
	}
}

func userByEmail() []promise {
	return []promise{
		{"returns the user with exactly that e-mail", func(t *testing.T, s store) {
			s.user("grace")
			want := s.user("ada")
			got, err := s.UserByEmail(t.Context(), "ada@example.com")
			s.must(err)
			s.sameUser(got, want)
		}},
		{"or ErrNotFound", func(t *testing.T, s store) {
			s.must(s.CreateUser(t.Context(), &cardea.User{Email: "token"}))
			for _, email := range lookalikes()[1:] {
				_, err := s.UserByEmail(t.Context(), email)
				s.want(fmt.Sprintf("UserByEmail(%q)", email), err, cardea.ErrNotFound)
			}
		}},
		{"an empty e-mail finds nobody", func(t *testing.T, s store) {
			s.must(s.CreateUser(t.Context(), &cardea.User{}))
			_, err := s.UserByEmail(t.Context(), "")
			s.want("UserByEmail", err, cardea.ErrNotFound)
		}},
	}
}

func userByAccount() []promise {
	return []promise{
		{"returns the user to whom the provider's account is linked", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.account(ada.ID, "github", "1")
			s.account(grace.ID, "google", "1")
			for provider, want := range map[string]*cardea.User{"github": ada, "google": grace} {
				got, err := s.UserByAccount(t.Context(), provider, "1")
				s.must(err)
				s.sameUser(got, want)
			}
		}},
		{"or ErrNotFound", func(t *testing.T, s store) {
			s.account(s.user("ada").ID, "token", "token")
			for _, other := range append(lookalikes()[1:], "") {
				_, err := s.UserByAccount(t.Context(), "token", other)
				s.want(fmt.Sprintf("UserByAccount of id %q", other), err, cardea.ErrNotFound)
				_, err = s.UserByAccount(t.Context(), other, "token")
				s.want(fmt.Sprintf("UserByAccount of provider %q", other), err, cardea.ErrNotFound)
			}
		}},
	}
}

func updateUser() []promise {
	return []promise{
		{"writes name, e-mail, e-mail verification and image", func(t *testing.T, s store) {
			u := s.user("ada")
			u.Name, u.Email = "Ada Lovelace", "lovelace@example.com"
			u.Image, u.EmailVerified = "https://example.com/2.png", soon.Add(time.Minute)
			s.must(s.UpdateUser(t.Context(), u))
			s.isEntity(u.Entity)
			s.findsUser(u)
			_, err := s.UserByEmail(t.Context(), "ada@example.com")
			s.want("UserByEmail with the old e-mail", err, cardea.ErrNotFound)
		}},
		{"an optional text that does not fit is removed, never cut or changed", func(t *testing.T, s store) {
			u := s.user("ada")
			for _, text := range unusualTexts() {
				u.Name, u.Image = text, text
				s.must(s.UpdateUser(t.Context(), u))
				keepsOrLeavesOut(s, u.ID, text)
			}
		}},
		{"an empty value is stored as no value", func(t *testing.T, s store) {
			for _, name := range []string{"ada", "grace"} {
				u := s.user(name)
				u.Name, u.Email, u.Image, u.EmailVerified = "", "", "", time.Time{}
				s.must(s.UpdateUser(t.Context(), u))
				s.findsUser(u)
			}
			_, err := s.UserByEmail(t.Context(), "")
			s.want("UserByEmail", err, cardea.ErrNotFound)
		}},
		{"changes no other user, account or session", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			account := s.account(ada.ID, "github", "1")
			changed := *ada
			changed.Name = "changed"
			s.must(s.UpdateUser(t.Context(), &changed))
			s.findsUser(grace)
			s.hasAccounts(ada.ID, account)
		}},
		{"the user's own e-mail is no conflict", func(t *testing.T, s store) {
			u := s.user("ada")
			s.must(s.UpdateUser(t.Context(), u))
			s.findsUser(u)
		}},
		{"no such user is ErrNotFound", func(t *testing.T, s store) {
			ada := s.user("ada")
			for _, id := range append(similarIDs(ada.ID), "nobody") {
				s.want(fmt.Sprintf("UpdateUser(%q)", id),
					s.UpdateUser(t.Context(), &cardea.User{ID: id, Name: "changed"}), cardea.ErrNotFound)
			}
			s.noUser("nobody")
			s.findsUser(ada)
		}},
		{"a taken e-mail is ErrConflict", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			changed := *grace
			changed.Name, changed.Email = "changed", ada.Email
			s.want("UpdateUser", s.UpdateUser(t.Context(), &changed), cardea.ErrConflict)
			s.findsUser(ada)
			s.findsUser(grace)
		}},
	}
}

// deleteUser tests against the faults of Better Auth GHSA-2vg6-77g8-24mp and Zitadel
// CVE-2026-55670: nothing of a deleted user must be left for another user.
func deleteUser() []promise {
	return []promise{
		{"removes the user with all accounts", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.account(ada.ID, "github", "1")
			s.account(ada.ID, "google", "1")
			kept := s.account(grace.ID, "github", "2")
			s.must(s.DeleteUser(t.Context(), ada.ID))
			s.noUser(ada.ID)
			s.hasAccounts(ada.ID)
			s.findsUser(grace)
			s.hasAccounts(grace.ID, kept)
			again := s.user("ada") // the e-mail can be used again, and nothing of the old user comes back
			s.hasAccounts(again.ID)
			s.account(again.ID, "github", "1")
		}},
		{"removes the user with all sessions", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			s.session(ada.ID, "one")
			s.session(ada.ID, "two")
			s.session(grace.ID, "kept")
			s.must(s.DeleteUser(t.Context(), ada.ID))
			again := filledUser("ada")
			again.ID = ada.ID
			s.must(s.CreateUser(t.Context(), again)) // not even the same ID brings sessions back
			s.noSession("one")
			s.noSession("two")
			s.hasSession("kept", grace.ID, soon)
		}},
		{"removes the user with all authenticators", func(t *testing.T, s store) {
			passkeys, ada, grace := s.passkeys(), s.user("ada"), s.user("grace")
			s.authenticator(ada.ID, "YWRh")
			s.authenticator(ada.ID, "YWRhMg==")
			kept := s.authenticator(grace.ID, "Z3JhY2U=")
			s.must(s.DeleteUser(t.Context(), ada.ID))
			again := filledUser("ada")
			again.ID = ada.ID
			s.must(s.CreateUser(t.Context(), again))
			s.hasAuthenticators(ada.ID)
			_, err := passkeys.Authenticator(t.Context(), "YWRh")
			s.want("Authenticator", err, cardea.ErrNotFound)
			s.hasAuthenticators(grace.ID, kept)
		}},
		{"no such user is no error", func(t *testing.T, s store) {
			ada := s.user("ada")
			for _, id := range append(similarIDs(ada.ID), "nobody", "%") {
				s.want(fmt.Sprintf("DeleteUser(%q)", id), s.DeleteUser(t.Context(), id), nil)
			}
			s.findsUser(ada)
			s.must(s.DeleteUser(t.Context(), ada.ID))
			s.want("DeleteUser twice", s.DeleteUser(t.Context(), ada.ID), nil)
		}},
	}
}
