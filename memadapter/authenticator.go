package memadapter

import (
	"cmp"
	"context"
	"slices"

	"github.com/cardea-auth/cardea"
)

// CreateAuthenticator adds authenticator. A credential ID that exists, of any user, is
// [cardea.ErrConflict]; a user who does not exist is [cardea.ErrNotFound].
func (a *Adapter) CreateAuthenticator(ctx context.Context, authenticator *cardea.Authenticator) error {
	return a.do(ctx, func(tx *transaction) error {
		if _, taken := a.authenticators[authenticator.CredentialID]; taken {
			return cardea.ErrConflict
		}
		if _, ok := a.users[authenticator.UserID]; !ok {
			return cardea.ErrNotFound
		}
		row := *authenticator
		row.Entity = nil
		put(tx, a.authenticators, row.CredentialID, row)
		return nil
	})
}

// Authenticator returns the authenticator with exactly that credential ID, or [cardea.ErrNotFound].
func (a *Adapter) Authenticator(ctx context.Context, credentialID string) (*cardea.Authenticator, error) {
	var row cardea.Authenticator
	err := a.do(ctx, func(*transaction) error {
		var ok bool
		if row, ok = a.authenticators[credentialID]; !ok {
			return cardea.ErrNotFound
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// Authenticators returns the authenticators of a user, ordered by credential ID. The list is empty
// if the user has none or does not exist.
func (a *Adapter) Authenticators(ctx context.Context, userID string) ([]*cardea.Authenticator, error) {
	var list []*cardea.Authenticator
	err := a.do(ctx, func(*transaction) error {
		for _, row := range a.authenticators {
			if row.UserID == userID {
				list = append(list, &row)
			}
		}
		return nil
	})
	slices.SortFunc(list, func(x, y *cardea.Authenticator) int { return cmp.Compare(x.CredentialID, y.CredentialID) })
	return list, err
}

// UpdateAuthenticatorCounter raises the counter. A counter that is not above the stored one is
// [cardea.ErrConflict] unless both are 0. No such authenticator is [cardea.ErrNotFound].
func (a *Adapter) UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error {
	return a.do(ctx, func(tx *transaction) error {
		row, ok := a.authenticators[credentialID]
		switch {
		case !ok:
			return cardea.ErrNotFound
		case counter <= row.Counter && row.Counter > 0:
			return cardea.ErrConflict
		}
		row.Counter = counter
		put(tx, a.authenticators, credentialID, row)
		return nil
	})
}

// DeleteAuthenticator removes the authenticator if it belongs to that user. No such authenticator
// is no error.
func (a *Adapter) DeleteAuthenticator(ctx context.Context, userID, credentialID string) error {
	return a.do(ctx, func(tx *transaction) error {
		if row, ok := a.authenticators[credentialID]; ok && row.UserID == userID {
			remove(tx, a.authenticators, credentialID)
		}
		return nil
	})
}
