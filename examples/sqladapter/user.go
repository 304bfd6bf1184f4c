package sqladapter

import (
	"cmp"
	"context"
	"crypto/rand"

	"github.com/cardea-auth/cardea"
)

// NewUser returns nil, because this adapter has no user type of the application.
func (a *Adapter) NewUser() any { return nil }

// CreateUser adds u. If u.ID is empty, it gets a random one.
func (a *Adapter) CreateUser(ctx context.Context, u *cardea.User) error {
	id := cmp.Or(u.ID, rand.Text())
	_, err := a.exec(ctx, "create user",
		"INSERT INTO user (id, name, email, email_verified, image) "+
			"VALUES (?, nullif(?, ''), nullif(?, ''), nullif(?, 0), nullif(?, ''))",
		id, u.Name, u.Email, toMillis(u.EmailVerified), u.Image)
	if err != nil {
		return err
	}
	u.ID, u.Entity = id, nil
	return nil
}

const userColumns = "user.id, coalesce(user.name, ''), coalesce(user.email, ''), coalesce(user.email_verified, 0), " +
	"coalesce(user.image, '')"

// user returns the user that the query selects. The columns that the query selects after
// userColumns are scanned into more.
func (a *Adapter) user(ctx context.Context, query string, args []any, more ...any) (*cardea.User, error) {
	u, verified := &cardea.User{}, int64(0)
	dest := append([]any{&u.ID, &u.Name, &u.Email, &verified, &u.Image}, more...)
	if err := a.queryOne(ctx, "find user", query, args, dest...); err != nil {
		return nil, err
	}
	u.EmailVerified = fromMillis(verified)
	return u, nil
}

// UserByID returns the user with the ID, or ErrNotFound.
func (a *Adapter) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return a.user(ctx, "SELECT "+userColumns+" FROM user WHERE id = ?", []any{id})
}

// UserByEmail returns the user with exactly this e-mail address, or ErrNotFound. An empty address
// finds nobody, because it is stored as NULL.
func (a *Adapter) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	return a.user(ctx, "SELECT "+userColumns+" FROM user WHERE email = ?", []any{email})
}

// UserByAccount returns the user that the account is linked to, or ErrNotFound.
func (a *Adapter) UserByAccount(ctx context.Context, provider, providerAccountID string) (*cardea.User, error) {
	return a.user(ctx,
		"SELECT "+userColumns+" FROM account JOIN user ON user.id = account.user_id "+
			"WHERE provider = ? AND provider_account_id = ?",
		[]any{provider, providerAccountID})
}

// UpdateUser writes the columns of u and leaves all other columns unchanged.
func (a *Adapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	u.Entity = nil
	return a.execOne(ctx, "update user",
		"UPDATE user SET name = nullif(?, ''), email = nullif(?, ''), email_verified = nullif(?, 0), "+
			"image = nullif(?, '') WHERE id = ?",
		u.Name, u.Email, toMillis(u.EmailVerified), u.Image, u.ID)
}

// LockUser blocks other LockUser calls for the same user until the transaction ends. Writing the
// row locks it, even if the values stay the same.
func (a *Adapter) LockUser(ctx context.Context, id string) error {
	return a.execOne(ctx, "lock user", "UPDATE user SET name = name WHERE id = ?", id)
}

// DeleteUser removes the user. The foreign keys remove its accounts, sessions and authenticators in
// the same statement.
func (a *Adapter) DeleteUser(ctx context.Context, id string) error {
	_, err := a.exec(ctx, "delete user", "DELETE FROM user WHERE id = ?", id)
	return err
}
