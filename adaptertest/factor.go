package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
)

func factorGroups() []group {
	return []group{
		{"Factors", factors()},
		{"CreateFactor", createFactor()},
		{"UseFactor", useFactor()},
		{"ReplaceFactorSecret", replaceFactorSecret()},
		{"DeleteFactor", deleteFactor()},
		{"DeleteFactors", deleteFactors()},
		{"ReplaceRecoveryCodes", replaceRecoveryCodes()},
		{"UseRecoveryCode", useRecoveryCode()},
	}
}

// factorStore is the store under test, with methods that create factors and check them.
type factorStore struct {
	store
	factor.Store
}

// factorPromise is a promise about a factor.Store.
func factorPromise(words string, run func(t *testing.T, s factorStore)) promise {
	return promise{words, func(t *testing.T, s store) { run(t, factorStore{s, storeOf[factor.Store](s)}) }}
}

func filledFactor(userID, id string) *factor.Factor {
	return &factor.Factor{
		ID: id, UserID: userID, Kind: "totp", Name: "Ann's phone ü", Secret: strings.Repeat("s", 600),
		LastStep: 60_000_000, CreatedAt: soon.Add(-2 * time.Hour), LastUsedAt: soon.Add(-time.Hour),
	}
}

// factor creates a factor with every field filled.
func (s factorStore) factor(userID, id string) *factor.Factor {
	s.t.Helper()
	f := filledFactor(userID, id)
	s.must(s.CreateFactor(s.t.Context(), f))
	return f
}

// has compares all factors of a user.
func (s factorStore) has(userID string, want ...*factor.Factor) {
	s.t.Helper()
	got, err := s.Factors(s.t.Context(), userID)
	s.want("Factors", err, nil)
	if len(got) != len(want) {
		s.t.Fatalf("got %d factors, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := *got[i], *want[i]
		s.sameTime("CreatedAt", g.CreatedAt, w.CreatedAt)
		if w.LastUsedAt.IsZero() != g.LastUsedAt.IsZero() {
			s.t.Errorf("got LastUsedAt %v, want %v", g.LastUsedAt, w.LastUsedAt)
		} else if !w.LastUsedAt.IsZero() {
			s.sameTime("LastUsedAt", g.LastUsedAt, w.LastUsedAt)
		}
		g.CreatedAt, g.LastUsedAt, w.CreatedAt, w.LastUsedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		if g != w {
			s.t.Errorf("got factor %+v, want %+v", g, w)
		}
	}
}

func (s factorStore) hasCodes(userID string, want int) {
	s.t.Helper()
	got, err := s.CountRecoveryCodes(s.t.Context(), userID)
	s.want("CountRecoveryCodes", err, nil)
	if got != want {
		s.t.Errorf("got %d recovery codes, want %d", got, want)
	}
}

// hash makes 64 characters of a number.
func hash(n int) string { return fmt.Sprintf("%064x", n) }

func factors() []promise {
	return []promise{
		factorPromise("returns the factors of the user, ordered by CreatedAt and then by ID",
			func(t *testing.T, s factorStore) {
				ada, grace := s.user("ada"), s.user("grace")
				b, a := s.factor(ada.ID, "b"), s.factor(ada.ID, "a")
				first := filledFactor(ada.ID, "c")
				first.CreatedAt, first.LastUsedAt = first.CreatedAt.Add(-time.Minute), time.Time{}
				first.Name, first.LastStep = "", 0
				s.must(s.CreateFactor(t.Context(), first))
				s.has(ada.ID, first, a, b)
				s.has(grace.ID)
			}),
		factorPromise("the list is empty if there is no such user", func(t *testing.T, s factorStore) {
			u := s.user("ada")
			s.factor(u.ID, "a")
			s.must(s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(1)}))
			for _, id := range append(similarIDs(u.ID), "nobody", "%") {
				s.has(id)
				s.hasCodes(id, 0)
			}
		}),
		factorPromise("what belongs to a user who is deleted is gone after DeleteFactors and DeleteUser",
			func(t *testing.T, s factorStore) {
				u := s.user("ada")
				s.factor(u.ID, "a")
				s.must(s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(1)}))
				s.must(s.DeleteFactors(t.Context(), u.ID))
				s.must(s.DeleteUser(t.Context(), u.ID))
				s.has(u.ID)
				s.hasCodes(u.ID, 0)
			}),
		factorPromise("stops when ctx ends", func(t *testing.T, s factorStore) {
			u := s.user("ada")
			want := s.factor(u.ID, "a")
			s.must(s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(1)}))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			calls := map[string]error{
				"CreateFactor":         s.CreateFactor(ctx, filledFactor(u.ID, "b")),
				"UseFactor":            s.UseFactor(ctx, u.ID, "a", want.LastStep+1, soon),
				"DeleteFactor":         s.DeleteFactor(ctx, u.ID, "a"),
				"DeleteFactors":        s.DeleteFactors(ctx, u.ID),
				"ReplaceRecoveryCodes": s.ReplaceRecoveryCodes(ctx, u.ID, nil),
				"UseRecoveryCode":      s.UseRecoveryCode(ctx, u.ID, hash(1)),
			}
			_, calls["Factors"] = s.Factors(ctx, u.ID)
			_, calls["CountRecoveryCodes"] = s.CountRecoveryCodes(ctx, u.ID)
			for name, err := range calls {
				if err == nil || errors.Is(err, cardea.ErrNotFound) || errors.Is(err, cardea.ErrConflict) {
					t.Errorf("%s: got %v, want an error because ctx has ended", name, err)
				}
			}
			s.has(u.ID, want)
			s.hasCodes(u.ID, 1)
		}),
	}
}

func createFactor() []promise {
	return []promise{
		factorPromise("an ID that exists, of any user, is ErrConflict", func(t *testing.T, s factorStore) {
			ada, grace := s.user("ada"), s.user("grace")
			want := s.factor(ada.ID, "a")
			for _, u := range []*cardea.User{ada, grace} {
				again := filledFactor(u.ID, "a")
				again.Secret = "changed"
				s.want("CreateFactor", s.CreateFactor(t.Context(), again), cardea.ErrConflict)
			}
			s.has(ada.ID, want)
			s.has(grace.ID)
		}),
		factorPromise("a user who does not exist is ErrNotFound", func(t *testing.T, s factorStore) {
			u := s.user("ada")
			for _, id := range append(similarIDs(u.ID), "nobody") {
				s.want(fmt.Sprintf("CreateFactor for %q", id),
					s.CreateFactor(t.Context(), filledFactor(id, "a")), cardea.ErrNotFound)
			}
			s.factor(u.ID, "a") // the refused calls left nothing behind
		}),
	}
}

func useFactor() []promise {
	return []promise{
		factorPromise("sets LastStep and LastUsedAt", func(t *testing.T, s factorStore) {
			u := s.user("ada")
			want, other := s.factor(u.ID, "a"), s.factor(u.ID, "b")
			want.LastStep, want.LastUsedAt = want.LastStep+1, soon
			s.want("UseFactor", s.UseFactor(t.Context(), u.ID, "a", want.LastStep, soon), nil)
			s.has(u.ID, want, other)
		}),
		factorPromise("a step that is not above the stored one is ErrConflict", func(t *testing.T, s factorStore) {
			u := s.user("ada")
			want := s.factor(u.ID, "a")
			for _, step := range []int64{want.LastStep, want.LastStep - 1, 0, -1} {
				s.want("UseFactor", s.UseFactor(t.Context(), u.ID, "a", step, soon), cardea.ErrConflict)
			}
			s.has(u.ID, want)
		}),
		factorPromise("a factor that the user does not have is ErrConflict", func(t *testing.T, s factorStore) {
			ada, grace := s.user("ada"), s.user("grace")
			want := s.factor(ada.ID, "token")
			for _, id := range append(similarIDs(ada.ID), grace.ID, "nobody") {
				s.want("UseFactor", s.UseFactor(t.Context(), id, "token", want.LastStep+1, soon), cardea.ErrConflict)
			}
			for _, id := range lookalikes()[1:] {
				s.want("UseFactor", s.UseFactor(t.Context(), ada.ID, id, want.LastStep+1, soon), cardea.ErrConflict)
			}
			s.has(ada.ID, want)
		}),
		factorPromise("if several callers set the same value at the same time, exactly one succeeds",
			func(t *testing.T, s factorStore) {
				u := s.user("ada")
				step := s.factor(u.ID, "a").LastStep + 1
				s.winner(race(func(int) error {
					return s.UseFactor(t.Context(), u.ID, "a", step, soon)
				}), cardea.ErrConflict)
			}),
		factorPromise("is undone with the transaction", func(t *testing.T, s factorStore) {
			u := s.user("ada")
			want, undo := s.factor(u.ID, "a"), errors.New("undo")
			s.want("Transact", s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.UseFactor(ctx, u.ID, "a", want.LastStep+1, soon))
				return undo
			}), undo)
			s.has(u.ID, want)
		}),
	}
}

// replaceFactorSecret has the promises about the optional method ReplaceFactorSecret. They hold for
// an adapter that does not have it.
func replaceFactorSecret() []promise {
	type replacer interface {
		ReplaceFactorSecret(ctx context.Context, userID, id, old, sealed string) error
	}
	return []promise{
		factorPromise("writes another text if the stored one is old", func(t *testing.T, s factorStore) {
			r, ok := s.Store.(replacer)
			if !ok {
				return
			}
			u := s.user("ada")
			want, other := s.factor(u.ID, "a"), s.factor(u.ID, "b")
			old, next := want.Secret, strings.Repeat("n", 600)
			s.want("ReplaceFactorSecret", r.ReplaceFactorSecret(t.Context(), u.ID, "a", old, next), nil)
			want.Secret = next
			s.has(u.ID, want, other)
		}),
		factorPromise("another stored text, and a factor that the user does not have, are ErrConflict",
			func(t *testing.T, s factorStore) {
				r, ok := s.Store.(replacer)
				if !ok {
					return
				}
				ada, grace := s.user("ada"), s.user("grace")
				want := s.factor(ada.ID, "token")
				for _, old := range []string{"", "s", strings.ToUpper(want.Secret), want.Secret + " "} {
					s.want("ReplaceFactorSecret of another text",
						r.ReplaceFactorSecret(t.Context(), ada.ID, "token", old, "n"), cardea.ErrConflict)
				}
				for _, id := range append(similarIDs(ada.ID), grace.ID, "nobody") {
					s.want("ReplaceFactorSecret of another user",
						r.ReplaceFactorSecret(t.Context(), id, "token", want.Secret, "n"), cardea.ErrConflict)
				}
				for _, id := range lookalikes()[1:] {
					s.want("ReplaceFactorSecret of another factor",
						r.ReplaceFactorSecret(t.Context(), ada.ID, id, want.Secret, "n"), cardea.ErrConflict)
				}
				s.has(ada.ID, want)
			}),
	}
}

func deleteFactor() []promise {
	return []promise{
		factorPromise("deletes the factor if it belongs to that user", func(t *testing.T, s factorStore) {
			ada, grace := s.user("ada"), s.user("grace")
			a, b := s.factor(ada.ID, "a"), s.factor(ada.ID, "b")
			s.want("DeleteFactor", s.DeleteFactor(t.Context(), grace.ID, "a"), nil)
			s.has(ada.ID, a, b)
			s.want("DeleteFactor", s.DeleteFactor(t.Context(), ada.ID, "a"), nil)
			s.has(ada.ID, b)
		}),
		factorPromise("no such factor is no error", func(t *testing.T, s factorStore) {
			u := s.user("ada")
			want := s.factor(u.ID, "token")
			for _, id := range lookalikes()[1:] {
				s.want("DeleteFactor", s.DeleteFactor(t.Context(), u.ID, id), nil)
			}
			s.want("DeleteFactor", s.DeleteFactor(t.Context(), "nobody", "token"), nil)
			s.has(u.ID, want)
		}),
	}
}

func deleteFactors() []promise {
	return []promise{
		factorPromise("deletes all factors and recovery codes of the user, and of no other",
			func(t *testing.T, s factorStore) {
				ada, grace := s.user("ada"), s.user("grace")
				s.factor(ada.ID, "a")
				s.factor(ada.ID, "b")
				want := s.factor(grace.ID, "c")
				for _, u := range []*cardea.User{ada, grace} {
					s.must(s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(1), hash(2)}))
				}
				for range 2 { // the second time there is nothing to delete
					s.want("DeleteFactors", s.DeleteFactors(t.Context(), ada.ID), nil)
				}
				s.want("DeleteFactors", s.DeleteFactors(t.Context(), "nobody"), nil)
				s.has(ada.ID)
				s.hasCodes(ada.ID, 0)
				s.has(grace.ID, want)
				s.hasCodes(grace.ID, 2)
			}),
	}
}

func replaceRecoveryCodes() []promise {
	return []promise{
		factorPromise("deletes the codes of the user and adds others", func(t *testing.T, s factorStore) {
			ada, grace := s.user("ada"), s.user("grace")
			s.must(s.ReplaceRecoveryCodes(t.Context(), grace.ID, []string{hash(1), hash(2)}))
			s.must(s.ReplaceRecoveryCodes(t.Context(), ada.ID, []string{hash(1), hash(2), hash(3)}))
			s.must(s.ReplaceRecoveryCodes(t.Context(), ada.ID, []string{hash(3), hash(4)}))
			s.hasCodes(ada.ID, 2)
			s.want("UseRecoveryCode", s.UseRecoveryCode(t.Context(), ada.ID, hash(1)), cardea.ErrNotFound)
			s.want("UseRecoveryCode", s.UseRecoveryCode(t.Context(), ada.ID, hash(4)), nil)
			s.hasCodes(grace.ID, 2)
			s.must(s.ReplaceRecoveryCodes(t.Context(), ada.ID, nil))
			s.hasCodes(ada.ID, 0)
		}),
		factorPromise("of several callers at the same time, the codes of one are left",
			func(t *testing.T, s factorStore) {
				u := s.user("ada")
				for _, err := range race(func(i int) error {
					return s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(2 * i), hash(2*i + 1)})
				}) {
					s.want("ReplaceRecoveryCodes", err, nil)
				}
				s.hasCodes(u.ID, 2)
			}),
		factorPromise("is undone with the transaction", func(t *testing.T, s factorStore) {
			u, undo := s.user("ada"), errors.New("undo")
			s.must(s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(1)}))
			s.want("Transact", s.Transact(t.Context(), func(ctx context.Context) error {
				s.must(s.ReplaceRecoveryCodes(ctx, u.ID, []string{hash(2), hash(3)}))
				return undo
			}), undo)
			s.want("UseRecoveryCode", s.UseRecoveryCode(t.Context(), u.ID, hash(1)), nil)
			s.hasCodes(u.ID, 0)
		}),
		factorPromise("a user who does not exist is ErrNotFound", func(t *testing.T, s factorStore) {
			s.want("ReplaceRecoveryCodes", s.ReplaceRecoveryCodes(t.Context(), "nobody", []string{hash(1)}),
				cardea.ErrNotFound)
		}),
	}
}

func useRecoveryCode() []promise {
	return []promise{
		factorPromise("deletes the code of that user, and no other", func(t *testing.T, s factorStore) {
			ada, grace := s.user("ada"), s.user("grace")
			for _, u := range []*cardea.User{ada, grace} {
				s.must(s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(10), hash(11)}))
			}
			s.want("UseRecoveryCode", s.UseRecoveryCode(t.Context(), ada.ID, hash(10)), nil)
			s.want("UseRecoveryCode", s.UseRecoveryCode(t.Context(), ada.ID, hash(10)), cardea.ErrNotFound)
			s.hasCodes(ada.ID, 1)
			s.hasCodes(grace.ID, 2)
		}),
		factorPromise("a code that the user does not have is ErrNotFound", func(t *testing.T, s factorStore) {
			ada, grace := s.user("ada"), s.user("grace")
			s.must(s.ReplaceRecoveryCodes(t.Context(), ada.ID, []string{hash(10)}))
			for _, other := range append(lookalikes(), strings.ToUpper(hash(10)), hash(10)+" ", hash(10)[1:]) {
				s.want("UseRecoveryCode", s.UseRecoveryCode(t.Context(), ada.ID, other), cardea.ErrNotFound)
			}
			for _, id := range append(similarIDs(ada.ID), grace.ID, "nobody") {
				s.want("UseRecoveryCode", s.UseRecoveryCode(t.Context(), id, hash(10)), cardea.ErrNotFound)
			}
			s.hasCodes(ada.ID, 1)
		}),
		factorPromise("if several callers use the same code at the same time, exactly one succeeds",
			func(t *testing.T, s factorStore) {
				u := s.user("ada")
				s.must(s.ReplaceRecoveryCodes(t.Context(), u.ID, []string{hash(1), hash(2)}))
				s.winner(race(func(int) error {
					return s.UseRecoveryCode(t.Context(), u.ID, hash(1))
				}), cardea.ErrNotFound)
				s.hasCodes(u.ID, 1)
			}),
	}
}
