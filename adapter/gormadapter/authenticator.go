package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/cardea-auth/cardea"
)

// CreateAuthenticator adds authenticator, in authenticator.Entity or a new entity, through GORM.
func (a *Adapter) CreateAuthenticator(ctx context.Context, authenticator *cardea.Authenticator) error {
	r, err := a.authenticator.given(a.entities.authenticator, authenticator.Entity)
	if err != nil {
		return fmt.Errorf("create authenticator: Authenticator%w", err)
	}
	r.setAuthenticator(authenticator)
	if err := a.insert(ctx, "create authenticator", r, authenticator.UserID); err != nil {
		return err
	}
	authenticator.Entity = r.shown()
	return nil
}

func (r *row) setAuthenticator(from *cardea.Authenticator) {
	r.set("CredentialID", from.CredentialID)
	r.set("ProviderAccountID", from.ProviderAccountID)
	r.set("CredentialPublicKey", from.CredentialPublicKey)
	r.set("Counter", int64(from.Counter))
	r.set("CredentialDeviceType", from.CredentialDeviceType)
	r.set("CredentialBackedUp", from.CredentialBackedUp)
	r.set("Transports", optional(from.Transports))
}

func (r *row) authenticator() *cardea.Authenticator {
	return &cardea.Authenticator{
		CredentialID:         r.text("CredentialID"),
		UserID:               r.text("UserID"),
		ProviderAccountID:    r.text("ProviderAccountID"),
		CredentialPublicKey:  r.text("CredentialPublicKey"),
		Counter:              uint32(numberAt(r.at("Counter"))),
		CredentialDeviceType: r.text("CredentialDeviceType"),
		CredentialBackedUp:   truthAt(r.at("CredentialBackedUp")),
		Transports:           r.text("Transports"),
		Entity:               r.shown(),
	}
}

// Authenticator returns the authenticator with that credential id, or ErrNotFound.
func (a *Adapter) Authenticator(ctx context.Context, credentialID string) (*cardea.Authenticator, error) {
	r := a.authenticator.fill(a.entities.authenticator.new())
	err := a.read(ctx, a.statements.authenticator, []any{credentialID}, nil, r)
	if err == nil && r.text("CredentialID") != credentialID { // a collation that takes them for equal
		err = cardea.ErrNotFound
	}
	if err != nil {
		return nil, a.errors.wrap(ctx, "find authenticator", err)
	}
	return r.authenticator(), nil
}

// Authenticators returns the authenticators of a user, ordered by credential id.
func (a *Adapter) Authenticators(ctx context.Context, userID string) ([]*cardea.Authenticator, error) {
	key, err := a.key(userID)
	if err != nil {
		return nil, nil // nobody has that id
	}
	rows, err := a.readAll(ctx, a.statements.authenticators, a.authenticator, a.entities.authenticator, key)
	if err != nil {
		return nil, a.errors.wrap(ctx, "list authenticators", err)
	}
	list := make([]*cardea.Authenticator, len(rows))
	for i, r := range rows {
		list[i] = r.authenticator()
	}
	slices.SortFunc(list, func(x, y *cardea.Authenticator) int { return cmp.Compare(x.CredentialID, y.CredentialID) })
	return list, nil
}

// UpdateAuthenticatorCounter moves the counter up in one statement, or returns ErrConflict.
func (a *Adapter) UpdateAuthenticatorCounter(ctx context.Context, credentialID string, counter uint32) error {
	n, err := a.exec(ctx, a.statements.countAuthenticator, int64(counter), credentialID)
	if err == nil && n == 0 {
		err = a.staysAt(ctx, credentialID, counter)
	}
	if err != nil {
		return a.errors.wrap(ctx, "update authenticator counter", err)
	}
	return nil
}

// staysAt returns nil for an authenticator that does not count.
func (a *Adapter) staysAt(ctx context.Context, credentialID string, counter uint32) error {
	stored, err := a.Authenticator(ctx, credentialID)
	if err == nil && (counter > 0 || stored.Counter > 0) {
		err = cardea.ErrConflict
	}
	return err
}

// DeleteAuthenticator removes the authenticator if it is that user's.
func (a *Adapter) DeleteAuthenticator(ctx context.Context, userID, credentialID string) error {
	key, err := a.key(userID)
	if err != nil {
		return nil // nobody has that id
	}
	if _, err := a.exec(ctx, a.statements.deleteAuthenticator, key, credentialID); err != nil {
		return a.errors.wrap(ctx, "delete authenticator", err)
	}
	return nil
}

// seesPasskeys reports whether the database has a table of authenticators: the Node adapter's has
// none, and need not be migrated.
func (a *Adapter) seesPasskeys(ctx context.Context) bool {
	if a.hasPasskeys.Load() {
		return true
	}
	there := a.gorm(ctx).Migrator().HasTable(a.entities.authenticator.new())
	if there {
		a.hasPasskeys.Store(true)
	}
	return there
}
