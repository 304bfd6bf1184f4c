package adaptertest_test

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
)

// brokenPasswords are adapters that break one promise of password.Store each.
var brokenPasswords = map[string]brokenAdapter{
	"replaces a hash in two steps": {
		func() cardea.Adapter { return replacesInTwoSteps{memadapter.New(), newMeeting()} },
		"ReplacePasswordHash/of_any_number_of_concurrent_callers_exactly_one_succeeds",
	},
	"replaces any hash": {
		func() cardea.Adapter { return replacesAny{memadapter.New()} },
		"ReplacePasswordHash/otherwise_it_is_ErrConflict,_and_nothing_changes",
	},
	"changes the time of a hash": {
		func() cardea.Adapter { return changesTime{memadapter.New()} },
		"ReplacePasswordHash/writes_another_hash_if_the_stored_one_is_old,_and_does_not_change_the_time",
	},
	"keeps the first password": {
		func() cardea.Adapter { return keepsFirst{memadapter.New()} },
		"SetPasswordHash/if_the_user_has_one,_both_its_hash_and_its_time_are_replaced",
	},
	"cuts hashes": {
		func() cardea.Adapter { return cutsHashes{memadapter.New()} },
		"SetPasswordHash/hashes_of_255_characters_are_kept",
	},
	"sets passwords outside of the transaction": {
		func() cardea.Adapter { return setsAlone{memadapter.New(), memadapter.New()} },
		"SetPasswordHash/is_undone_with_the_transaction",
	},
	"keeps the passwords of users who are deleted": {
		func() cardea.Adapter { return keepsPasswords{memadapter.New(), memadapter.New()} },
		"PasswordHash/ends_with_its_user",
	},
	"deletes no password": {
		func() cardea.Adapter { return deletesNone{memadapter.New()} },
		"DeletePassword/removes_the_password_of_the_user,_and_of_no_other",
	},
}

type replacesInTwoSteps struct {
	*memadapter.Adapter
	meeting *meeting
}

func (a replacesInTwoSteps) ReplacePasswordHash(ctx context.Context, userID, old, hash string) error {
	stored, changed, err := a.PasswordHash(ctx, userID)
	a.meeting.wait(userID)
	if err != nil || stored != old {
		return cardea.ErrConflict
	}
	return a.SetPasswordHash(ctx, userID, hash, changed)
}

type replacesAny struct{ *memadapter.Adapter }

func (a replacesAny) ReplacePasswordHash(ctx context.Context, userID, _, hash string) error {
	_, changed, err := a.PasswordHash(ctx, userID)
	if err != nil {
		return cardea.ErrConflict
	}
	return a.SetPasswordHash(ctx, userID, hash, changed)
}

type changesTime struct{ *memadapter.Adapter }

func (a changesTime) ReplacePasswordHash(ctx context.Context, userID, old, hash string) error {
	if err := a.Adapter.ReplacePasswordHash(ctx, userID, old, hash); err != nil {
		return err
	}
	return a.SetPasswordHash(ctx, userID, hash, time.Now())
}

type keepsFirst struct{ *memadapter.Adapter }

func (a keepsFirst) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	if _, _, err := a.PasswordHash(ctx, userID); err == nil {
		return nil
	}
	return a.Adapter.SetPasswordHash(ctx, userID, hash, changed)
}

type cutsHashes struct{ *memadapter.Adapter }

func (a cutsHashes) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	return a.Adapter.SetPasswordHash(ctx, userID, hash[:min(len(hash), 128)], changed)
}

type setsAlone struct {
	*memadapter.Adapter
	passwords *memadapter.Adapter
}

func (a setsAlone) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	_ = a.passwords.CreateUser(ctx, &cardea.User{ID: userID})
	return a.passwords.SetPasswordHash(ctx, userID, hash, changed)
}

func (a setsAlone) PasswordHash(ctx context.Context, userID string) (string, time.Time, error) {
	return a.passwords.PasswordHash(ctx, userID)
}

type keepsPasswords setsAlone

func (a keepsPasswords) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	return setsAlone(a).SetPasswordHash(ctx, userID, hash, changed)
}

func (a keepsPasswords) PasswordHash(ctx context.Context, userID string) (string, time.Time, error) {
	return setsAlone(a).PasswordHash(ctx, userID)
}

type deletesNone struct{ *memadapter.Adapter }

func (deletesNone) DeletePassword(context.Context, string) error { return nil }
