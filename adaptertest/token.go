package adaptertest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// consumes checks that the token exists, and consumes it.
func (s store) consumes(identifier, token string, expires time.Time) {
	s.t.Helper()
	got, err := s.tokens().ConsumeVerificationToken(s.t.Context(), identifier, token)
	s.want("ConsumeVerificationToken", err, nil)
	if err != nil {
		return
	}
	if got.Identifier != identifier || got.Token != token {
		s.t.Errorf("got %+v, want identifier %q and token %q", *got, identifier, token)
	}
	s.sameTime("Expires", got.Expires, expires)
}

func (s store) noToken(identifier, token string) {
	s.t.Helper()
	got, err := s.tokens().ConsumeVerificationToken(s.t.Context(), identifier, token)
	s.want(fmt.Sprintf("ConsumeVerificationToken(%q, %q)", identifier, token), err, cardea.ErrNotFound)
	if got != nil {
		s.t.Errorf("got %+v and an error, want the error only", *got)
	}
}

func createVerificationToken() []promise {
	return []promise{
		{"adds t", func(t *testing.T, s store) {
			s.token("ada@example.com", "one")
			s.token("ada@example.com", "two")
			s.consumes("ada@example.com", "two", soon)
			s.consumes("ada@example.com", "one", soon)
		}},
		{"a token that exists is ErrConflict", func(t *testing.T, s store) {
			s.token("ada@example.com", "token")
			for _, identifier := range []string{"ada@example.com", "grace@example.com"} {
				err := s.tokens().CreateVerificationToken(t.Context(),
					&cardea.VerificationToken{Identifier: identifier, Token: "token", Expires: soon.Add(time.Hour)})
				s.want("CreateVerificationToken", err, cardea.ErrConflict)
			}
			s.consumes("ada@example.com", "token", soon)
		}},
		{"times are kept to the millisecond and come back in UTC", func(t *testing.T, s store) {
			for i, at := range moments() {
				token := &cardea.VerificationToken{
					Identifier: "ada@example.com", Token: fmt.Sprint("token ", i), Expires: at,
				}
				s.must(s.tokens().CreateVerificationToken(t.Context(), token))
				s.consumes("ada@example.com", token.Token, at)
			}
		}},
	}
}

func consumeVerificationToken() []promise {
	return []promise{
		{"removes the token and returns it", func(t *testing.T, s store) {
			s.token("ada@example.com", "token")
			s.token("ada@example.com", "kept")
			s.consumes("ada@example.com", "token", soon)
			s.noToken("ada@example.com", "token")
			s.consumes("ada@example.com", "kept", soon)
		}},
		{"expired or not", func(t *testing.T, s store) {
			past := time.Now().Add(-time.Hour)
			s.must(s.tokens().CreateVerificationToken(t.Context(),
				&cardea.VerificationToken{Identifier: "a", Token: "token", Expires: past}))
			s.consumes("a", "token", past)
		}},
		{"of any number of concurrent callers exactly one gets it, the others ErrNotFound",
			func(t *testing.T, s store) {
				for round := range 5 {
					token := fmt.Sprint("token ", round)
					s.token("ada@example.com", token)
					s.winner(race(func(int) error {
						got, err := s.tokens().ConsumeVerificationToken(t.Context(), "ada@example.com", token)
						if err == nil && got.Token != token {
							return fmt.Errorf("got token %q", got.Token)
						}
						return err
					}), cardea.ErrNotFound)
				}
			}},
		// NextAuth CVE-2021-21310, CVE-2022-39263.
		{"a token of another identifier is ErrNotFound and stays", func(t *testing.T, s store) {
			s.token("token", "token")
			for _, other := range append(lookalikes()[1:], "") {
				s.noToken(other, "token")
				s.noToken("token", other)
			}
			s.consumes("token", "token", soon)
		}},
		{"tokens compare byte for byte", func(t *testing.T, s store) {
			var kept []string
			for _, token := range lookalikes() {
				err := s.tokens().CreateVerificationToken(t.Context(),
					&cardea.VerificationToken{Identifier: "a", Token: token, Expires: soon})
				if errors.Is(err, cardea.ErrConflict) {
					t.Errorf("CreateVerificationToken(%q): %v", token, err)
				}
				if err == nil { // a store that cannot keep a NUL byte returns an error
					kept = append(kept, token)
				}
			}
			for _, token := range kept {
				s.consumes("a", token, soon)
			}
		}},
	}
}

func deleteVerificationTokens() []promise {
	return []promise{
		{"removes the tokens of exactly that identifier, and returns how many", func(t *testing.T, s store) {
			s.token("token", "one")
			s.token("token", "two")
			for i, other := range append(lookalikes()[1:], "") {
				got, err := s.tokens().DeleteVerificationTokens(t.Context(), other)
				if err != nil || got != 0 {
					t.Errorf("%d, DeleteVerificationTokens(%q): got %d removed and %v, want none", i, other, got, err)
				}
			}
			s.token("Token", "kept")
			for _, want := range []int{2, 0} {
				got, err := s.tokens().DeleteVerificationTokens(t.Context(), "token")
				if err != nil || got != want {
					t.Errorf("got %d removed and %v, want %d", got, err, want)
				}
			}
			s.noToken("token", "one")
			s.noToken("token", "two")
			s.consumes("Token", "kept", soon)
		}},
	}
}

func deleteExpiredVerificationTokens() []promise {
	return []promise{
		{"removes at most limit tokens that expired before the given time, and returns how many",
			func(t *testing.T, s store) {
				tokens := s.tokens()
				for i := range 5 {
					old := &cardea.VerificationToken{
						Identifier: "a", Token: fmt.Sprint("old ", i), Expires: soon.Add(-time.Millisecond),
					}
					s.must(tokens.CreateVerificationToken(t.Context(), old))
				}
				s.token("a", "now")
				s.deletesExpired(func(limit int) (int, error) {
					return tokens.DeleteExpiredVerificationTokens(t.Context(), soon.UTC(), limit)
				})
				for i := range 5 {
					s.noToken("a", fmt.Sprint("old ", i))
				}
				s.consumes("a", "now", soon)
			}},
	}
}
