package adaptertest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/memadapter"
)

// brokenFactors are adapters that break one promise of factor.Store each.
var brokenFactors = map[string]brokenAdapter{
	"uses a factor in two steps": {
		func() cardea.Adapter { return twoStepUse{memadapter.New(), newMeeting()} },
		"UseFactor/if_several_callers_set_the_same_value_at_the_same_time,_exactly_one_succeeds",
	},
	"accepts the last step again": {
		func() cardea.Adapter { return usesAgain{memadapter.New()} },
		"UseFactor/a_step_that_is_not_above_the_stored_one_is_ErrConflict",
	},
	"uses the factors of others": {
		func() cardea.Adapter { return usesAnybodys{memadapter.New()} },
		"UseFactor/a_factor_that_the_user_does_not_have_is_ErrConflict",
	},
	"uses a recovery code in two steps": {
		func() cardea.Adapter { return twoStepRecovery{memadapter.New()} },
		"UseRecoveryCode/if_several_callers_use_the_same_code_at_the_same_time,_exactly_one_succeeds",
	},
	"folds the case of recovery codes": {
		func() cardea.Adapter { return foldsRecovery{memadapter.New()} },
		"UseRecoveryCode/a_code_that_the_user_does_not_have_is_ErrNotFound",
	},
	"keeps old recovery codes": {
		func() cardea.Adapter { return keepsRecovery{memadapter.New()} },
		"ReplaceRecoveryCodes/deletes_the_codes_of_the_user_and_adds_others",
	},
	"keeps recovery codes without factors": {
		func() cardea.Adapter { return deletesFactorsOnly{memadapter.New()} },
		"DeleteFactors/deletes_all_factors_and_recovery_codes_of_the_user,_and_of_no_other",
	},
	"lists the last factor first": {
		func() cardea.Adapter { return listsBackwards{memadapter.New()} },
		"Factors/returns_the_factors_of_the_user,_ordered_by_CreatedAt_and_then_by_ID",
	},
	"creates a factor that exists": {
		func() cardea.Adapter { return createsAgain{memadapter.New()} },
		"CreateFactor/an_ID_that_exists,_of_any_user,_is_ErrConflict",
	},
	"has a conflict for a factor of nobody": {
		func() cardea.Adapter { return conflictsForNobody{memadapter.New()} },
		"CreateFactor/a_user_who_does_not_exist_is_ErrNotFound",
	},
	"forgets when a factor was used": {
		func() cardea.Adapter { return forgetsUse{memadapter.New()} },
		"UseFactor/sets_LastStep_and_LastUsedAt",
	},
	"deletes no factor": {
		func() cardea.Adapter { return deletesNoFactor{memadapter.New()} },
		"DeleteFactor/deletes_the_factor_if_it_belongs_to_that_user",
	},
	"keeps a recovery code that was used": {
		func() cardea.Adapter { return keepsUsedCode{memadapter.New()} },
		"UseRecoveryCode/deletes_the_code_of_that_user,_and_no_other",
	},
}

type twoStepUse struct {
	*memadapter.Adapter
	meeting *meeting
}

func (a twoStepUse) UseFactor(ctx context.Context, userID, id string, step int64, used time.Time) error {
	list, err := a.Factors(ctx, userID)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.ID == id && step > f.LastStep {
			a.meeting.wait(id)
			err := a.DeleteFactor(ctx, userID, id)
			f.LastStep, f.LastUsedAt = step, used
			if err == nil {
				_ = a.CreateFactor(ctx, f)
			}
			return err
		}
	}
	return cardea.ErrConflict
}

type usesAgain struct{ *memadapter.Adapter }

func (a usesAgain) UseFactor(ctx context.Context, userID, id string, step int64, used time.Time) error {
	err := a.Adapter.UseFactor(ctx, userID, id, step, used)
	list, _ := a.Factors(ctx, userID)
	for _, f := range list {
		if f.ID == id && f.LastStep == step {
			return nil
		}
	}
	return err
}

type usesAnybodys struct{ *memadapter.Adapter }

func (a usesAnybodys) UseFactor(ctx context.Context, userID, id string, step int64, used time.Time) error {
	ada, err := a.UserByEmail(ctx, "ada@example.com")
	if err == nil {
		userID = ada.ID
	}
	return a.Adapter.UseFactor(ctx, userID, id, step, used)
}

type twoStepRecovery struct{ *memadapter.Adapter }

func (a twoStepRecovery) UseRecoveryCode(ctx context.Context, userID, hash string) error {
	n, err := a.CountRecoveryCodes(ctx, userID)
	if err != nil || n < 2 {
		return cardea.ErrNotFound
	}
	time.Sleep(time.Millisecond)
	_ = a.Adapter.UseRecoveryCode(ctx, userID, hash)
	return nil
}

type foldsRecovery struct{ *memadapter.Adapter }

func (a foldsRecovery) UseRecoveryCode(ctx context.Context, userID, hash string) error {
	return a.Adapter.UseRecoveryCode(ctx, userID, strings.ToLower(hash))
}

type keepsRecovery struct{ *memadapter.Adapter }

func (a keepsRecovery) ReplaceRecoveryCodes(ctx context.Context, userID string, hashes []string) error {
	if len(hashes) == 2 && strings.HasSuffix(hashes[1], "4") {
		hashes = append(hashes, strings.Repeat("0", 63)+"1")
	}
	return a.Adapter.ReplaceRecoveryCodes(ctx, userID, hashes)
}

type deletesFactorsOnly struct{ *memadapter.Adapter }

func (a deletesFactorsOnly) DeleteFactors(ctx context.Context, userID string) error {
	list, err := a.Factors(ctx, userID)
	for _, f := range list {
		err = a.DeleteFactor(ctx, userID, f.ID)
	}
	return err
}

type listsBackwards struct{ *memadapter.Adapter }

func (a listsBackwards) Factors(ctx context.Context, userID string) ([]*factor.Factor, error) {
	list, err := a.Adapter.Factors(ctx, userID)
	slices.Reverse(list)
	return list, err
}

type createsAgain struct{ *memadapter.Adapter }

func (a createsAgain) CreateFactor(ctx context.Context, f *factor.Factor) error {
	err := a.Adapter.CreateFactor(ctx, f)
	if errors.Is(err, cardea.ErrConflict) {
		err = nil
	}
	return err
}

type conflictsForNobody struct{ *memadapter.Adapter }

func (a conflictsForNobody) CreateFactor(ctx context.Context, f *factor.Factor) error {
	err := a.Adapter.CreateFactor(ctx, f)
	if errors.Is(err, cardea.ErrNotFound) {
		err = cardea.ErrConflict
	}
	return err
}

type forgetsUse struct{ *memadapter.Adapter }

func (a forgetsUse) UseFactor(ctx context.Context, userID, id string, step int64, _ time.Time) error {
	return a.Adapter.UseFactor(ctx, userID, id, step, time.Time{})
}

type deletesNoFactor struct{ *memadapter.Adapter }

func (deletesNoFactor) DeleteFactor(context.Context, string, string) error { return nil }

type keepsUsedCode struct{ *memadapter.Adapter }

func (a keepsUsedCode) UseRecoveryCode(ctx context.Context, userID, hash string) error {
	undo := errors.New("undo")
	err := a.Transact(ctx, func(ctx context.Context) error {
		if err := a.Adapter.UseRecoveryCode(ctx, userID, hash); err != nil {
			return err
		}
		return undo
	})
	if errors.Is(err, undo) {
		err = nil
	}
	return err
}

var _ factor.Store = deletesFactorsOnly{}
