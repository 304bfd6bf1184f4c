package cardea

import "context"

// Authenticator is a passkey of a user: the public half of a key pair, whose private half the
// user's device or password manager keeps. Its key is CredentialID.
type Authenticator struct {
	CredentialID        string // the credential's id in standard base64, with padding; 512 characters at most
	UserID              string
	ProviderAccountID   string // of the [Account] that was made with it
	CredentialPublicKey string // the COSE key in standard base64, with padding
	// of the signatures that the authenticator has made; 0 always for one that does not count
	Counter uint32

	CredentialDeviceType string // "singleDevice" or "multiDevice"
	CredentialBackedUp   bool
	Transports           string // joined by commas, such as "internal,hybrid"; "" when there are none

	// Entity is the application's own row, as in [Account].
	Entity any
}

// AuthenticatorStore is what an [Adapter] needs beside its own methods for passkeys. The rules of
// Adapter hold, and DeleteUser removes the authenticators of the user too.
type AuthenticatorStore interface {
	// CreateAuthenticator adds a. A credential id that exists, whosever it is, is ErrConflict; a
	// user who does not exist is ErrNotFound. a.Entity is as in LinkAccount.
	CreateAuthenticator(ctx context.Context, a *Authenticator) error

	// Authenticator returns the authenticator with exactly that credential id, or ErrNotFound.
	Authenticator(ctx context.Context, credentialID string) (*Authenticator, error)

	// Authenticators returns the authenticators of a user, ordered by credential id; none for a
	// user who has none or does not exist.
	Authenticators(ctx context.Context, userID string) ([]*Authenticator, error)

	// UpdateAuthenticatorCounter moves the counter up, in one atomic step: of any number of
	// concurrent callers with one counter exactly one succeeds. A counter that is not above the
	// stored one is ErrConflict, which tells of a copy of the authenticator, unless both are 0 (Web
	// Authentication Level 3, § 6.1.1). No such authenticator is ErrNotFound.
	UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error

	// DeleteAuthenticator removes the authenticator if it is that user's. No such authenticator is
	// no error.
	DeleteAuthenticator(ctx context.Context, userID, credentialID string) error
}
