package adaptertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
)

func passwordGroups() []group {
	return []group{
		{"PasswordHash", passwordHash()},
		{"SetPasswordHash", setPasswordHash()},
		{"ReplacePasswordHash", replacePasswordHash()},
		{"DeletePassword", deletePassword()},
	}
}

// passwordStore is the store under test, with methods that set passwords and check them.
type passwordStore struct {
	store
	password.Store
}

// passwordPromise is a promise about a password.Store.
func passwordPromise(words string, run func(t *testing.T, s passwordStore)) promise {
	return promise{words, func(t *testing.T, s store) { run(t, passwordStore{s, storeOf[password.Store](s)}) }}
}

// sets gives a user a password.
func (s passwordStore) sets(userID, hash string, changed time.Time) {
	s.t.Helper()
	s.want("SetPasswordHash", s.SetPasswordHash(s.t.Context(), userID, hash, changed), nil)
}

// has checks the password of a user.
func (s passwordStore) has(userID, hash string, changed time.Time) {
	s.t.Helper()
	got, when, err := s.PasswordHash(s.t.Context(), userID)
	s.want("PasswordHash", err, nil)
	if err == nil && got != hash {
		s.t.Errorf("got hash %q, want %q", got, hash)
	}
	if err == nil {
		s.sameTime("PasswordHash", when, changed)
	}
}

func (s passwordStore) hasNone(userID string) {
	s.t.Helper()
	_, _, err := s.PasswordHash(s.t.Context(), userID)
	s.want("PasswordHash of a user without one", err, cardea.ErrNotFound)
}

func passwordHash() []promise {
	return []promise{
		passwordPromise("returns the hash and when the user got the password, in UTC", func(t *testing.T,
			s passwordStore) {
			u, other := s.user("ada"), s.user("ben")
			s.sets(u.ID, "$argon2id$a", soon)
			s.sets(other.ID, "$argon2id$b", soon.Add(time.Hour))
			s.has(u.ID, "$argon2id$a", soon)
			s.has(other.ID, "$argon2id$b", soon.Add(time.Hour))
		}),
		passwordPromise("ErrNotFound if the user has none", func(t *testing.T, s passwordStore) {
			s.hasNone(s.user("ada").ID)
			s.hasNone("nobody")
			s.hasNone("")
		}),
		passwordPromise("ends with its user", func(t *testing.T, s passwordStore) {
			u := s.user("ada")
			s.sets(u.ID, "$argon2id$a", soon)
			s.must(s.DeleteUser(t.Context(), u.ID))
			s.hasNone(u.ID)
		}),
	}
}

func setPasswordHash() []promise {
	return []promise{
		passwordPromise("if the user has one, both its hash and its time are replaced", func(t *testing.T,
			s passwordStore) {
			u := s.user("ada")
			s.sets(u.ID, "$argon2id$a", soon)
			s.sets(u.ID, "$argon2id$b", soon.Add(time.Hour))
			s.has(u.ID, "$argon2id$b", soon.Add(time.Hour))
			s.sets(u.ID, "$argon2id$b", soon.Add(time.Hour)) // the same again
			s.has(u.ID, "$argon2id$b", soon.Add(time.Hour))
		}),
		passwordPromise("a user who does not exist is ErrNotFound", func(t *testing.T, s passwordStore) {
			for _, id := range []string{"nobody", "00000000-0000-4000-8000-000000000000", "4711", ""} {
				s.want("SetPasswordHash", s.SetPasswordHash(t.Context(), id, "$argon2id$a", soon), cardea.ErrNotFound)
			}
		}),
		passwordPromise("hashes of 255 characters are kept", func(t *testing.T, s passwordStore) {
			u, hash := s.user("ada"), "$"+strings.Repeat("Aa/+", 63)+".="
			s.sets(u.ID, hash, soon)
			s.has(u.ID, hash, soon)
		}),
		passwordPromise("of concurrent callers each succeeds", func(t *testing.T, s passwordStore) {
			u := s.user("ada")
			for i, err := range race(func(int) error {
				return s.SetPasswordHash(t.Context(), u.ID, "$argon2id$a", soon)
			}) {
				if err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			}
			s.has(u.ID, "$argon2id$a", soon)
		}),
		passwordPromise("of concurrent callers for several users each succeeds", func(t *testing.T, s passwordStore) {
			var users []*cardea.User
			for _, name := range []string{"ada", "bob", "cid", "dan", "eve"} {
				users = append(users, s.user(name))
			}
			for i, err := range race(func(i int) error {
				return s.SetPasswordHash(t.Context(), users[i%len(users)].ID, "$argon2id$a", soon)
			}) {
				if err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			}
			for _, u := range users {
				s.has(u.ID, "$argon2id$a", soon)
			}
		}),
		passwordPromise("is undone with the transaction", func(t *testing.T, s passwordStore) {
			u, stop := s.user("ada"), errors.New("stop")
			for _, before := range []string{"", "$argon2id$a"} {
				err := s.Transact(t.Context(), func(ctx context.Context) error {
					s.must(s.SetPasswordHash(ctx, u.ID, "$argon2id$b", soon.Add(time.Hour)))
					return stop
				})
				s.want("Transact", err, stop)
				if before == "" {
					s.hasNone(u.ID)
				} else {
					s.has(u.ID, before, soon)
				}
				s.sets(u.ID, "$argon2id$a", soon)
			}
		}),
		passwordPromise("of a user whom the transaction has created", func(t *testing.T, s passwordStore) {
			u := filledUser("ada")
			s.must(s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.CreateUser(ctx, u))
				return s.SetPasswordHash(ctx, u.ID, "$argon2id$a", soon)
			}))
			s.has(u.ID, "$argon2id$a", soon)
		}),
	}
}

func replacePasswordHash() []promise {
	return []promise{
		passwordPromise("writes another hash if the stored one is old, and does not change the time",
			func(t *testing.T, s passwordStore) {
				u := s.user("ada")
				s.sets(u.ID, "$argon2id$a", soon)
				err := s.ReplacePasswordHash(t.Context(), u.ID, "$argon2id$a", "$argon2id$b")
				s.want("ReplacePasswordHash", err, nil)
				s.has(u.ID, "$argon2id$b", soon)
			}),
		passwordPromise("otherwise it is ErrConflict, and nothing changes", func(t *testing.T, s passwordStore) {
			u, other := s.user("ada"), s.user("ben")
			s.sets(u.ID, "$argon2id$a", soon)
			for _, old := range []string{"$argon2id$b", "$ARGON2ID$A", "$argon2id$a ", ""} {
				err := s.ReplacePasswordHash(t.Context(), u.ID, old, "$argon2id$c")
				s.want("ReplacePasswordHash of another hash", err, cardea.ErrConflict)
			}
			for _, id := range []string{other.ID, "nobody", ""} {
				err := s.ReplacePasswordHash(t.Context(), id, "$argon2id$a", "$argon2id$c")
				s.want("ReplacePasswordHash without a password", err, cardea.ErrConflict)
			}
			s.has(u.ID, "$argon2id$a", soon)
			s.hasNone(other.ID)
		}),
		passwordPromise("of any number of concurrent callers exactly one succeeds", func(t *testing.T,
			s passwordStore) {
			u := s.user("ada")
			s.sets(u.ID, "$argon2id$a", soon)
			s.winner(race(func(int) error {
				return s.ReplacePasswordHash(t.Context(), u.ID, "$argon2id$a", "$argon2id$b")
			}), cardea.ErrConflict)
			s.has(u.ID, "$argon2id$b", soon)
		}),
	}
}

func deletePassword() []promise {
	return []promise{
		passwordPromise("removes the password of the user, and of no other", func(t *testing.T, s passwordStore) {
			u, other := s.user("ada"), s.user("ben")
			s.sets(u.ID, "$argon2id$a", soon)
			s.sets(other.ID, "$argon2id$b", soon)
			s.want("DeletePassword", s.DeletePassword(t.Context(), u.ID), nil)
			s.hasNone(u.ID)
			s.has(other.ID, "$argon2id$b", soon)
		}),
		passwordPromise("does nothing if there is none", func(t *testing.T, s passwordStore) {
			for _, id := range []string{s.user("ada").ID, "nobody", ""} {
				s.want("DeletePassword", s.DeletePassword(t.Context(), id), nil)
			}
		}),
	}
}
