// Package adaptertest tests whether a [cardea.Adapter] keeps its contract:
//
//	func TestContract(t *testing.T) {
//		adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
//			return myadapter.New(openEmptyDatabase(t))
//		})
//	}
//
// Each promise in the comments of [cardea.Adapter], [cardea.SessionStore], [cardea.SessionTracker],
// [cardea.TokenStore], [cardea.AuthenticatorStore], [ratelimit.Store], [factor.Store],
// [password.Store] and [account.DeletionStore] is a subtest with the words of the comment as its
// name, so a failure says which promise is broken. Tests of a store that the adapter does not
// implement are skipped.
//
// [account.DeletionStore]: https://pkg.go.dev/github.com/cardea-auth/cardea/account#DeletionStore
// [factor.Store]: https://pkg.go.dev/github.com/cardea-auth/cardea/factor#Store
// [password.Store]: https://pkg.go.dev/github.com/cardea-auth/cardea/password#Store
package adaptertest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
)

// Run tests the adapter that open returns. It calls open once for each promise, from parallel
// tests; each call must return an adapter with an empty store of its own. open can release what it
// opened with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) cardea.Adapter) {
	t.Helper()
	groups := []group{
		{"All methods", allMethods()},
		{"Transact", transact()},
		{"NewUser", newUser()},
		{"CreateUser", createUser()},
		{"UserByID", userByID()},
		{"UserByEmail", userByEmail()},
		{"UserByAccount", userByAccount()},
		{"UpdateUser", updateUser()},
		{"LockUser", lockUser()},
		{"LockReads", lockReads()},
		{"DeleteUser", deleteUser()},
		{"LinkAccount", linkAccount()},
		{"UpdateAccount", updateAccount()},
		{"ForgetTokens", forgetTokens()},
		{"UnlinkAccount", unlinkAccount()},
		{"Accounts", accounts()},
		{"CreateSession", createSession()},
		{"Session", session()},
		{"RenewSession", renewSession()},
		{"TouchSession", touchSession()},
		{"DeleteSession", deleteSession()},
		{"Sessions", sessions()},
		{"DeleteSessions", deleteSessions()},
		{"DeleteExpiredSessions", deleteExpiredSessions()},
		{"CreateVerificationToken", createVerificationToken()},
		{"ConsumeVerificationToken", consumeVerificationToken()},
		{"DeleteVerificationTokens", deleteVerificationTokens()},
		{"DeleteExpiredVerificationTokens", deleteExpiredVerificationTokens()},
		{"CreateAuthenticator", createAuthenticator()},
		{"Authenticator", authenticator()},
		{"Authenticators", authenticators()},
		{"UpdateAuthenticatorCounter", updateAuthenticatorCounter()},
		{"DeleteAuthenticator", deleteAuthenticator()},
	}
	runGroups(t, slices.Concat(groups, deletionGroups(), factorGroups(), limitGroups(), passwordGroups()), open)
}

// group has the promises about one method.
type group struct {
	name     string
	promises []promise
}

func runGroups(t *testing.T, groups []group, open func(t *testing.T) cardea.Adapter) {
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range group.promises {
				t.Run(p.words, func(t *testing.T) {
					t.Parallel()
					p.run(t, store{t: t, Adapter: open(t)})
				})
			}
		})
	}
}

// promise is a sentence of the contract and the test of it.
type promise struct {
	words string
	run   func(t *testing.T, s store)
}

// store is the adapter under test, with methods that create rows and check them.
type store struct {
	t *testing.T
	cardea.Adapter
}

// parallel is the number of goroutines that race runs.
const parallel = 50

// soon is an expiry that every database can store, with milliseconds and in a zone that is not UTC.
var soon = time.Date(2031, time.March, 5, 23, 59, 58, 123_000_000, time.FixedZone("", -5*60*60))

// storeOf returns an optional store of the adapter. Without it, the test is skipped.
func storeOf[S any](s store) S {
	found, ok := feature.StoreOf[S](s.Adapter)
	if !ok {
		s.t.Skipf("%T does not implement %v", s.Adapter, reflect.TypeFor[S]())
	}
	return found
}

func (s store) sessions() cardea.SessionStore { return storeOf[cardea.SessionStore](s) }

func trackerOf(s store) cardea.SessionTracker { return storeOf[cardea.SessionTracker](s) }

func (s store) tokens() cardea.TokenStore { return storeOf[cardea.TokenStore](s) }

func (s store) passkeys() cardea.AuthenticatorStore { return storeOf[cardea.AuthenticatorStore](s) }

// user creates a user with every field filled. Users with different names differ in every field.
func (s store) user(name string) *cardea.User {
	s.t.Helper()
	u := filledUser(name)
	s.must(s.CreateUser(s.t.Context(), u))
	return u
}

func filledUser(name string) *cardea.User {
	return &cardea.User{
		Name:          name,
		Email:         strings.ToLower(name) + "@example.com",
		EmailVerified: soon.Add(-time.Hour),
		Image:         "https://example.com/" + name + ".png",
	}
}

// account links an account with every field filled.
func (s store) account(userID, provider, id string) *cardea.Account {
	s.t.Helper()
	a := filledAccount(userID, provider, id)
	s.must(s.LinkAccount(s.t.Context(), a))
	return a
}

func filledAccount(userID, provider, id string) *cardea.Account {
	return &cardea.Account{
		UserID: userID, Type: cardea.TypeOIDC, Provider: provider, ProviderAccountID: id,
		RefreshToken: "refresh " + id, AccessToken: "access " + id, ExpiresAt: soon, TokenType: "bearer",
		Scope: "openid email", IDToken: "id " + id, SessionState: "state " + id,
	}
}

func (s store) session(userID, token string) {
	s.t.Helper()
	s.must(s.sessions().CreateSession(s.t.Context(), &cardea.Session{Token: token, UserID: userID, Expires: soon}))
}

func (s store) token(identifier, token string) {
	s.t.Helper()
	s.must(s.tokens().CreateVerificationToken(s.t.Context(),
		&cardea.VerificationToken{Identifier: identifier, Token: token, Expires: soon}))
}

// must ends the test if a step that prepares it fails.
func (s store) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("prepare the test: %v", err)
	}
}

// want checks the error of op against what the contract says; nil means success.
func (s store) want(op string, got, want error) {
	s.t.Helper()
	if !errors.Is(got, want) {
		s.t.Errorf("%s: got %v, want %v", op, got, want)
	}
}

// sameUser compares the fields of the contract, and checks the entity's type.
func (s store) sameUser(got, want *cardea.User) {
	s.t.Helper()
	if got == nil {
		s.t.Fatal("got no user and no error")
	}
	if got.ID != want.ID || got.Name != want.Name || got.Email != want.Email || got.Image != want.Image {
		s.t.Errorf("got user %+v, want %+v", *got, *want)
	}
	s.sameTime("EmailVerified", got.EmailVerified, want.EmailVerified)
	s.isEntity(got.Entity)
}

func (s store) sameTime(name string, got, want time.Time) {
	s.t.Helper()
	if !got.Truncate(time.Millisecond).Equal(want.Truncate(time.Millisecond)) {
		s.t.Errorf("%s: got %v, want %v", name, got, want)
	}
	if _, offset := got.Zone(); offset != 0 || got.Location() != time.UTC {
		s.t.Errorf("%s: got a time in %v, want UTC", name, got.Location())
	}
}

// findsUser reads the user with want's id and compares it.
func (s store) findsUser(want *cardea.User) {
	s.t.Helper()
	got, err := s.UserByID(s.t.Context(), want.ID)
	s.want("UserByID", err, nil)
	if err == nil {
		s.sameUser(got, want)
	}
}

func (s store) noUser(id string) {
	s.t.Helper()
	_, err := s.UserByID(s.t.Context(), id)
	s.want("UserByID of a user who should not be there", err, cardea.ErrNotFound)
}

// noUserWithEmailOf looks for u's e-mail and not for its ID: after a rollback, a database that
// numbers its rows may give the same ID to the next user.
func (s store) noUserWithEmailOf(u *cardea.User) {
	s.t.Helper()
	_, err := s.UserByEmail(s.t.Context(), u.Email)
	s.want("UserByEmail of a user who should not be there", err, cardea.ErrNotFound)
}

// hasAccounts compares all accounts of a user.
func (s store) hasAccounts(userID string, want ...*cardea.Account) {
	s.t.Helper()
	got, err := s.Accounts(s.t.Context(), userID)
	s.want("Accounts", err, nil)
	if len(got) != len(want) {
		s.t.Fatalf("got %d accounts, want %d", len(got), len(want))
	}
	for i := range got {
		s.sameAccount(got[i], want[i])
	}
}

func (s store) sameAccount(got, want *cardea.Account) {
	s.t.Helper()
	g, w := *got, *want
	g.ExpiresAt, w.ExpiresAt = time.Time{}, time.Time{}
	g.Entity, w.Entity = nil, nil
	if g != w {
		s.t.Errorf("got account %+v, want %+v", g, w)
	}
	s.sameTime("ExpiresAt", got.ExpiresAt.Truncate(time.Second), want.ExpiresAt.Truncate(time.Second))
}

func (s store) hasSession(token, userID string, expires time.Time) {
	s.t.Helper()
	got, err := s.sessions().Session(s.t.Context(), token)
	s.want("Session", err, nil)
	if err != nil {
		return
	}
	if got.Token != token || got.UserID != userID || got.User == nil || got.User.ID != userID {
		s.t.Errorf("got session %+v, want token %q and user %q", *got, token, userID)
	}
	s.sameTime("Expires", got.Expires, expires)
}

func (s store) noSession(token string) {
	s.t.Helper()
	_, err := s.sessions().Session(s.t.Context(), token)
	s.want("Session that should not be there", err, cardea.ErrNotFound)
}

// withTimeout returns a context for a call that should not have to wait.
func withTimeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
