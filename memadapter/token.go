package memadapter

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
)

// CreateVerificationToken adds t. A token that exists is [cardea.ErrConflict].
func (a *Adapter) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	return a.do(ctx, func(tx *transaction) error {
		if _, taken := a.tokens[t.Token]; taken {
			return cardea.ErrConflict
		}
		row := *t
		row.Expires = stored(t.Expires)
		put(tx, a.tokens, t.Token, row)
		return nil
	})
}

// ConsumeVerificationToken removes the token and returns it, expired or not. Of concurrent callers
// exactly one gets it; the others, and callers with another identifier, get [cardea.ErrNotFound].
func (a *Adapter) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	var t cardea.VerificationToken
	err := a.do(ctx, func(tx *transaction) error {
		var ok bool
		if t, ok = a.tokens[token]; !ok || t.Identifier != identifier {
			return cardea.ErrNotFound
		}
		remove(tx, a.tokens, token)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// DeleteVerificationTokens removes the tokens of exactly that identifier, and returns how many it
// removed.
func (a *Adapter) DeleteVerificationTokens(ctx context.Context, identifier string) (n int, err error) {
	err = a.do(ctx, func(tx *transaction) error {
		for token, t := range a.tokens {
			if t.Identifier == identifier {
				remove(tx, a.tokens, token)
				n++
			}
		}
		return nil
	})
	return n, err
}

// VerificationTokensBefore returns the tokens whose identifier begins with prefix and that expire
// before the given time, ordered by their expiry.
func (a *Adapter) VerificationTokensBefore(
	ctx context.Context, prefix string, before time.Time,
) (list []*cardea.VerificationToken, err error) {
	err = a.do(ctx, func(*transaction) error {
		for _, t := range a.tokens {
			if strings.HasPrefix(t.Identifier, prefix) && t.Expires.Before(before) {
				list = append(list, &t)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(x, y *cardea.VerificationToken) int { return x.Expires.Compare(y.Expires) })
	return list, err
}

// DeleteExpiredVerificationTokens removes at most limit tokens that expired before the given time,
// and returns how many it removed.
func (a *Adapter) DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = a.do(ctx, func(tx *transaction) error {
		for token, t := range a.tokens {
			if n >= limit {
				break
			}
			if t.Expires.Before(before) {
				remove(tx, a.tokens, token)
				n++
			}
		}
		return nil
	})
	return n, err
}
