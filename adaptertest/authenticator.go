package adaptertest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea"
)

func filledAuthenticator(userID, credentialID string) *cardea.Authenticator {
	return &cardea.Authenticator{
		CredentialID: credentialID, UserID: userID, ProviderAccountID: credentialID,
		CredentialPublicKey: "pQECAyYgASFY/+==", Counter: 7,
		CredentialDeviceType: "multiDevice", CredentialBackedUp: true, Transports: "internal,hybrid",
	}
}

// authenticator creates a passkey with every field filled.
func (s store) authenticator(userID, credentialID string) *cardea.Authenticator {
	s.t.Helper()
	a := filledAuthenticator(userID, credentialID)
	s.must(s.passkeys().CreateAuthenticator(s.t.Context(), a))
	return a
}

// hasAuthenticators compares all passkeys of a user.
func (s store) hasAuthenticators(userID string, want ...*cardea.Authenticator) {
	s.t.Helper()
	got, err := s.passkeys().Authenticators(s.t.Context(), userID)
	s.want("Authenticators", err, nil)
	if len(got) != len(want) {
		s.t.Fatalf("got %d authenticators, want %d", len(got), len(want))
	}
	for i := range got {
		s.sameAuthenticator(got[i], want[i])
	}
}

func (s store) sameAuthenticator(got, want *cardea.Authenticator) {
	s.t.Helper()
	g, w := *got, *want
	g.Entity, w.Entity = nil, nil
	if g != w {
		s.t.Errorf("got authenticator %+v, want %+v", g, w)
	}
}

func (s store) hasCounter(credentialID string, want uint32) {
	s.t.Helper()
	got, err := s.passkeys().Authenticator(s.t.Context(), credentialID)
	s.want("Authenticator", err, nil)
	if err == nil && got.Counter != want {
		s.t.Errorf("got counter %d, want %d", got.Counter, want)
	}
}

func createAuthenticator() []promise {
	return []promise{
		{"adds a", func(t *testing.T, s store) {
			u := s.user("ada")
			s.hasAuthenticators(u.ID, s.authenticator(u.ID, "a2V5"))
		}},
		{"false, 0 and no transports are values too", func(t *testing.T, s store) {
			u := s.user("ada")
			a := &cardea.Authenticator{
				CredentialID: "a2V5", UserID: u.ID, ProviderAccountID: "a2V5", CredentialPublicKey: "cHVi",
				CredentialDeviceType: "singleDevice",
			}
			s.must(s.passkeys().CreateAuthenticator(t.Context(), a))
			s.hasAuthenticators(u.ID, a)
		}},
		{"IDs of 512 characters, long keys and the highest counter are kept", func(t *testing.T, s store) {
			u := s.user("ada")
			a := filledAuthenticator(u.ID, fmt.Sprintf("%0512d", 1))
			a.CredentialPublicKey, a.Counter = fmt.Sprintf("%04096d", 1), 1<<32-1
			s.must(s.passkeys().CreateAuthenticator(t.Context(), a))
			s.hasAuthenticators(u.ID, a)
			other := filledAuthenticator(u.ID, fmt.Sprintf("%0512d", 2)) // differs at the end only
			s.must(s.passkeys().CreateAuthenticator(t.Context(), other))
			s.hasAuthenticators(u.ID, a, other)
		}},
		{"a credential ID that exists, of any user, is ErrConflict", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			want := s.authenticator(ada.ID, "a2V5")
			for _, u := range []*cardea.User{ada, grace} {
				again := filledAuthenticator(u.ID, "a2V5")
				again.CredentialPublicKey = "changed"
				s.want("CreateAuthenticator", s.passkeys().CreateAuthenticator(t.Context(), again), cardea.ErrConflict)
			}
			s.hasAuthenticators(ada.ID, want)
			s.hasAuthenticators(grace.ID)
		}},
		{"a user who does not exist is ErrNotFound", func(t *testing.T, s store) {
			u := s.user("ada")
			for _, id := range append(similarIDs(u.ID), "nobody") {
				s.want(fmt.Sprintf("CreateAuthenticator for %q", id),
					s.passkeys().CreateAuthenticator(t.Context(), filledAuthenticator(id, "a2V5")), cardea.ErrNotFound)
			}
			s.authenticator(u.ID, "a2V5") // the refused calls left nothing behind
		}},
	}
}

func authenticator() []promise {
	return []promise{
		{"returns the authenticator with exactly that credential ID", func(t *testing.T, s store) {
			passkeys, u := s.passkeys(), s.user("ada")
			for _, id := range []string{"a2V5", "A2V5", "a2v5"} { // case matters in base64
				s.authenticator(u.ID, id)
			}
			for _, id := range []string{"a2V5", "A2V5", "a2v5"} {
				got, err := passkeys.Authenticator(t.Context(), id)
				s.must(err)
				s.sameAuthenticator(got, filledAuthenticator(u.ID, id))
			}
		}},
		{"or ErrNotFound", func(t *testing.T, s store) {
			s.authenticator(s.user("ada").ID, "token")
			for _, id := range append(lookalikes()[1:], "") {
				_, err := s.passkeys().Authenticator(t.Context(), id)
				s.want(fmt.Sprintf("Authenticator(%q)", id), err, cardea.ErrNotFound)
			}
		}},
	}
}

func authenticators() []promise {
	return []promise{
		{"returns the authenticators of a user, ordered by credential ID", func(t *testing.T, s store) {
			u := s.user("ada")
			s.authenticator(s.user("grace").ID, "AA==")
			c, a := s.authenticator(u.ID, "cw=="), s.authenticator(u.ID, "aw==")
			b, plus := s.authenticator(u.ID, "Bw=="), s.authenticator(u.ID, "+w==")
			s.hasAuthenticators(u.ID, plus, b, a, c)
		}},
		{"an empty list if the user has none or does not exist", func(t *testing.T, s store) {
			u := s.user("ada")
			s.hasAuthenticators(u.ID)
			s.authenticator(u.ID, "a2V5")
			for _, id := range append(similarIDs(u.ID), "nobody") {
				s.hasAuthenticators(id)
			}
		}},
	}
}

func updateAuthenticatorCounter() []promise {
	return []promise{
		{"raises the counter and changes nothing else", func(t *testing.T, s store) {
			u := s.user("ada")
			a, other := s.authenticator(u.ID, "a2V5"), s.authenticator(u.ID, "b3RoZXI=")
			a.Counter = 1<<32 - 1
			s.must(s.passkeys().UpdateAuthenticatorCounter(t.Context(), "a2V5", a.Counter))
			s.hasAuthenticators(u.ID, a, other)
		}},
		{"a counter that is not above the stored one is ErrConflict", func(t *testing.T, s store) {
			s.authenticator(s.user("ada").ID, "a2V5")
			for _, counter := range []uint32{7, 6, 0} {
				s.want(fmt.Sprint("counter ", counter),
					s.passkeys().UpdateAuthenticatorCounter(t.Context(), "a2V5", counter), cardea.ErrConflict)
			}
			s.hasCounter("a2V5", 7)
		}},
		{"unless both are 0", func(t *testing.T, s store) {
			passkeys, a := s.passkeys(), filledAuthenticator(s.user("ada").ID, "a2V5")
			a.Counter = 0
			s.must(passkeys.CreateAuthenticator(t.Context(), a))
			for range 2 {
				s.want("0 after 0", passkeys.UpdateAuthenticatorCounter(t.Context(), "a2V5", 0), nil)
			}
			s.hasCounter("a2V5", 0)
		}},
		{"of any number of concurrent callers with one counter exactly one succeeds", func(t *testing.T, s store) {
			passkeys := s.passkeys()
			s.authenticator(s.user("ada").ID, "a2V5")
			s.winner(race(func(int) error {
				return passkeys.UpdateAuthenticatorCounter(t.Context(), "a2V5", 8)
			}), cardea.ErrConflict)
			for i, err := range race(func(i int) error {
				return passkeys.UpdateAuthenticatorCounter(t.Context(), "a2V5", uint32(100+i))
			}) {
				if err != nil && (!errors.Is(err, cardea.ErrConflict) || i == parallel-1) {
					t.Errorf("counter %d: %v", 100+i, err)
				}
			}
			s.hasCounter("a2V5", 100+parallel-1)
		}},
		{"no such authenticator is ErrNotFound", func(t *testing.T, s store) {
			s.authenticator(s.user("ada").ID, "token")
			for _, id := range append(lookalikes()[1:], "") {
				for _, counter := range []uint32{0, 9} {
					s.want(fmt.Sprintf("UpdateAuthenticatorCounter(%q)", id),
						s.passkeys().UpdateAuthenticatorCounter(t.Context(), id, counter), cardea.ErrNotFound)
				}
			}
			s.hasCounter("token", 7)
		}},
	}
}

func deleteAuthenticator() []promise {
	return []promise{
		{"removes the authenticator if it is that user's", func(t *testing.T, s store) {
			passkeys, ada, grace := s.passkeys(), s.user("ada"), s.user("grace")
			a, kept := s.authenticator(ada.ID, "a2V5"), s.authenticator(ada.ID, "b3RoZXI=")
			for _, id := range append(similarIDs(ada.ID), grace.ID, "nobody") {
				s.want(fmt.Sprintf("DeleteAuthenticator of user %q", id),
					passkeys.DeleteAuthenticator(t.Context(), id, "a2V5"), nil)
			}
			s.hasAuthenticators(ada.ID, a, kept)
			s.must(passkeys.DeleteAuthenticator(t.Context(), ada.ID, "a2V5"))
			s.hasAuthenticators(ada.ID, kept)
			s.authenticator(grace.ID, "a2V5") // the ID can be used again
		}},
		{"no such authenticator is no error", func(t *testing.T, s store) {
			u := s.user("ada")
			kept := s.authenticator(u.ID, "token")
			for _, id := range append(lookalikes()[1:], "") {
				s.want(fmt.Sprintf("DeleteAuthenticator(%q)", id),
					s.passkeys().DeleteAuthenticator(t.Context(), u.ID, id), nil)
			}
			s.hasAuthenticators(u.ID, kept)
		}},
	}
}
