package gormadapter

import (
	"context"
	"fmt"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/schema"
)

// userFields are the fields of a user that every session check reads. They are looked up once.
type userFields struct{ id, name, email, emailVerified, image *schema.Field }

func newUserFields(t *table) userFields {
	return userFields{
		id: t.roles["ID"], name: t.roles["Name"], email: t.roles["Email"], emailVerified: t.roles["EmailVerified"],
		image: t.roles["Image"],
	}
}

// user returns the user in a row.
func (f userFields) user(ctx context.Context, r *row) *cardea.User {
	return &cardea.User{
		ID:            textAt(pointerTo(ctx, f.id, r.value)),
		Name:          textAt(pointerTo(ctx, f.name, r.value)),
		Email:         textAt(pointerTo(ctx, f.email, r.value)),
		EmailVerified: timeAt(pointerTo(ctx, f.emailVerified, r.value)),
		Image:         textAt(pointerTo(ctx, f.image, r.value)),
		Entity:        r.entity,
	}
}

func (r *row) setUser(u *cardea.User) {
	r.set("Name", optional(u.Name))
	r.set("Email", optional(u.Email))
	r.set("EmailVerified", optionalTime(u.EmailVerified))
	r.set("Image", optional(u.Image))
}

// CreateUser adds u through GORM, in u.Entity or, if that is nil, a new entity, and sets u.ID and
// u.Entity. If u.ID is empty the user gets a new ID. It returns ErrConflict if the ID or the e-mail
// address is taken.
func (a *Adapter) CreateUser(ctx context.Context, u *cardea.User) error {
	r, err := a.user.rowFor(u.Entity)
	if err != nil {
		return fmt.Errorf("create user: User%w", err)
	}
	r.setUser(u)
	r.setNewID(u.ID)
	if r.err != nil {
		return fmt.Errorf("create user: %w", r.err)
	}
	err = a.db.write(ctx, func(ctx context.Context) error {
		return a.db.writer(ctx, a.user).Omit(r.omittedColumns(ctx)...).Create(r.entity).Error
	})
	if err != nil {
		return a.errors.wrap(ctx, "create user", err)
	}
	u.ID, u.Entity = r.text("ID"), r.entity
	return nil
}

// UserByID returns the user with that ID, or ErrNotFound.
func (a *Adapter) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	key, err := a.user.key(id)
	if err != nil {
		return nil, a.errors.wrap(ctx, "find user", err)
	}
	return a.findUser(ctx, a.statements.userByID, key)
}

// UserByEmail returns the user with exactly that e-mail address, or ErrNotFound. A database of the
// Node adapter may contain users whose address is the empty string; they are not found.
func (a *Adapter) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	if email == "" {
		return nil, fmt.Errorf("find user: %w", cardea.ErrNotFound)
	}
	return a.findUser(ctx, a.statements.userByEmail, email)
}

// UserByAccount returns the user to whom the account is linked, or ErrNotFound.
func (a *Adapter) UserByAccount(ctx context.Context, provider, providerAccountID string) (*cardea.User, error) {
	return a.findUser(ctx, a.statements.userByAccount, provider, providerAccountID)
}

func (a *Adapter) findUser(ctx context.Context, s *statement, args ...any) (*cardea.User, error) {
	r := a.user.newRow()
	if err := a.db.read(ctx, s, args, nil, r); err != nil {
		return nil, a.errors.wrap(ctx, "find user", err)
	}
	return a.userFields.user(ctx, r), nil
}

// UpdateUser writes the name, e-mail address, its verification and image of u through GORM, reads
// the row again and sets u.Entity to it. It returns ErrNotFound if there is no such user, and
// ErrConflict if the address is taken.
func (a *Adapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	key, err := a.user.key(u.ID)
	if err != nil { // without a key GORM has no condition
		return a.errors.wrap(ctx, "update user", err)
	}
	r := a.user.newRow()
	r.setKey("ID", u.ID)
	r.setUser(u)
	if r.err != nil {
		return fmt.Errorf("update user: %w", r.err)
	}
	columns := r.values(ctx, "Name", "Email", "EmailVerified", "Image")
	condition := a.user.bytewiseEqual("ID", key)
	err = a.db.write(ctx, func(ctx context.Context) error {
		return a.db.writer(ctx, a.user).Model(r.entity).Where(condition).Updates(columns).Error
	})
	if err != nil {
		return a.errors.wrap(ctx, "update user", err)
	}
	stored, err := a.UserByID(ctx, u.ID)
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	u.Entity = stored.Entity
	return nil
}

// LockUser blocks other LockUser calls for this user until the transaction that ctx carries ends.
// It writes the row unchanged, because every database locks rows that are written, and only some
// can lock rows that are read. Hooks don't run. It returns ErrNotFound if there is no such user.
func (a *Adapter) LockUser(ctx context.Context, id string) error {
	key, err := a.user.key(id)
	if err != nil {
		return a.errors.wrap(ctx, "lock user", err)
	}
	n, err := a.db.exec(ctx, a.statements.lockUser, key)
	if err == nil && n == 0 { // MySQL does not count a row that stays as it is
		err = a.db.exists(ctx, a.statements.userByID, key)
	}
	if err != nil {
		return a.errors.wrap(ctx, "lock user", err)
	}
	return nil
}
