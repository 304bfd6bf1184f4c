package adaptertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

func linkAccount() []promise {
	return []promise{
		{"adds a", func(t *testing.T, s store) {
			u := s.user("ada")
			s.hasAccounts(u.ID, s.account(u.ID, "github", "1"))
		}},
		{"tokens may be long or empty", func(t *testing.T, s store) {
			u := s.user("ada")
			long := s.account(u.ID, "long", strings.Repeat("9", 100))
			long.ProviderAccountID = "2"
			long.AccessToken, long.RefreshToken = strings.Repeat("a", 9000), strings.Repeat("r", 9000)
			long.IDToken = strings.Repeat("i", 9000)
			s.must(s.LinkAccount(t.Context(), long))
			none := &cardea.Account{UserID: u.ID, Type: cardea.TypeOAuth, Provider: "none", ProviderAccountID: "1"}
			s.must(s.LinkAccount(t.Context(), none))
			s.hasAccounts(u.ID, long, filledAccount(u.ID, "long", strings.Repeat("9", 100)), none)
		}},
		{"an account that is already linked, to any user, is ErrConflict", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			first := s.account(ada.ID, "github", "1")
			for _, u := range []*cardea.User{ada, grace} {
				again := filledAccount(u.ID, "github", "1")
				again.AccessToken = "changed"
				s.want("LinkAccount", s.LinkAccount(t.Context(), again), cardea.ErrConflict)
			}
			s.hasAccounts(ada.ID, first)
			s.hasAccounts(grace.ID)
		}},
		{"of 50 concurrent links of one account, one is added", func(t *testing.T, s store) {
			users := make([]*cardea.User, parallel)
			for i := range users {
				users[i] = s.user(fmt.Sprint("user", i))
			}
			winner := s.winner(race(func(i int) error {
				return s.LinkAccount(t.Context(), filledAccount(users[i].ID, "github", "1"))
			}), cardea.ErrConflict)
			if winner < 0 {
				return
			}
			got, err := s.UserByAccount(t.Context(), "github", "1")
			s.must(err)
			s.sameUser(got, users[winner])
		}},
		{"accounts of another provider, or with similar IDs, are other accounts", func(t *testing.T, s store) {
			u := s.user("ada")
			s.account(u.ID, "github", "1")
			s.account(u.ID, "google", "1")
			s.account(u.ID, "github", "a")
			s.account(u.ID, "github", "A")
		}},
		{"a user who does not exist is ErrNotFound", func(t *testing.T, s store) {
			u := s.user("ada")
			for _, id := range append(similarIDs(u.ID), "nobody") {
				s.want(fmt.Sprintf("LinkAccount to %q", id),
					s.LinkAccount(t.Context(), filledAccount(id, "github", "1")), cardea.ErrNotFound)
			}
			s.account(u.ID, "github", "1") // the refused links left nothing behind
		}},
	}
}

func updateAccount() []promise {
	return []promise{
		{"writes the type and the tokens", func(t *testing.T, s store) {
			u := s.user("ada")
			a := s.account(u.ID, "github", "1")
			other := s.account(u.ID, "github", "2")
			a.Type, a.RefreshToken, a.AccessToken, a.IDToken = cardea.TypeOAuth, "new refresh", "new access", "new id"
			a.ExpiresAt, a.TokenType, a.Scope, a.SessionState = soon.Add(time.Hour), "dpop", "new scope", "new state"
			s.must(s.UpdateAccount(t.Context(), a))
			s.hasAccounts(u.ID, a, other)
		}},
		{"a field that is empty keeps its stored value", func(t *testing.T, s store) {
			u := s.user("ada")
			want := s.account(u.ID, "github", "1")
			want.RefreshToken = "new refresh"
			s.must(s.UpdateAccount(t.Context(),
				&cardea.Account{Provider: "github", ProviderAccountID: "1", RefreshToken: "new refresh"}))
			s.hasAccounts(u.ID, want)
			s.must(s.UpdateAccount(t.Context(), &cardea.Account{Provider: "github", ProviderAccountID: "1"}))
			s.hasAccounts(u.ID, want)
		}},
		{"with a new access token a zero expiry removes the stored one", func(t *testing.T, s store) {
			u := s.user("ada")
			want := s.account(u.ID, "github", "1")
			want.AccessToken, want.ExpiresAt = "new access", time.Time{}
			s.must(s.UpdateAccount(t.Context(),
				&cardea.Account{Provider: "github", ProviderAccountID: "1", AccessToken: "new access"}))
			s.hasAccounts(u.ID, want)
		}},
		{"writing the stored values again is no error", func(t *testing.T, s store) {
			a := s.account(s.user("ada").ID, "github", "1")
			s.want("UpdateAccount", s.UpdateAccount(t.Context(), a), nil)
		}},
		{"the owner never changes", func(t *testing.T, s store) {
			ada, grace := s.user("ada"), s.user("grace")
			want := s.account(ada.ID, "github", "1")
			s.must(s.UpdateAccount(t.Context(), filledAccount(grace.ID, "github", "1")))
			s.hasAccounts(ada.ID, want)
			s.hasAccounts(grace.ID)
		}},
		{"no such account is ErrNotFound", func(t *testing.T, s store) {
			u := s.user("ada")
			want := s.account(u.ID, "github", "1")
			for _, a := range []*cardea.Account{
				filledAccount(u.ID, "github", "2"), filledAccount(u.ID, "google", "1"), filledAccount(u.ID, "", ""),
				{Provider: "github", ProviderAccountID: "2"},
			} {
				s.want(fmt.Sprintf("UpdateAccount(%s %s)", a.Provider, a.ProviderAccountID),
					s.UpdateAccount(t.Context(), a), cardea.ErrNotFound)
			}
			s.hasAccounts(u.ID, want)
		}},
	}
}

func forgetTokens() []promise {
	return []promise{
		{"removes the refresh token, the access token with its expiry, and the ID token", func(t *testing.T, s store) {
			u := s.user("ada")
			want, other := s.account(u.ID, "github", "1"), s.account(u.ID, "google", "1")
			want.RefreshToken, want.AccessToken, want.ExpiresAt, want.IDToken = "", "", time.Time{}, ""
			for range 2 {
				s.must(s.ForgetTokens(t.Context(), "github", "1"))
				s.hasAccounts(u.ID, want, other)
			}
		}},
		{"no such account is no error", func(t *testing.T, s store) {
			u := s.user("ada")
			kept := s.account(u.ID, "token", "token")
			for _, other := range append(lookalikes()[1:], "") {
				s.want(fmt.Sprintf("ForgetTokens(token, %q)", other), s.ForgetTokens(t.Context(), "token", other), nil)
				s.want(fmt.Sprintf("ForgetTokens(%q, token)", other), s.ForgetTokens(t.Context(), other, "token"), nil)
			}
			s.hasAccounts(u.ID, kept)
		}},
	}
}

func unlinkAccount() []promise {
	return []promise{
		{"removes the account", func(t *testing.T, s store) {
			u := s.user("ada")
			s.account(u.ID, "github", "1")
			kept := s.account(u.ID, "google", "1")
			s.must(s.UnlinkAccount(t.Context(), "github", "1"))
			s.hasAccounts(u.ID, kept)
			_, err := s.UserByAccount(t.Context(), "github", "1")
			s.want("UserByAccount", err, cardea.ErrNotFound)
			s.account(s.user("grace").ID, "github", "1")
		}},
		{"no such account is no error", func(t *testing.T, s store) {
			u := s.user("ada")
			kept := s.account(u.ID, "github", "1")
			for _, id := range []string{"2", "", "%"} {
				s.want(fmt.Sprintf("UnlinkAccount(%q)", id), s.UnlinkAccount(t.Context(), "github", id), nil)
			}
			s.hasAccounts(u.ID, kept)
		}},
	}
}

func accounts() []promise {
	return []promise{
		{"returns the accounts of a user, ordered by provider and account ID", func(t *testing.T, s store) {
			u := s.user("ada")
			s.account(s.user("grace").ID, "github", "0")
			var want []*cardea.Account
			for _, key := range [][2]string{
				{"google", "B"}, {"github", "b"}, {"Github", "z"}, {"google", "a"}, {"github", "10"}, {"github", "9"},
			} {
				want = append(want, s.account(u.ID, key[0], key[1]))
			}
			s.hasAccounts(u.ID, want[2], want[4], want[5], want[1], want[0], want[3])
		}},
		{"an empty list if the user has none or does not exist", func(t *testing.T, s store) {
			u := s.user("ada")
			s.hasAccounts(u.ID)
			s.account(u.ID, "github", "1")
			for _, id := range append(similarIDs(u.ID), "nobody") {
				s.hasAccounts(id)
			}
		}},
	}
}
