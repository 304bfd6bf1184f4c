package adaptertest_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/memadapter"
)

// brokenVariable is the environment variable that names the broken adapter in the second process of
// the test binary. A suite that must fail cannot run inside a test that must pass.
const brokenVariable = "CARDEA_BROKEN_ADAPTER"

// broken holds adapters that break one promise each, with the subtest of Run that must fail.
var broken = merged(brokenLimits, brokenFactors, brokenPasswords, brokenDeletions, map[string]brokenAdapter{
	"does not roll back": {
		func() cardea.Adapter { return noRollback{memadapter.New()} },
		"Transact/none_of_it_when_fn_returns_an_error",
	},
	"does not roll back a nested transaction": {
		func() cardea.Adapter { return noSavepoint{memadapter.New()} },
		"Transact/an_error_of_fn_undoes_what_fn_wrote_and_leaves_the_outer_transaction_usable",
	},
	"does not join the transaction": {
		func() cardea.Adapter { return notJoined{memadapter.New(), memadapter.New()} },
		"Transact/updates_and_deletes_are_undone_too",
	},
	"ignores the context": {
		func() cardea.Adapter { return ignoresContext{memadapter.New()} },
		"All_methods/stop_when_ctx_ends",
	},
	"consumes in two steps": {
		func() cardea.Adapter { return twoStepConsume{memadapter.New(), newMeeting()} },
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
	"finds a user by an empty e-mail": {
		func() cardea.Adapter { return emptyEmail{memadapter.New(), new(sync.Map)} },
		"UserByEmail/an_empty_e-mail_finds_nobody",
	},
	"cuts what does not fit": {
		func() cardea.Adapter { return cutsTexts{memadapter.New()} },
		"CreateUser/an_optional_text_that_the_store_cannot_hold_is_left_out,_never_cut_or_changed",
	},
	"refuses what does not fit": {
		func() cardea.Adapter { return refusesTexts{memadapter.New()} },
		"CreateUser/an_optional_text_that_the_store_cannot_hold_is_left_out,_never_cut_or_changed",
	},
	"replaces characters when it updates": {
		func() cardea.Adapter { return replacesCharacters{memadapter.New()} },
		"UpdateUser/an_optional_text_that_does_not_fit_is_removed,_never_cut_or_changed",
	},
	"renewing creates a deleted session again": {
		func() cardea.Adapter { return upsert{memadapter.New(), new(sync.Map)} },
		"RenewSession/it_never_brings_back_a_deleted_one",
	},
	"renewing forgets the sign-in": {
		func() cardea.Adapter { return renewsAsNew{memadapter.New()} },
		"RenewSession/and_nothing_else",
	},
	"changes the methods of a sign-in": {
		func() cardea.Adapter { return changesMethods{memadapter.New()} },
		"CreateSession/with_what_describes_the_sign-in,_or_without_what_the_store_has_no_place_for",
	},
	"stores every use": {
		func() cardea.Adapter { return touchesAlways{memadapter.New()} },
		"TouchSession/stores_seen_if_SeenAt_is_not_stored_or_not_later_than_before",
	},
	"each use is a new sign-in": {
		func() cardea.Adapter { return touchesAsNew{memadapter.New()} },
		"TouchSession/changes_nothing_else",
	},
	"linking steals accounts": {
		func() cardea.Adapter { return stealsAccounts{memadapter.New()} },
		"LinkAccount/an_account_that_is_already_linked,_to_any_user,_is_ErrConflict",
	},
	"updating removes the refresh token": {
		func() cardea.Adapter { return losesRefreshToken{memadapter.New()} },
		"UpdateAccount/a_field_that_is_empty_keeps_its_stored_value",
	},
	"keeps whole seconds only": {
		func() cardea.Adapter { return wholeSeconds{memadapter.New()} },
		"CreateSession/times_are_kept_to_the_millisecond_and_come_back_in_UTC",
	},
	"updates the counter in two steps": {
		func() cardea.Adapter { return twoStepCounter{memadapter.New(), newMeeting()} },
		"UpdateAuthenticatorCounter/of_any_number_of_concurrent_callers_with_one_counter_exactly_one_succeeds",
	},
	"does not delete passkeys": {
		func() cardea.Adapter { return keepsPasskeys{memadapter.New()} },
		"DeleteUser/removes_the_user_with_all_authenticators",
	},
	"locks nothing": {
		func() cardea.Adapter { return noLock{memadapter.New(), newMeeting()} },
		"LockUser/blocks_other_LockUser_calls_for_this_user_until_the_transaction_ends;_later_reads_see_its_result",
	},
	"reads lock nothing": {
		func() cardea.Adapter { return noLock{memadapter.New(), newMeeting()} },
		"LockReads/UserByID,_UserByEmail_and_UserByAccount_lock_the_user_whom_they_return,_as_LockUser_does",
	},
	"updating keeps the old expiry": {
		func() cardea.Adapter { return oldExpiry{memadapter.New()} },
		"UpdateAccount/with_a_new_access_token_a_zero_expiry_removes_the_stored_one",
	},
	"forgets the access token only": {
		func() cardea.Adapter { return keepsRefreshToken{memadapter.New()} },
		"ForgetTokens/removes_the_refresh_token,_the_access_token_with_its_expiry,_and_the_ID_token",
	},
	"lists only sessions that have not expired": {
		func() cardea.Adapter { return onlyUnexpired{memadapter.New()} },
		"Sessions/expired_or_not",
	},
	"deletes the session to be kept": {
		func() cardea.Adapter { return deletesAll{memadapter.New()} },
		"DeleteSessions/removes_the_sessions_of_a_user,_all_but_the_one_with_the_token_except,_and_returns_how_many",
	},
	"keeps every session if except is empty": {
		func() cardea.Adapter { return keepsAllSessions{memadapter.New()} },
		"DeleteSessions/an_except_that_is_empty_or_another_user's_token_keeps_none",
	},
	"deletes the tokens of similar identifiers": {
		func() cardea.Adapter { return looseIdentifier{memadapter.New()} },
		"DeleteVerificationTokens/removes_the_tokens_of_exactly_that_identifier,_and_returns_how_many",
	},
	"purges without a limit": {
		func() cardea.Adapter { return noLimit{memadapter.New()} },
		"DeleteExpiredSessions/removes_at_most_limit_sessions_that_expired_before_the_given_time,_and_returns_how_many",
	},
})

// brokenAdapter opens an adapter, and names the subtest of Run that must fail.
type brokenAdapter struct {
	open  func() cardea.Adapter
	fails string
}

func merged(all ...map[string]brokenAdapter) map[string]brokenAdapter {
	merged := map[string]brokenAdapter{}
	for _, m := range all {
		maps.Copy(merged, m)
	}
	return merged
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
				t.Fatalf("the suite ended with %v, want a failure:\n%s", err, out)
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

// TestBrokenAdapter is the test that the second process runs.
func TestBrokenAdapter(t *testing.T) {
	t.Parallel()
	name := os.Getenv(brokenVariable)
	if name == "" {
		t.Skip("runs in a process of TestBroken only, where it must fail")
	}
	adaptertest.Run(t, func(*testing.T) cardea.Adapter { return broken[name].open() })
}

func TestMissingStoresAreSkipped(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		t.Cleanup(func() {
			if needsStore(t.Name()) && !t.Skipped() {
				t.Errorf("%s was not skipped", t.Name())
			}
		})
		return usersOnly{memadapter.New()}
	})
}

// needsStore reports whether a test is about a method of a store that usersOnly does not have.
func needsStore(test string) bool {
	return slices.ContainsFunc(
		[]string{"Session", "VerificationToken", "/Authenticator", "AuthenticatorCounter", "Limit"},
		func(part string) bool { return strings.Contains(test, part) },
	)
}

// usersOnly has the methods of cardea.Adapter only.
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

// notJoined runs transactions of another store, in which its own methods take no part.
type notJoined struct {
	*memadapter.Adapter
	other *memadapter.Adapter
}

func (a notJoined) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return a.other.Transact(ctx, fn)
}

type ignoresContext struct{ *memadapter.Adapter }

func (a ignoresContext) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return a.Adapter.UserByID(context.WithoutCancel(ctx), id)
}

type twoStepConsume struct {
	*memadapter.Adapter
	meeting *meeting
}

// ConsumeVerificationToken reads in one transaction and deletes in the next. Every caller that has
// read the token returns it.
func (a twoStepConsume) ConsumeVerificationToken(
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
	a.meeting.wait(token)
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

// emptyEmail finds the last user without e-mail, as a query does that leaves out the condition for
// an empty value.
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

// upsert remembers the owners of sessions, and creates a deleted session again.
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

// renewsAsNew deletes a session and creates it again.
type renewsAsNew struct{ *memadapter.Adapter }

func (a renewsAsNew) RenewSession(ctx context.Context, token string, expires time.Time) error {
	s, err := a.Session(ctx, token)
	if err != nil {
		return err
	}
	if err := a.DeleteSession(ctx, token); err != nil {
		return err
	}
	return a.CreateSession(ctx, &cardea.Session{
		Token: token, UserID: s.UserID, Expires: expires, CreatedAt: time.Now(), Methods: s.Methods,
	})
}

type changesMethods struct{ *memadapter.Adapter }

func (a changesMethods) CreateSession(ctx context.Context, s *cardea.Session) error {
	s.Methods = append(slices.Clone(s.Methods), "mfa")
	return a.Adapter.CreateSession(ctx, s)
}

type touchesAlways struct{ *memadapter.Adapter }

func (a touchesAlways) TouchSession(ctx context.Context, token string, _, seen, created time.Time) error {
	return a.Adapter.TouchSession(ctx, token, seen.AddDate(1, 0, 0), seen, created)
}

// touchesAsNew stores the time of the sign-in whether it is stored or not.
type touchesAsNew struct{ *memadapter.Adapter }

func (a touchesAsNew) TouchSession(ctx context.Context, token string, _, seen, created time.Time) error {
	s, err := a.Session(ctx, token)
	if err != nil {
		return nil
	}
	if err := a.DeleteSession(ctx, token); err != nil {
		return err
	}
	s.SeenAt, s.CreatedAt = seen, created
	return a.CreateSession(ctx, s)
}

type stealsAccounts struct{ *memadapter.Adapter }

func (a stealsAccounts) LinkAccount(ctx context.Context, account *cardea.Account) error {
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

type losesRefreshToken struct{ *memadapter.Adapter }

func (a losesRefreshToken) UpdateAccount(ctx context.Context, account *cardea.Account) error {
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

type cutsTexts struct{ *memadapter.Adapter }

func (a cutsTexts) CreateUser(ctx context.Context, u *cardea.User) error {
	u.Image = u.Image[:min(len(u.Image), 255)]
	return a.Adapter.CreateUser(ctx, u)
}

type refusesTexts struct{ *memadapter.Adapter }

func (a refusesTexts) CreateUser(ctx context.Context, u *cardea.User) error {
	if len(u.Image) > 255 {
		return cardea.ErrRefused
	}
	return a.Adapter.CreateUser(ctx, u)
}

type replacesCharacters struct{ *memadapter.Adapter }

func (a replacesCharacters) UpdateUser(ctx context.Context, u *cardea.User) error {
	u.Name = strings.ReplaceAll(u.Name, "\U0001f600", "?")
	return a.Adapter.UpdateUser(ctx, u)
}

type wholeSeconds struct{ *memadapter.Adapter }

func (a wholeSeconds) CreateSession(ctx context.Context, s *cardea.Session) error {
	row := *s
	row.Expires = s.Expires.Truncate(time.Second)
	return a.Adapter.CreateSession(ctx, &row)
}

type noLimit struct{ *memadapter.Adapter }

func (a noLimit) DeleteExpiredSessions(ctx context.Context, before time.Time, _ int) (int, error) {
	return a.Adapter.DeleteExpiredSessions(ctx, before, 1<<30)
}

// twoStepCounter reads the counter before it writes, and ignores what was written in between.
type twoStepCounter struct {
	*memadapter.Adapter
	meeting *meeting
}

func (a twoStepCounter) UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error {
	stored, err := a.Authenticator(ctx, credentialID)
	if err != nil {
		return err
	}
	if counter <= stored.Counter && counter != 0 {
		return cardea.ErrConflict
	}
	a.meeting.wait(credentialID)
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

// noLock is a store whose transactions run concurrently, and whose LockUser and LockReads do not
// lock.
type noLock struct {
	*memadapter.Adapter
	meeting *meeting
}

func (a noLock) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}

func (a noLock) LockReads(ctx context.Context, _ cardea.Adapter) (context.Context, bool) {
	return ctx, true
}

func (a noLock) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	accounts, err := a.Adapter.Accounts(ctx, userID)
	a.meeting.wait(userID)
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

type keepsRefreshToken struct{ *memadapter.Adapter }

func (a keepsRefreshToken) ForgetTokens(ctx context.Context, provider, providerAccountID string) error {
	row := &cardea.Account{Provider: provider, ProviderAccountID: providerAccountID, AccessToken: "forgotten"}
	if err := a.UpdateAccount(ctx, row); !errors.Is(err, cardea.ErrNotFound) {
		return err
	}
	return nil
}

type onlyUnexpired struct{ *memadapter.Adapter }

func (a onlyUnexpired) Sessions(ctx context.Context, userID string) ([]*cardea.Session, error) {
	sessions, err := a.Adapter.Sessions(ctx, userID)
	return slices.DeleteFunc(sessions, func(s *cardea.Session) bool { return s.Expires.Before(time.Now()) }), err
}

type deletesAll struct{ *memadapter.Adapter }

func (a deletesAll) DeleteSessions(ctx context.Context, userID, _ string) (int, error) {
	return a.Adapter.DeleteSessions(ctx, userID, "")
}

// keepsAllSessions does nothing for an empty except, as a comparison with NULL does in SQL.
type keepsAllSessions struct{ *memadapter.Adapter }

func (a keepsAllSessions) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	if except == "" {
		return 0, ctx.Err()
	}
	return a.Adapter.DeleteSessions(ctx, userID, except)
}

type looseIdentifier struct{ *memadapter.Adapter }

func (a looseIdentifier) DeleteVerificationTokens(ctx context.Context, identifier string) (int, error) {
	return a.Adapter.DeleteVerificationTokens(ctx, strings.ToLower(strings.TrimSpace(identifier)))
}
