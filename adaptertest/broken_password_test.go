package adaptertest_test

import (
	"context"
	"errors"
	"sync"
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
	"returns times of another zone": {
		func() cardea.Adapter { return otherZone{memadapter.New()} },
		"PasswordHash/returns_the_hash_and_when_the_user_got_the_password,_in_UTC",
	},
	"has an empty hash for everybody": {
		func() cardea.Adapter { return emptyHash{memadapter.New()} },
		"PasswordHash/ErrNotFound_if_the_user_has_none",
	},
	"sets the password of nobody": {
		func() cardea.Adapter { return setsForNobody{memadapter.New()} },
		"SetPasswordHash/a_user_who_does_not_exist_is_ErrNotFound",
	},
	"inserts a row that another caller has inserted": {
		func() cardea.Adapter { return insertsTwice{memadapter.New(), newMeeting()} },
		"SetPasswordHash/of_concurrent_callers_each_succeeds",
	},
	"refuses callers for another user": {
		func() cardea.Adapter {
			return oneUser{memadapter.New(), newMeeting(), new(sync.Mutex), map[string]int{}}
		},
		"SetPasswordHash/of_concurrent_callers_for_several_users_each_succeeds",
	},
	"looks for the user outside of the transaction": {
		func() cardea.Adapter { return looksOutside{memadapter.New(), new(sync.Map)} },
		"SetPasswordHash/of_a_user_whom_the_transaction_has_created",
	},
	"misses the password that it deletes": {
		func() cardea.Adapter { return missesPassword{memadapter.New()} },
		"DeletePassword/does_nothing_if_there_is_none",
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

type otherZone struct{ *memadapter.Adapter }

func (a otherZone) PasswordHash(ctx context.Context, userID string) (string, time.Time, error) {
	hash, changed, err := a.Adapter.PasswordHash(ctx, userID)
	return hash, changed.In(time.FixedZone("", 3600)), err
}

type emptyHash struct{ *memadapter.Adapter }

func (a emptyHash) PasswordHash(ctx context.Context, userID string) (string, time.Time, error) {
	hash, changed, err := a.Adapter.PasswordHash(ctx, userID)
	if errors.Is(err, cardea.ErrNotFound) {
		err = nil
	}
	return hash, changed, err
}

type setsForNobody struct{ *memadapter.Adapter }

func (a setsForNobody) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	err := a.Adapter.SetPasswordHash(ctx, userID, hash, changed)
	if errors.Is(err, cardea.ErrNotFound) {
		err = nil
	}
	return err
}

type insertsTwice struct {
	*memadapter.Adapter
	meeting *meeting
}

func (a insertsTwice) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	_, _, err := a.PasswordHash(ctx, userID)
	isNew := errors.Is(err, cardea.ErrNotFound)
	a.meeting.wait(userID)
	return a.Transact(ctx, func(ctx context.Context) error {
		if _, _, err := a.PasswordHash(ctx, userID); err == nil && isNew {
			return cardea.ErrConflict
		}
		return a.Adapter.SetPasswordHash(ctx, userID, hash, changed)
	})
}

// oneUser refuses a caller while others set the password of another user.
type oneUser struct {
	*memadapter.Adapter
	meeting *meeting
	mu      *sync.Mutex
	callers map[string]int
}

func (a oneUser) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	a.mu.Lock()
	a.callers[userID]++
	isBusy := len(a.callers) > 1
	a.mu.Unlock()
	a.meeting.wait("all")
	a.mu.Lock()
	if a.callers[userID]--; a.callers[userID] == 0 {
		delete(a.callers, userID)
	}
	a.mu.Unlock()
	if isBusy {
		return cardea.ErrConflict
	}
	return a.Adapter.SetPasswordHash(ctx, userID, hash, changed)
}

// looksOutside does not find a user whom the transaction has created.
type looksOutside struct {
	*memadapter.Adapter
	created *sync.Map
}

func (a looksOutside) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return a.Adapter.Transact(context.WithValue(ctx, inside{}, true), fn)
}

func (a looksOutside) CreateUser(ctx context.Context, u *cardea.User) error {
	err := a.Adapter.CreateUser(ctx, u)
	if ctx.Value(inside{}) != nil {
		a.created.Store(u.ID, true)
	}
	return err
}

func (a looksOutside) SetPasswordHash(ctx context.Context, userID, hash string, changed time.Time) error {
	if _, isNew := a.created.Load(userID); isNew && ctx.Value(inside{}) != nil {
		return cardea.ErrNotFound
	}
	return a.Adapter.SetPasswordHash(ctx, userID, hash, changed)
}

type missesPassword struct{ *memadapter.Adapter }

func (a missesPassword) DeletePassword(ctx context.Context, userID string) error {
	if _, _, err := a.PasswordHash(ctx, userID); err != nil {
		return err
	}
	return a.Adapter.DeletePassword(ctx, userID)
}
