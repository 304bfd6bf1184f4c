package gormadapter

import (
	"context"
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// visitor are the fields that the session check reads, found beforehand.
type visitor struct{ id, name, email, verified, image *schema.Field }

func newVisitor(t *table) visitor {
	return visitor{t.roles["ID"], t.roles["Name"], t.roles["Email"], t.roles["EmailVerified"], t.roles["Image"]}
}

// user is what sign-in knows of a user entity.
func (v visitor) user(ctx context.Context, r *row) *cardea.User {
	return &cardea.User{
		ID:            textAt(at(ctx, v.id, r.value)),
		Name:          textAt(at(ctx, v.name, r.value)),
		Email:         textAt(at(ctx, v.email, r.value)),
		EmailVerified: timeAt(at(ctx, v.verified, r.value)),
		Image:         textAt(at(ctx, v.image, r.value)),
		Entity:        r.entity,
	}
}

func (r *row) setUser(u *cardea.User) {
	r.set("Name", optional(u.Name))
	r.set("Email", optional(u.Email))
	r.set("EmailVerified", optionalTime(u.EmailVerified))
	r.set("Image", optional(u.Image))
}

// CreateUser adds u, in u.Entity or a new entity, through GORM.
func (a *Adapter) CreateUser(ctx context.Context, u *cardea.User) error {
	r, err := a.user.given(a.entities.user, u.Entity)
	if err != nil {
		return fmt.Errorf("create user: User%w", err)
	}
	r.setUser(u)
	if a.identify(r, u.ID); r.err != nil {
		return fmt.Errorf("create user: %w", r.err)
	}
	create := func() error { return a.writer(ctx, a.user).Omit(r.blanks(ctx)...).Create(r.entity).Error }
	if err := a.retried(ctx, create); err != nil {
		return a.errors.wrap(ctx, "create user", err)
	}
	u.ID, u.Entity = r.text("ID"), r.entity
	return nil
}

// UserByID returns the user with that id, or ErrNotFound.
func (a *Adapter) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	key, err := a.key(id)
	if err != nil {
		return nil, a.errors.wrap(ctx, "find user", err)
	}
	return a.findUser(ctx, a.statements.userByID, key)
}

// UserByEmail returns the user with exactly that e-mail, or ErrNotFound. A database of the Node
// adapter may hold users whose e-mail is the empty string; they are not found.
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
	r := a.user.fill(a.entities.user.new())
	if err := a.read(ctx, s, args, nil, r); err != nil {
		return nil, a.errors.wrap(ctx, "find user", err)
	}
	return a.visitor.user(ctx, r), nil
}

// read fills more and entities from the first row that s finds, or returns ErrNotFound.
func (a *Adapter) read(ctx context.Context, s *statement, args []any, more []any, entities ...*row) error {
	rows, err := a.query(ctx, s, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return cardea.ErrNotFound
	}
	if err := scan(ctx, rows, more, entities...); err != nil {
		return err
	}
	if err := rows.Close(); err != nil { // now, because a hook may need the connection
		return err
	}
	return a.afterFind(ctx, entities...)
}

// readAll returns all entities that s finds.
func (a *Adapter) readAll(ctx context.Context, s *statement, t *table, e entity, args ...any) ([]*row, error) {
	rows, err := a.query(ctx, s, args...)
	if errors.Is(err, cardea.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []*row
	for rows.Next() {
		r := t.fill(e.new())
		if err := scan(ctx, rows, nil, r); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	return found, a.afterFind(ctx, found...)
}

func (a *Adapter) afterFind(ctx context.Context, entities ...*row) error {
	for _, r := range entities {
		if hook, ok := r.entity.(interface{ AfterFind(*gorm.DB) error }); ok {
			if err := hook.AfterFind(a.gorm(ctx)); err != nil {
				return err
			}
		}
	}
	return nil
}

// UpdateUser writes the columns of u through GORM and reads the row again.
func (a *Adapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	key, err := a.key(u.ID)
	if err != nil { // without a key GORM has no condition
		return a.errors.wrap(ctx, "update user", err)
	}
	r := a.user.fill(a.entities.user.new())
	r.setKey("ID", u.ID)
	if r.setUser(u); r.err != nil {
		return fmt.Errorf("update user: %w", r.err)
	}
	columns := r.values(ctx, "Name", "Email", "EmailVerified", "Image")
	if err := a.retried(ctx, func() error {
		return a.writer(ctx, a.user).Model(r.entity).Where(a.exactly(a.user, "ID", key)).Updates(columns).Error
	}); err != nil {
		return a.errors.wrap(ctx, "update user", err)
	}
	stored, err := a.UserByID(ctx, u.ID)
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	u.Entity = stored.Entity
	return nil
}

// DeleteUser removes the user with all accounts, sessions and authenticators, by name, because not
// every database cascades: the foreign keys may be off, or missing, or made without. It is one
// statement where the database has one for that, or else a transaction that begins with the
// children. A user entity with soft deletion stays as a row that nothing finds. Hooks of the user
// entity run.
func (a *Adapter) DeleteUser(ctx context.Context, id string) error {
	key, err := a.key(id)
	if err != nil {
		return nil // nobody has it
	}
	done, err := a.deleteAtOnce(ctx, key)
	if err != nil {
		return a.errors.wrap(ctx, "delete user", err)
	}
	if done {
		return nil
	}
	return a.Transact(ctx, func(ctx context.Context) error {
		for _, s := range a.statements.deleteOwned(a.seesPasskeys(ctx)) {
			if _, err := a.exec(ctx, s, key); err != nil {
				return a.errors.wrap(ctx, "delete user", err)
			}
		}
		if err := a.deleteRow(ctx, id, key); err != nil {
			return a.errors.wrap(ctx, "delete user", err)
		}
		return nil
	})
}

// deleteRow goes through GORM where that would do more than one statement.
func (a *Adapter) deleteRow(ctx context.Context, id string, key any) error {
	if a.user.plainlyDeleted() {
		_, err := a.exec(ctx, a.statements.deleteUser, key)
		return err
	}
	r := a.user.fill(a.entities.user.new())
	r.setKey("ID", id)
	return a.writer(ctx, a.user).Where(a.exactly(a.user, "ID", key)).Delete(r.entity).Error
}
