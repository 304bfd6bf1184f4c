package sqladapter

import (
	"context"
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea"
)

const authenticatorColumns = "credential_id, user_id, provider_account_id, credential_public_key, counter, " +
	"credential_device_type, credential_backed_up, transports"

// CreateAuthenticator adds authenticator.
func (a *Adapter) CreateAuthenticator(ctx context.Context, authenticator *cardea.Authenticator) error {
	_, err := a.exec(ctx, "create authenticator",
		"INSERT INTO authenticator ("+authenticatorColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		authenticator.CredentialID, authenticator.UserID, authenticator.ProviderAccountID,
		authenticator.CredentialPublicKey, authenticator.Counter,
		authenticator.CredentialDeviceType, authenticator.CredentialBackedUp, authenticator.Transports)
	return err
}

// Authenticator returns the authenticator with the credential ID, or ErrNotFound.
func (a *Adapter) Authenticator(ctx context.Context, credentialID string) (*cardea.Authenticator, error) {
	list, err := a.authenticators(ctx, "credential_id = ?", credentialID)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("get authenticator: %w", cardea.ErrNotFound)
	}
	return list[0], nil
}

// Authenticators returns the authenticators of a user, ordered by credential ID.
func (a *Adapter) Authenticators(ctx context.Context, userID string) ([]*cardea.Authenticator, error) {
	return a.authenticators(ctx, "user_id = ?", userID)
}

func (a *Adapter) authenticators(ctx context.Context, where, value string) (list []*cardea.Authenticator, err error) {
	rows, err := a.querier(ctx).QueryContext(ctx,
		"SELECT "+authenticatorColumns+" FROM authenticator WHERE "+where+" ORDER BY credential_id", value)
	if err != nil {
		return nil, mapError("get authenticators", err)
	}
	defer rows.Close()
	for rows.Next() {
		found := &cardea.Authenticator{}
		err := rows.Scan(&found.CredentialID, &found.UserID, &found.ProviderAccountID, &found.CredentialPublicKey,
			&found.Counter, &found.CredentialDeviceType, &found.CredentialBackedUp, &found.Transports)
		if err != nil {
			return nil, mapError("get authenticators", err)
		}
		list = append(list, found)
	}
	return list, mapError("get authenticators", rows.Err())
}

// UpdateAuthenticatorCounter raises the counter. One statement compares and writes, so that of two
// callers with the same counter one fails.
func (a *Adapter) UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error {
	err := a.execOne(ctx, "update authenticator",
		"UPDATE authenticator SET counter = ? WHERE credential_id = ? AND (counter < ? OR counter = 0 AND ? = 0)",
		counter, credentialID, counter, counter)
	if !errors.Is(err, cardea.ErrNotFound) {
		return err
	}
	if _, err := a.Authenticator(ctx, credentialID); err != nil {
		return err
	}
	return fmt.Errorf("update authenticator: the counter is not greater than the stored one: %w", cardea.ErrConflict)
}

// DeleteAuthenticator removes the authenticator if it belongs to the user.
func (a *Adapter) DeleteAuthenticator(ctx context.Context, userID, credentialID string) error {
	_, err := a.exec(ctx, "delete authenticator", "DELETE FROM authenticator WHERE credential_id = ? AND user_id = ?",
		credentialID, userID)
	return err
}
