package adaptertest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/memadapter"
)

// brokenVariable names the broken adapter in the environment of the test binary's second process: a
// suite that is to fail cannot run inside a test that is to pass.
const brokenVariable = "CARDEA_BROKEN_ADAPTER"

// broken are adapters that break one promise each, and the subtest of Run that must say so.
var broken = map[string]struct {
	open  func() cardea.Adapter
	fails string
}{
	"keeps what failed": {
		func() cardea.Adapter { return noRollback{memadapter.New()} },
		"Transact/none_of_it_when_fn_returns_an_error",
	},
	"nested failure keeps its part": {
		func() cardea.Adapter { return noSavepoint{memadapter.New()} },
		"Transact/an_error_of_fn_undoes_what_fn_wrote_and_leaves_the_outer_transaction_usable",
	},
	"transaction is not joined": {
		func() cardea.Adapter { return notJoined{memadapter.New(), memadapter.New()} },
		"Transact/updates_and_deletes_are_undone_too",
	},
	"ignores the context": {
		func() cardea.Adapter { return endless{memadapter.New()} },
		"All_methods/stop_when_ctx_ends",
	},
	"consumes in two steps": {
		func() cardea.Adapter { return twoSteps{memadapter.New()} },
		"ConsumeVerificationToken/of_any_number_of_concurrent_callers_exactly_one_gets_it,_the_others_ErrNotFound",
	},
	"consumes another's token": {
		func() cardea.Adapter { return anyIdentifier{memadapter.New()} },
		"ConsumeVerificationToken/a_token_of_another_identifier_is_ErrNotFound_and_stays",
	},
	"folds case": {
		func() cardea.Adapter { return foldsCase{memadapter.New()} },
		"UserByEmail/or_ErrNotFound",
	},
	"empty e-mail finds somebody": {
		func() cardea.Adapter { return emptyEmail{memadapter.New(), new(sync.Map)} },
		"UserByEmail/an_empty_e-mail_finds_nobody",
	},
	"renewal brings sessions back": {
		func() cardea.Adapter { return upsert{memadapter.New(), new(sync.Map)} },
		"RenewSession/it_never_brings_back_a_deleted_one",
	},
	"link steals accounts": {
		func() cardea.Adapter { return thief{memadapter.New()} },
		"LinkAccount/an_account_that_is_linked_already,_to_whomever,_is_ErrConflict",
	},
	"update forgets the refresh token": {
		func() cardea.Adapter { return forgetful{memadapter.New()} },
		"UpdateAccount/a_field_that_is_empty_keeps_its_stored_value",
	},
	"whole seconds": {
		func() cardea.Adapter { return seconds{memadapter.New()} },
		"CreateSession/times_are_kept_to_the_millisecond_and_come_back_in_UTC",
	},
	"counts in two steps": {
		func() cardea.Adapter { return miscounts{memadapter.New()} },
		"UpdateAuthenticatorCounter/of_any_number_of_concurrent_callers_with_one_counter_exactly_one_succeeds",
	},
	"leaves passkeys behind": {
		func() cardea.Adapter { return keepsPasskeys{memadapter.New()} },
		"DeleteUser/removes_the_user_with_all_authenticators",
	},
	"locks nothing": {
		func() cardea.Adapter { return noLock{memadapter.New()} },
		"LockUser/makes_whoever_locks_the_same_user_wait,_and_finds_what_the_transaction_left",
	},
	"update keeps the old expiry": {
		func() cardea.Adapter { return oldExpiry{memadapter.New()} },
		"UpdateAccount/with_a_new_access_token_a_zero_expiry_removes_the_stored_one",
	},
	"forgets the access token alone": {
		func() cardea.Adapter { return remembers{memadapter.New()} },
		"ForgetTokens/removes_the_refresh_token,_the_access_token_with_its_expiry,_and_the_ID_token",
	},
	"lists sessions that have not expired": {
		func() cardea.Adapter { return onlyLive{memadapter.New()} },
		"Sessions/expired_or_not",
	},
	"deletes the session to be kept": {
		func() cardea.Adapter { return deletesAll{memadapter.New()} },
		"DeleteSessions/removes_the_sessions_of_a_user,_all_but_the_one_with_the_token_except,_and_returns_how_many",
	},
	"spares every session when except is empty": {
		func() cardea.Adapter { return sparesAll{memadapter.New()} },
		"DeleteSessions/an_except_that_is_empty,_or_of_another_user's_session,_spares_none",
	},
	"deletes the tokens of identifiers that look alike": {
		func() cardea.Adapter { return looseIdentifier{memadapter.New()} },
		"DeleteVerificationTokens/removes_the_tokens_of_exactly_that_identifier,_and_returns_how_many",
	},
	"purge knows no limit": {
		func() cardea.Adapter { return limitless{memadapter.New()} },
		"DeleteExpiredSessions/removes_at_most_limit_sessions_that_expired_before_the_given_time,_and_returns_how_many",
	},
}

func TestBroken(t *testing.T) {
	t.Parallel()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, adapter := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := runBroken(t, binary, name)
			if _, failed := errors.AsType[*exec.ExitError](err); !failed {
				t.Fatalf("the suite ended with %v, want that it fails:\n%s", err, out)
			}
			if want := "--- FAIL: TestBrokenAdapter/" + adapter.fails + " ("; !bytes.Contains(out, []byte(want)) {
				t.Errorf("no %q in:\n%s", want, out)
			}
		})
	}
}

func runBroken(t *testing.T, binary, name string) ([]byte, error) {
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestBrokenAdapter$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), brokenVariable+"="+name)
	return cmd.CombinedOutput()
}

// TestBrokenAdapter is what the second process runs.
func TestBrokenAdapter(t *testing.T) {
	t.Parallel()
	name := os.Getenv(brokenVariable)
	if name == "" {
		t.Skip("runs in a process of TestBroken, and fails there")
	}
	adaptertest.Run(t, func(*testing.T) cardea.Adapter { return broken[name].open() })
}

func TestMissingStoresAreSkipped(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		t.Cleanup(func() {
			if store := strings.Contains(t.Name(), "Session") || strings.Contains(t.Name(), "VerificationToken") ||
				strings.Contains(t.Name(), "/Authenticator") ||
				strings.Contains(t.Name(), "AuthenticatorCounter"); store && !t.Skipped() {
				t.Errorf("%s was not skipped", t.Name())
			}
		})
		return usersOnly{memadapter.New()}
	})
}

// usersOnly has only the methods of cardea.Adapter.
type usersOnly struct{ cardea.Adapter }

type noRollback struct{ *memadapter.Adapter }

func (a noRollback) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}

type noSavepoint struct{ *memadapter.Adapter }

type inside struct{}

func (a noSavepoint) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if ctx.Value(inside{}) != nil {
		return fn(ctx)
	}
	return a.Adapter.Transact(context.WithValue(ctx, inside{}, true), fn)
}

// notJoined has transactions of another store: its own methods take no part in them.
type notJoined struct {
	*memadapter.Adapter
	other *memadapter.Adapter
}

func (a notJoined) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return a.other.Transact(ctx, fn)
}

type endless struct{ *memadapter.Adapter }

func (a endless) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return a.Adapter.UserByID(context.WithoutCancel(ctx), id)
}

type twoSteps struct{ *memadapter.Adapter }

// ConsumeVerificationToken reads in one transaction and deletes in the next. Whoever has read
// returns the token.
func (a twoSteps) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (t *cardea.VerificationToken, err error) {
	err = a.Transact(ctx, func(ctx context.Context) error {
		if t, err = a.Adapter.ConsumeVerificationToken(ctx, identifier, token); err != nil {
			return err
		}
		return a.CreateVerificationToken(ctx, t)
	})
	if err != nil {
		return nil, err
	}
	for range 1000 { // in the time of a database's round trip others read too
		runtime.Gosched()
	}
	if _, err := a.Adapter.ConsumeVerificationToken(ctx, identifier, token); err != nil &&
		!errors.Is(err, cardea.ErrNotFound) {
		return nil, err
	}
	return t, nil
}

type anyIdentifier struct{ *memadapter.Adapter }

func (a anyIdentifier) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	t, err := a.Adapter.ConsumeVerificationToken(ctx, identifier, token)
	if err == nil || token != "token" {
		return t, err
	}
	return a.Adapter.ConsumeVerificationToken(ctx, "token", token)
}

type foldsCase struct{ *memadapter.Adapter }

func (a foldsCase) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	return a.Adapter.UserByEmail(ctx, strings.ToLower(email))
}

// emptyEmail finds the last user without e-mail, as a query does whose condition falls away when
// the value is empty.
type emptyEmail struct {
	*memadapter.Adapter
	last *sync.Map
}

func (a emptyEmail) CreateUser(ctx context.Context, u *cardea.User) error {
	err := a.Adapter.CreateUser(ctx, u)
	if u.Email == "" {
		a.last.Store("", u.ID)
	}
	return err
}

func (a emptyEmail) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	if id, ok := a.last.Load(email); ok {
		return a.UserByID(ctx, id.(string))
	}
	return a.Adapter.UserByEmail(ctx, email)
}

// upsert remembers whose a session was, and writes it anew.
type upsert struct {
	*memadapter.Adapter
	owners *sync.Map
}

func (a upsert) CreateSession(ctx context.Context, s *cardea.Session) error {
	a.owners.Store(s.Token, s.UserID)
	return a.Adapter.CreateSession(ctx, s)
}

func (a upsert) RenewSession(ctx context.Context, token string, expires time.Time) error {
	err := a.Adapter.RenewSession(ctx, token, expires)
	if owner, ok := a.owners.Load(token); ok && errors.Is(err, cardea.ErrNotFound) {
		return a.Adapter.CreateSession(ctx, &cardea.Session{Token: token, UserID: owner.(string), Expires: expires})
	}
	return err
}

type thief struct{ *memadapter.Adapter }

func (a thief) LinkAccount(ctx context.Context, account *cardea.Account) error {
	err := a.Adapter.LinkAccount(ctx, account)
	if !errors.Is(err, cardea.ErrConflict) {
		return err
	}
	return a.Transact(ctx, func(ctx context.Context) error {
		if err := a.UnlinkAccount(ctx, account.Provider, account.ProviderAccountID); err != nil {
			return err
		}
		return a.Adapter.LinkAccount(ctx, account)
	})
}

type forgetful struct{ *memadapter.Adapter }

func (a forgetful) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	return a.Transact(ctx, func(ctx context.Context) error {
		u, err := a.UserByAccount(ctx, account.Provider, account.ProviderAccountID)
		if err != nil {
			return err
		}
		row := *account
		row.UserID = u.ID
		if err := a.UnlinkAccount(ctx, account.Provider, account.ProviderAccountID); err != nil {
			return err
		}
		return a.LinkAccount(ctx, &row)
	})
}

type seconds struct{ *memadapter.Adapter }

func (a seconds) CreateSession(ctx context.Context, s *cardea.Session) error {
	row := *s
	row.Expires = s.Expires.Truncate(time.Second)
	return a.Adapter.CreateSession(ctx, &row)
}

type limitless struct{ *memadapter.Adapter }

func (a limitless) DeleteExpiredSessions(ctx context.Context, before time.Time, _ int) (int, error) {
	return a.Adapter.DeleteExpiredSessions(ctx, before, 1<<30)
}

// miscounts looks at the counter before it writes, and then writes whatever has happened meanwhile.
type miscounts struct{ *memadapter.Adapter }

func (a miscounts) UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error {
	stored, err := a.Authenticator(ctx, credentialID)
	if err != nil {
		return err
	}
	if counter <= stored.Counter && counter != 0 {
		return cardea.ErrConflict
	}
	for range 1000 {
		runtime.Gosched()
	}
	if err := a.Adapter.UpdateAuthenticatorCounter(ctx, credentialID, counter); !errors.Is(err, cardea.ErrConflict) {
		return err
	}
	return nil
}

type keepsPasskeys struct{ *memadapter.Adapter }

func (a keepsPasskeys) DeleteUser(ctx context.Context, id string) error {
	return a.Transact(ctx, func(ctx context.Context) error {
		left, err := a.Authenticators(ctx, id)
		if err != nil {
			return err
		}
		u, err := a.UserByID(ctx, id)
		if errors.Is(err, cardea.ErrNotFound) {
			return nil
		}
		if err := errors.Join(err, a.Adapter.DeleteUser(ctx, id)); err != nil || len(left) == 0 {
			return err
		}
		owner := &cardea.User{Name: u.Name}
		if err := a.CreateUser(ctx, owner); err != nil {
			return err
		}
		left[0].UserID = owner.ID
		return a.CreateAuthenticator(ctx, left[0])
	})
}

// noLock is a database whose transactions run beside each other, and which does not lock what it
// should.
type noLock struct{ *memadapter.Adapter }

func (a noLock) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}

func (a noLock) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	accounts, err := a.Adapter.Accounts(ctx, userID)
	for range 1000 {
		runtime.Gosched()
	}
	return accounts, err
}

type oldExpiry struct{ *memadapter.Adapter }

func (a oldExpiry) UpdateAccount(ctx context.Context, account *cardea.Account) error {
	row := *account
	u, err := a.UserByAccount(ctx, account.Provider, account.ProviderAccountID)
	if err != nil {
		return err
	}
	accounts, err := a.Accounts(ctx, u.ID)
	for _, stored := range accounts {
		if stored.Provider == row.Provider && stored.ProviderAccountID == row.ProviderAccountID &&
			row.ExpiresAt.IsZero() {
			row.ExpiresAt = stored.ExpiresAt
		}
	}
	return errors.Join(err, a.Adapter.UpdateAccount(ctx, &row))
}

type remembers struct{ *memadapter.Adapter }

func (a remembers) ForgetTokens(ctx context.Context, provider, providerAccountID string) error {
	row := &cardea.Account{Provider: provider, ProviderAccountID: providerAccountID, AccessToken: "forgotten"}
	if err := a.UpdateAccount(ctx, row); !errors.Is(err, cardea.ErrNotFound) {
		return err
	}
	return nil
}

type onlyLive struct{ *memadapter.Adapter }

func (a onlyLive) Sessions(ctx context.Context, userID string) ([]*cardea.Session, error) {
	sessions, err := a.Adapter.Sessions(ctx, userID)
	return slices.DeleteFunc(sessions, func(s *cardea.Session) bool { return s.Expires.Before(time.Now()) }), err
}

type deletesAll struct{ *memadapter.Adapter }

func (a deletesAll) DeleteSessions(ctx context.Context, userID, _ string) (int, error) {
	return a.Adapter.DeleteSessions(ctx, userID, "")
}

// sparesAll compares with NULL.
type sparesAll struct{ *memadapter.Adapter }

func (a sparesAll) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	if except == "" {
		return 0, ctx.Err()
	}
	return a.Adapter.DeleteSessions(ctx, userID, except)
}

type looseIdentifier struct{ *memadapter.Adapter }

func (a looseIdentifier) DeleteVerificationTokens(ctx context.Context, identifier string) (int, error) {
	return a.Adapter.DeleteVerificationTokens(ctx, strings.ToLower(strings.TrimSpace(identifier)))
}
