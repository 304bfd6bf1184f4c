package adaptertest_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
)

// brokenDeletions are adapters that break one promise of account.DeletionStore each.
var brokenDeletions = map[string]brokenAdapter{
	"lists all tokens": {
		lists(func(a listing) tokens { return a.all("", a.before) }),
		"VerificationTokensBefore/returns_all_verification_tokens_whose_identifier_begins_with_prefix",
	},
	"lists identifiers that contain the prefix": {
		lists(func(a listing) tokens {
			return slices.DeleteFunc(a.all("", a.before), func(t *cardea.VerificationToken) bool {
				return !strings.Contains(t.Identifier, a.prefix)
			})
		}),
		"VerificationTokensBefore/returns_all_verification_tokens_whose_identifier_begins_with_prefix",
	},
	"folds the case of a prefix": {
		lists(func(a listing) tokens {
			return slices.DeleteFunc(a.all("", a.before), func(t *cardea.VerificationToken) bool {
				return !strings.HasPrefix(strings.ToLower(t.Identifier), strings.ToLower(a.prefix))
			})
		}),
		"VerificationTokensBefore/compared_byte_for_byte",
	},
	"takes an underscore for any character": {
		lists(func(a listing) tokens {
			return slices.DeleteFunc(a.all("", a.before), func(t *cardea.VerificationToken) bool {
				for i := range len(a.prefix) {
					if i >= len(t.Identifier) || a.prefix[i] != '_' && a.prefix[i] != t.Identifier[i] {
						return true
					}
				}
				return false
			})
		}),
		"VerificationTokensBefore/compared_byte_for_byte",
	},
	"lists tokens that expire at the time": {
		lists(func(a listing) tokens { return a.all(a.prefix, a.before.Add(time.Millisecond)) }),
		"VerificationTokensBefore/that_expire_before_a_time",
	},
	"lists no token that has expired": {
		lists(func(a listing) tokens {
			return slices.DeleteFunc(a.all(a.prefix, a.before), func(t *cardea.VerificationToken) bool {
				return t.Expires.Before(time.Now())
			})
		}),
		"VerificationTokensBefore/that_expire_before_a_time",
	},
	"lists the last token first": {
		lists(func(a listing) tokens {
			list := a.all(a.prefix, a.before)
			slices.Reverse(list)
			return list
		}),
		"VerificationTokensBefore/those_first_that_expire_first",
	},
	"lists tokens without their text": {
		lists(func(a listing) tokens {
			list := a.all(a.prefix, a.before)
			for _, t := range list {
				t.Token = ""
			}
			return list
		}),
		"VerificationTokensBefore/returns_all_verification_tokens_whose_identifier_begins_with_prefix",
	},
	"uses up what it lists": {
		func() cardea.Adapter { return usesUp{memadapter.New()} },
		"VerificationTokensBefore/changes_none",
	},
	"lists a page of tokens": {
		lists(func(a listing) tokens {
			list := a.all(a.prefix, a.before)
			return list[:min(len(list), 100)]
		}),
		"VerificationTokensBefore/returns_all_verification_tokens_whose_identifier_begins_with_prefix",
	},
}

type tokens = []*cardea.VerificationToken

// listing is one call of VerificationTokensBefore.
type listing struct {
	all    func(prefix string, before time.Time) tokens // the right list
	prefix string
	before time.Time
}

// listsWrong is an adapter with a list of its own.
type listsWrong struct {
	*memadapter.Adapter
	list func(listing) tokens
}

func lists(list func(listing) tokens) func() cardea.Adapter {
	return func() cardea.Adapter { return listsWrong{memadapter.New(), list} }
}

func (a listsWrong) VerificationTokensBefore(ctx context.Context, prefix string, before time.Time) (tokens, error) {
	var fault error
	all := func(prefix string, before time.Time) (list tokens) {
		list, fault = a.Adapter.VerificationTokensBefore(ctx, prefix, before)
		return list
	}
	return a.list(listing{all, prefix, before}), fault
}

type usesUp struct{ *memadapter.Adapter }

func (a usesUp) VerificationTokensBefore(ctx context.Context, prefix string, before time.Time) (tokens, error) {
	list, err := a.Adapter.VerificationTokensBefore(ctx, prefix, before)
	for _, t := range list {
		if _, err := a.ConsumeVerificationToken(ctx, t.Identifier, t.Token); err != nil {
			return nil, err
		}
	}
	return list, err
}
