package sqladapter

import (
	"cmp"
	"context"
	"crypto/rand"

	"github.com/cardea-auth/cardea"
)

// NewUser returns nil: this adapter has no entities of the application's.
func (a *Adapter) NewUser() any { return nil }

// CreateUser adds u.
func (a *Adapter) CreateUser(ctx context.Context, u *cardea.User) error {
	id := cmp.Or(u.ID, rand.Text())
	_, err := a.write(ctx, "create user",
		"INSERT INTO user (id, name, email, email_verified, image) VALUES (?, nullif(?, ''), nullif(?, ''), "+
			"nullif(?, 0), nullif(?, ''))",
		id, u.Name, u.Email, millis(u.EmailVerified), u.Image)
	if err != nil {
		return err
	}
	u.ID, u.Entity = id, nil
	return nil
}

const userColumns = "user.id, coalesce(user.name, ''), coalesce(user.email, ''), coalesce(user.email_verified, 0), " +
	"coalesce(user.image, '')"

// user reads a user, and more columns that the query has after the user's.
func (a *Adapter) user(ctx context.Context, query string, args []any, more ...any) (*cardea.User, error) {
	u, verified := &cardea.User{}, int64(0)
	dest := append([]any{&u.ID, &u.Name, &u.Email, &verified, &u.Image}, more...)
	if err := a.read(ctx, "find user", query, args, dest...); err != nil {
		return nil, err
	}
	u.EmailVerified = moment(verified)
	return u, nil
}

// UserByID returns the user with that id, or ErrNotFound.
func (a *Adapter) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return a.user(ctx, "SELECT "+userColumns+" FROM user WHERE id = ?", []any{id})
}

// UserByEmail returns the user with exactly that e-mail, or ErrNotFound. No row has the empty one.
func (a *Adapter) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	return a.user(ctx, "SELECT "+userColumns+" FROM user WHERE email = ?", []any{email})
}

// UserByAccount returns the user to whom the account is linked, or ErrNotFound.
func (a *Adapter) UserByAccount(ctx context.Context, provider, providerAccountID string) (*cardea.User, error) {
	return a.user(ctx, "SELECT "+userColumns+
		" FROM account JOIN user ON user.id = account.user_id WHERE provider = ? AND provider_account_id = ?",
		[]any{provider, providerAccountID})
}

// UpdateUser writes the columns of u and leaves every other one alone.
func (a *Adapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	u.Entity = nil
	return a.change(ctx, "update user",
		"UPDATE user SET name = nullif(?, ''), email = nullif(?, ''), email_verified = nullif(?, 0), image = "+
			"nullif(?, '') WHERE id = ?",
		u.Name, u.Email, millis(u.EmailVerified), u.Image, u.ID)
}

// LockUser makes others wait who lock the same user in a transaction: to write, even nothing new,
// is to lock.
func (a *Adapter) LockUser(ctx context.Context, id string) error {
	return a.change(ctx, "lock user", "UPDATE user SET name = name WHERE id = ?", id)
}

// DeleteUser removes the user; the foreign keys remove accounts and sessions in the same statement.
func (a *Adapter) DeleteUser(ctx context.Context, id string) error {
	_, err := a.write(ctx, "delete user", "DELETE FROM user WHERE id = ?", id)
	return err
}
