package memadapter

import (
	"context"
	"crypto/rand"

	"github.com/cardea-auth/cardea"
)

// NewUser returns nil: entities of the application are not kept.
func (a *Adapter) NewUser() any { return nil }

// CreateUser adds u, and sets an empty u.ID to a random text. It sets u.Entity to nil. A taken ID
// or e-mail is [cardea.ErrConflict].
func (a *Adapter) CreateUser(ctx context.Context, u *cardea.User) error {
	return a.do(ctx, func(tx *transaction) error {
		row := userRow(u)
		if row.ID == "" {
			row.ID = rand.Text()
		}
		if _, taken := a.users[row.ID]; taken {
			return cardea.ErrConflict
		}
		if _, taken := a.emails[row.Email]; taken {
			return cardea.ErrConflict
		}
		a.putUser(tx, row)
		u.ID, u.Entity = row.ID, nil
		return nil
	})
}

// UserByID returns the user with that ID, or [cardea.ErrNotFound].
func (a *Adapter) UserByID(ctx context.Context, id string) (u *cardea.User, err error) {
	err = a.do(ctx, func(*transaction) error {
		u, err = a.user(id)
		return err
	})
	return u, err
}

// UserByEmail returns the user with exactly that e-mail, or [cardea.ErrNotFound]. An empty e-mail
// finds no user.
func (a *Adapter) UserByEmail(ctx context.Context, email string) (u *cardea.User, err error) {
	err = a.do(ctx, func(*transaction) error {
		id, ok := a.emails[email]
		if !ok {
			return cardea.ErrNotFound
		}
		u, err = a.user(id)
		return err
	})
	return u, err
}

// UserByAccount returns the user to whom the account is linked, or [cardea.ErrNotFound].
func (a *Adapter) UserByAccount(ctx context.Context, provider, providerAccountID string) (u *cardea.User, err error) {
	err = a.do(ctx, func(*transaction) error {
		account, ok := a.accounts[accountKey{provider, providerAccountID}]
		if !ok {
			return cardea.ErrNotFound
		}
		u, err = a.user(account.UserID)
		return err
	})
	return u, err
}

// UpdateUser writes all fields of u to the user with u.ID, and sets u.Entity to nil. If there is no
// such user, the error is [cardea.ErrNotFound]; if another user has the e-mail, it is
// [cardea.ErrConflict].
func (a *Adapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	return a.do(ctx, func(tx *transaction) error {
		row := userRow(u)
		old, ok := a.users[row.ID]
		if !ok {
			return cardea.ErrNotFound
		}
		if owner, taken := a.emails[row.Email]; taken && owner != row.ID {
			return cardea.ErrConflict
		}
		remove(tx, a.emails, old.Email)
		a.putUser(tx, row)
		u.Entity = nil
		return nil
	})
}

// LockReads locks nothing, because transactions run one after another. See [cardea.Adapter].
func (a *Adapter) LockReads(ctx context.Context, of cardea.Adapter) (context.Context, bool) {
	return ctx, of == cardea.Adapter(a)
}

// LockUser returns [cardea.ErrNotFound] if there is no such user. It need not lock anything,
// because one transaction runs at a time.
func (a *Adapter) LockUser(ctx context.Context, id string) error {
	_, err := a.UserByID(ctx, id)
	return err
}

// DeleteUser removes the user with everything that belongs to the user. No such user is no
// error.
func (a *Adapter) DeleteUser(ctx context.Context, id string) error {
	return a.do(ctx, func(tx *transaction) error {
		row, ok := a.users[id]
		if !ok {
			return nil
		}
		for token, s := range a.sessions {
			if s.UserID == id {
				remove(tx, a.sessions, token)
			}
		}
		for key, account := range a.accounts {
			if account.UserID == id {
				remove(tx, a.accounts, key)
			}
		}
		for key, authenticator := range a.authenticators {
			if authenticator.UserID == id {
				remove(tx, a.authenticators, key)
			}
		}
		a.factors.removeOf(tx, id)
		if _, ok := a.passwords.rows[id]; ok {
			remove(tx, a.passwords.rows, id)
		}
		remove(tx, a.emails, row.Email)
		remove(tx, a.users, id)
		return nil
	})
}

func (a *Adapter) user(id string) (*cardea.User, error) {
	u, ok := a.users[id]
	if !ok {
		return nil, cardea.ErrNotFound
	}
	return &u, nil
}

// putUser writes a user. An empty e-mail is not put into the index, because any number of users may
// have none.
func (a *Adapter) putUser(tx *transaction, row cardea.User) {
	put(tx, a.users, row.ID, row)
	if row.Email != "" {
		put(tx, a.emails, row.Email, row.ID)
	}
}

func userRow(u *cardea.User) cardea.User {
	row := *u
	row.EmailVerified, row.Entity = stored(u.EmailVerified), nil
	return row
}
