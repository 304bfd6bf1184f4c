package gormadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/schema"
)

// userFields are the fields of the user entity. They are looked up once, because every request
// reads a session with its user.
type userFields struct{ id, name, email, emailVerified, image *schema.Field }

func newUserFields(t *table) userFields {
	return userFields{
		id: t.byName["ID"], name: t.byName["Name"], email: t.byName["Email"], emailVerified: t.byName["EmailVerified"],
		image: t.byName["Image"],
	}
}

// user returns the user whose entity r has.
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
	r.set("Name", nullable(u.Name))
	r.set("Email", nullable(u.Email))
	r.set("EmailVerified", nullableTime(u.EmailVerified))
	r.set("Image", nullable(u.Image))
}

// CreateUser adds u through GORM and sets u.ID and u.Entity. The row is u.Entity, or a new entity
// if that is nil. If u.ID is empty, the user gets a new ID.
//
// CreateUser returns ErrConflict if the ID or the e-mail address is taken, and an error if u.Entity
// has another type than the user entity or u.ID does not fit its ID field.
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
	if err := a.layouts.fit(ctx, "create user", r); err != nil {
		return err
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
	return a.findUser(ctx, a.statements.userByID, anyUser, key)
}

// UserByEmail returns the user with exactly that e-mail address, or ErrNotFound. It never finds a
// user whose address is the empty string, as a database of the Node adapter may contain.
//
// If the column's collation or a unique index on lower(email) or upper(email) takes the address of
// a user for the same, and it differs only in the case of the letters A to Z, UserByEmail returns
// that user.
func (a *Adapter) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	if email == "" {
		return nil, fmt.Errorf("find user: %w", cardea.ErrNotFound)
	}
	u, err := a.findUser(ctx, a.statements.userByEmail, sameAddress(email), email)
	if u != nil || !errors.Is(err, cardea.ErrNotFound) {
		return u, err
	}
	if function := a.layouts.current(ctx).foldsEmail; function != "" {
		return a.findUser(ctx, a.statements.userByFoldedEmail[function], sameAddress(email), email)
	}
	return nil, err
}

// UserByAccount returns the user to whom the account is linked, or ErrNotFound.
func (a *Adapter) UserByAccount(ctx context.Context, provider, providerAccountID string) (*cardea.User, error) {
	return a.findUser(ctx, a.statements.userByAccount, anyUser, provider, providerAccountID)
}

// choice is a number for each user that a lookup has found: how well the user fits, and 0 for a
// user who is not meant.
type choice func(u *cardea.User) int

func anyUser(*cardea.User) int { return 1 }

// sameAddress chooses the user with an e-mail address, otherwise one whose address differs only in
// the case of the letters A to Z. Other addresses that a database takes for the same may belong to
// other people.
func sameAddress(email string) choice {
	return func(u *cardea.User) int {
		switch {
		case u.Email == email:
			return 2
		case lowerASCII(u.Email) == lowerASCII(email):
			return 1
		}
		return 0
	}
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// findUser returns the user whom the lookup finds and choose prefers. If there is none, but a
// deleted one, it returns that one with ErrUserDeleted.
func (a *Adapter) findUser(ctx context.Context, l lookup, choose choice, args ...any) (*cardea.User, error) {
	if locksReads(ctx) {
		l.statement = cmp.Or(l.locking, l.statement)
	}
	find := func(s *statement) (*cardea.User, error) {
		rows, err := a.db.readAll(ctx, s, a.user, args...)
		if err != nil {
			return nil, err
		}
		return a.userFields.chosen(ctx, rows, choose)
	}
	u, err := find(l.statement)
	if errors.Is(err, cardea.ErrNotFound) && l.withDeleted != nil {
		u, err = findDeleted(find, l)
	}
	if err != nil {
		return u, a.errors.wrap(ctx, "find user", err)
	}
	return u, nil
}

// findDeleted looks for a user whom the first statement of the lookup has not found. If the user
// has been created since, the user is not deleted.
func findDeleted(find func(*statement) (*cardea.User, error), l lookup) (*cardea.User, error) {
	deleted, err := find(l.withDeleted)
	if err != nil {
		return nil, err
	}
	if u, err := find(l.statement); !errors.Is(err, cardea.ErrNotFound) {
		return u, err
	}
	return deleted, cardea.ErrUserDeleted
}

// chosen returns the user whom choose prefers, or ErrNotFound.
func (f userFields) chosen(ctx context.Context, rows []*row, choose choice) (found *cardea.User, err error) {
	best := 0
	for _, r := range rows {
		u := f.user(ctx, r)
		if fit := choose(u); fit > best {
			found, best = u, fit
		}
	}
	if found == nil {
		return nil, cardea.ErrNotFound
	}
	return found, nil
}

// UpdateUser writes four columns of the user through GORM: the name, the e-mail address, the time
// at which the address was verified, and the image. It then reads the row and sets u.Entity to it.
// It returns ErrNotFound if there is no such user, and ErrConflict if the address is taken.
func (a *Adapter) UpdateUser(ctx context.Context, u *cardea.User) error {
	key, err := a.user.key(u.ID)
	if err != nil { // no user has that ID
		return a.errors.wrap(ctx, "update user", err)
	}
	r := a.user.newRow()
	r.setKey("ID", u.ID)
	r.setUser(u)
	if r.err != nil {
		return fmt.Errorf("update user: %w", r.err)
	}
	if err := a.layouts.fit(ctx, "update user", r); err != nil {
		return err
	}
	columns := r.values(ctx, "Name", "Email", "EmailVerified", "Image")
	condition := a.user.sameKey("ID", key)
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
// Without a transaction the lock ends at once. LockUser returns ErrNotFound if there is no such
// user.
//
// It writes the row without changing it: every database locks the rows that a transaction writes,
// but not every database can lock rows that it reads. No hooks run. In a Galera cluster it also
// adds a verification token and deletes it, because the nodes agree only on rows that change; hooks
// of that entity run.
func (a *Adapter) LockUser(ctx context.Context, id string) error {
	key, err := a.user.key(id)
	if err != nil {
		return a.errors.wrap(ctx, "lock user", err)
	}
	n, err := a.db.exec(ctx, a.statements.lockUser, key)
	if err == nil && n == 0 { // MySQL does not count rows that an update leaves unchanged
		err = a.db.exists(ctx, a.statements.userByID.statement, key)
	}
	if err == nil {
		err = certifyLock(ctx, a, id)
	}
	if err != nil {
		return a.errors.wrap(ctx, "lock user", err)
	}
	return nil
}
