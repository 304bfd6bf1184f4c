package gormadapter

import (
	"context"
	"fmt"
	"reflect"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// CreateUser adds u, in u.Entity or a new entity, through GORM.
func (a *Adapter) CreateUser(ctx context.Context, u *cardea.User) error {
	entity, err := a.entityOf(u)
	if err != nil {
		return err
	}
	row := entity.userEntity()
	row.set(u)
	if row.ID == "" {
		row.ID = newID()
	}
	if err := a.writer(ctx, a.user).Create(entity).Error; err != nil {
		return a.failed(ctx, "create user", err)
	}
	u.ID, u.Entity = row.ID, entity
	return nil
}

func (a *Adapter) entityOf(u *cardea.User) (userEntity, error) {
	if u.Entity == nil {
		return a.entities.newUser(), nil
	}
	if reflect.TypeOf(u.Entity) != a.userType() {
		return nil, fmt.Errorf("create user: User.Entity is a %T, want a %s", u.Entity, a.userType())
	}
	return u.Entity.(userEntity), nil
}

// UserByID returns the user with that id, or ErrNotFound.
func (a *Adapter) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return a.findUser(ctx, a.statements.userByID, id)
}

// UserByEmail returns the user with exactly that e-mail, or ErrNotFound. A database of the Node adapter may hold users whose e-mail is the empty
// string; they are not found.
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
	entity := a.entities.newUser()
	if err := a.readUser(ctx, s, args, entity); err != nil {
		return nil, a.failed(ctx, "find user", err)
	}
	return entity.userEntity().user(entity), nil
}

// readUser fills more and entity from the first row that s finds, or returns ErrNotFound.
func (a *Adapter) readUser(ctx context.Context, s *statement, args []any, entity userEntity, more ...any) error {
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
	if err := a.user.scan(ctx, rows, entity, more...); err != nil {
		return err
	}
	if err := rows.Close(); err != nil { // now, because a hook may need the connection
		return err
	}
	return a.afterFind(ctx, entity)
}

func (a *Adapter) afterFind(ctx context.Context, entity any) error {
	if hook, ok := entity.(interface{ AfterFind(*gorm.DB) error }); ok {
		return hook.AfterFind(a.gorm(ctx))
	}
	return nil
}

// UpdateUser writes the columns of u through GORM and reads the row again.
func (a *Adapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	entity := a.entities.newUser()
	row := entity.userEntity()
	row.set(u)
	columns := map[string]any{}
	for name, value := range map[string]any{
		"Name": row.Name, "Email": row.Email, "EmailVerified": row.EmailVerified, "Image": row.Image,
	} {
		columns[a.user.schema.FieldsByName[name].DBName] = value
	}
	if u.ID != "" { // without it GORM has no condition
		if err := a.writer(ctx, a.user).Model(entity).Updates(columns).Error; err != nil {
			return a.failed(ctx, "update user", err)
		}
	}
	stored, err := a.UserByID(ctx, u.ID)
	if err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	u.Entity = stored.Entity
	return nil
}

// DeleteUser removes the user with all accounts and sessions, also where the database has no foreign keys. A user entity with soft deletion stays
// as a row that nothing finds.
func (a *Adapter) DeleteUser(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	return a.Transact(ctx, func(ctx context.Context) error {
		for _, s := range []*statement{a.statements.deleteSessions, a.statements.deleteAccounts} {
			if _, err := a.exec(ctx, s, id); err != nil {
				return a.failed(ctx, "delete user", err)
			}
		}
		entity := a.entities.newUser()
		entity.userEntity().ID = id
		if err := a.writer(ctx, a.user).Delete(entity).Error; err != nil {
			return a.failed(ctx, "delete user", err)
		}
		return nil
	})
}
