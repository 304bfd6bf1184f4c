package cardea

import (
	"context"

	"github.com/cardea-auth/cardea/feature"
)

// Authenticator is a passkey of a user: the public half of a key pair. The user's device or
// password manager has the private half. CredentialID identifies a row.
type Authenticator struct {
	CredentialID        string // the credential's id in standard base64 with padding, 512 characters at most
	UserID              string // the id of the [User]
	ProviderAccountID   string // the id of the [Account] that was made with it
	CredentialPublicKey string // the COSE key in standard base64 with padding
	Counter             uint32 // how many signatures the authenticator has made; always 0 if it does not count

	CredentialDeviceType string // "singleDevice" or "multiDevice"
	CredentialBackedUp   bool   // whether the private key is backed up
	Transports           string // separated by commas, such as "internal,hybrid"; "" if there are none

	// Entity is the application's row, as in [Account].
	Entity any
}

// AuthenticatorStore is what an [Adapter] also needs for passkeys. The rules of Adapter hold, and
// DeleteUser also deletes the authenticators of the user.
type AuthenticatorStore interface {
	// CreateAuthenticator adds a. If the credential id exists, for any user, the error is
	// ErrConflict; if the user does not exist, ErrNotFound. a.Entity is as in LinkAccount.
	CreateAuthenticator(ctx context.Context, a *Authenticator) error

	// Authenticator returns the authenticator with exactly that credential id, or ErrNotFound.
	Authenticator(ctx context.Context, credentialID string) (*Authenticator, error)

	// Authenticators returns the authenticators of a user, ordered by credential id. If the user
	// has none or does not exist, the list is empty and the error is nil.
	Authenticators(ctx context.Context, userID string) ([]*Authenticator, error)

	// UpdateAuthenticatorCounter sets the counter to a higher value, in one atomic step. If several
	// callers set the same value at the same time, exactly one succeeds.
	//
	// If counter is not above the stored value, the error is ErrConflict, because somebody may have
	// copied the authenticator (Web Authentication Level 3, § 6.1.1). If both are 0, the
	// authenticator does not count, and the error is nil. If there is no such authenticator, the
	// error is ErrNotFound.
	UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error

	// DeleteAuthenticator deletes the authenticator if it belongs to that user. If there is no such
	// authenticator, the error is nil.
	DeleteAuthenticator(ctx context.Context, userID, credentialID string) error
}

// passkeys returns the authenticators of a user, and nil if the adapter does not store any.
func passkeys(ctx context.Context, adapter Adapter, userID string) ([]*Authenticator, error) {
	store, ok := feature.StoreOf[AuthenticatorStore](adapter)
	if !ok {
		return nil, nil
	}
	return store.Authenticators(ctx, userID)
}
