package gormadapter

import (
	"fmt"
	"time"

	"github.com/cardea-auth/cardea"
)

// Option overrides one of the adapter's entities. The ones that are not named stay as they are by default.
type Option func(*entities)

// WithUser makes T the user entity. T embeds [User] and adds columns:
//
//	type User struct {
//		gormadapter.User
//		Role string `gorm:"not null;default:ADMIN" json:"-"`
//	}
//
// P is never written: the compiler infers it, and refuses a T that does not embed User.
func WithUser[T any, P interface {
	*T
	userEntity() *User
}]() Option {
	return func(e *entities) {
		if e.userOption != "" {
			e.faults = append(e.faults, fmt.Errorf("WithUser is given twice, for %s and %T", e.userOption, *new(T)))
		}
		e.userOption = fmt.Sprintf("%T", *new(T))
		e.newUser = func() userEntity { return P(new(T)) }
		e.newSession = func() sessionEntity { return new(SessionOf[T]) }
		e.newAccount = func() accountEntity { return new(AccountOf[T]) }
	}
}

// entities makes a new value of each entity. The interfaces are what the adapter needs of it, implemented by the default entity and so by all
// that embed it.
type entities struct {
	newUser    func() userEntity
	newSession func() sessionEntity
	newAccount func() accountEntity
	newToken   func() tokenEntity

	userOption string // the type in WithUser
	faults     []error
}

type userEntity interface{ userEntity() *User }

type sessionEntity interface {
	setSession(id string, s *cardea.Session)
}

type accountEntity interface {
	setAccount(id string, a *cardea.Account)
	account() *cardea.Account
}

type tokenEntity interface {
	setToken(t *cardea.VerificationToken)
}

func defaultEntities() *entities {
	return &entities{
		newUser:    func() userEntity { return new(User) },
		newSession: func() sessionEntity { return new(Session) },
		newAccount: func() accountEntity { return new(Account) },
		newToken:   func() tokenEntity { return new(VerificationToken) },
	}
}

func (e *entities) list() []any {
	return []any{e.newUser(), e.newSession(), e.newAccount(), e.newToken()}
}

func (u *User) set(from *cardea.User) {
	u.ID = from.ID
	u.Name = optional(from.Name)
	u.Email = optional(from.Email)
	u.EmailVerified = optionalTime(from.EmailVerified)
	u.Image = optional(from.Image)
}

func (u *User) user(entity any) *cardea.User {
	if u.EmailVerified != nil {
		*u.EmailVerified = stored(*u.EmailVerified) // drivers return times in zones of their own
	}
	return &cardea.User{
		ID:            u.ID,
		Name:          text(u.Name),
		Email:         text(u.Email),
		EmailVerified: moment(u.EmailVerified),
		Image:         text(u.Image),
		Entity:        entity,
	}
}

func (s *SessionOf[U]) setSession(id string, from *cardea.Session) {
	s.ID, s.UserID, s.SessionToken, s.Expires = id, from.UserID, from.Token, stored(from.Expires)
}

func (a *AccountOf[U]) setAccount(id string, from *cardea.Account) {
	a.ID, a.UserID, a.Type = id, from.UserID, string(from.Type)
	a.Provider, a.ProviderAccountID = from.Provider, from.ProviderAccountID
	a.RefreshToken, a.AccessToken, a.IDToken = optional(from.RefreshToken), optional(from.AccessToken), optional(from.IDToken)
	a.TokenType, a.Scope, a.SessionState = optional(from.TokenType), optional(from.Scope), optional(from.SessionState)
	if !from.ExpiresAt.IsZero() {
		a.ExpiresAt = new(from.ExpiresAt.Unix())
	}
}

func (a *AccountOf[U]) account() *cardea.Account {
	account := &cardea.Account{
		UserID:            a.UserID,
		Type:              cardea.ProviderType(a.Type),
		Provider:          a.Provider,
		ProviderAccountID: a.ProviderAccountID,
		RefreshToken:      text(a.RefreshToken),
		AccessToken:       text(a.AccessToken),
		TokenType:         text(a.TokenType),
		Scope:             text(a.Scope),
		IDToken:           text(a.IDToken),
		SessionState:      text(a.SessionState),
	}
	if a.ExpiresAt != nil {
		account.ExpiresAt = time.Unix(*a.ExpiresAt, 0).UTC()
	}
	return account
}

func (t *VerificationToken) setToken(from *cardea.VerificationToken) {
	t.Token, t.Expires, t.Identifier = from.Token, stored(from.Expires), from.Identifier
}
