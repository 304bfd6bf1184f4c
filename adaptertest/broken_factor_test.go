package adaptertest_test

import (
	"context"
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

var _ factor.Store = deletesFactorsOnly{}
