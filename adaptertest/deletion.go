package adaptertest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
)

func deletionGroups() []group {
	return []group{{"VerificationTokensBefore", verificationTokensBefore()}}
}

// deletionStore is the store under test, with methods that create tokens and check lists of them.
type deletionStore struct {
	store
	account.DeletionStore
}

// deletionPromise is a promise about an account.DeletionStore.
func deletionPromise(words string, run func(t *testing.T, s deletionStore)) promise {
	return promise{words, func(t *testing.T, s store) { run(t, deletionStore{s, storeOf[account.DeletionStore](s)}) }}
}

// expires creates a token.
func (s deletionStore) expires(identifier string, at time.Time) {
	s.t.Helper()
	s.must(s.tokens().CreateVerificationToken(s.t.Context(),
		&cardea.VerificationToken{Identifier: identifier, Token: "token of " + identifier, Expires: at}))
}

// lists checks a list by the identifiers, in their order, and returns it.
func (s deletionStore) lists(prefix string, before time.Time, want ...string) []*cardea.VerificationToken {
	s.t.Helper()
	list, err := s.VerificationTokensBefore(s.t.Context(), prefix, before)
	s.want("VerificationTokensBefore", err, nil)
	var got []string
	for _, token := range list {
		got = append(got, token.Identifier)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("VerificationTokensBefore(%q, %v): got %q, want %q", prefix, before, got, want)
	}
	return list
}

func verificationTokensBefore() []promise {
	return []promise{
		deletionPromise("returns all verification tokens whose identifier begins with prefix", func(t *testing.T,
			s deletionStore) {
			for i, identifier := range []string{"deletion:1", "deletion:", "deletion", "x deletion:1", "other:1"} {
				s.expires(identifier, soon.Add(time.Duration(i)*time.Minute))
			}
			s.lists("deletion:", soon.Add(time.Hour), "deletion:1", "deletion:")
			s.lists("nothing:", soon.Add(time.Hour))
			var many []string
			for i := range 300 {
				many = append(many, fmt.Sprint("many:", i))
				s.expires(many[i], soon.Add(time.Duration(i)*time.Second))
			}
			for i, got := range s.lists("many:", soon.Add(time.Hour), many...) {
				if got.Token != "token of "+got.Identifier {
					t.Errorf("Token: got %q", got.Token)
				}
				s.sameTime("Expires", got.Expires, soon.Add(time.Duration(i)*time.Second))
			}
		}),
		deletionPromise("compared byte for byte", func(t *testing.T, s deletionStore) {
			for i, identifier := range []string{
				"a_%:1", "A_%:1", "a_x:1", "ab%:1", "á_%:1", "a_%:ü", `a\_%:1`, "a_%", "a!_%:1", " a_%:1",
			} {
				s.expires(identifier, soon.Add(time.Duration(i)*time.Minute))
			}
			s.lists("a_%:", soon.Add(time.Hour), "a_%:1", "a_%:ü")
			s.lists(`a\_`, soon.Add(time.Hour), `a\_%:1`)
			s.lists("a!", soon.Add(time.Hour), "a!_%:1")
		}),
		deletionPromise("that expire before a time", func(t *testing.T, s deletionStore) {
			past := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
			s.expires("a:expired", past)
			s.expires("a:same", soon)
			s.expires("a:later", soon.Add(time.Millisecond))
			s.lists("a:", past)
			s.lists("a:", soon, "a:expired")
			s.lists("a:", soon.Add(time.Millisecond), "a:expired", "a:same")
			s.lists("a:", soon.AddDate(100, 0, 0), "a:expired", "a:same", "a:later")
		}),
		deletionPromise("those first that expire first", func(t *testing.T, s deletionStore) {
			for _, minute := range []int{7, 2, 9, 1, 8, 3} {
				s.expires("a:"+string(rune('0'+minute)), soon.Add(time.Duration(minute)*time.Minute))
			}
			s.lists("a:", soon.Add(time.Hour), "a:1", "a:2", "a:3", "a:7", "a:8", "a:9")
		}),
		deletionPromise("changes none", func(t *testing.T, s deletionStore) {
			s.expires("a:1", soon)
			s.lists("a:", soon.Add(time.Hour), "a:1")
			s.consumes("a:1", "token of a:1", soon)
			s.lists("a:", soon.Add(time.Hour))
		}),
		deletionPromise("may be called concurrently", func(t *testing.T, s deletionStore) {
			s.expires("a:1", soon)
			for i, err := range race(func(int) error {
				list, err := s.VerificationTokensBefore(t.Context(), "a:", soon.Add(time.Hour))
				if err == nil && len(list) != 1 {
					t.Errorf("got %d tokens, want 1", len(list))
				}
				return err
			}) {
				if err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			}
		}),
	}
}
