package gormadapter

import (
	"fmt"
	"reflect"
)

// Option overrides one of the adapter's entities, or how their ids are made. What is not named
// stays as it is by default.
//
// An entity of the application's embeds the default one and adds columns, or is any struct that has
// a column for each of the default entity's fields: under the same name, or under another with the
// default's name in a tag, `cardea:"Email"`, and of a type that can hold the same (id and UserID
// may be integers or UUIDs, optional columns plain values). A field of the entity's own takes the
// place of the embedded one with its name. [New] reports everything that is missing or of the wrong
// type.
type Option func(*entities)

// WithUser makes T the user entity:
//
//	type User struct {
//		gormadapter.User
//		Role string `gorm:"not null;default:ADMIN" json:"-"`
//	}
//
// The sessions, accounts and authenticators that have no option of their own are then [SessionOf],
// [AccountOf] and [AuthenticatorOf] T.
func WithUser[T any]() Option {
	return func(e *entities) {
		override[T](e, "WithUser", &e.user)
		e.session.otherwise(fresh[SessionOf[T]])
		e.account.otherwise(fresh[AccountOf[T]])
		e.authenticator.otherwise(fresh[AuthenticatorOf[T]])
	}
}

// WithSession makes T the session entity, whose rows are in [cardea.Session.Entity]. T embeds
// [Session], or [SessionOf] the user entity that [WithUser] names. Its ID may be missing.
func WithSession[T any]() Option {
	return func(e *entities) { override[T](e, "WithSession", &e.session) }
}

// WithAccount makes T the account entity, whose rows are in [cardea.Account.Entity]. T embeds
// [Account], or [AccountOf] the user entity that [WithUser] names. Its ID may be missing.
func WithAccount[T any]() Option {
	return func(e *entities) { override[T](e, "WithAccount", &e.account) }
}

// WithVerificationToken makes T the entity of single-use sign-in tokens.
func WithVerificationToken[T any]() Option {
	return func(e *entities) { override[T](e, "WithVerificationToken", &e.token) }
}

// WithAuthenticator makes T the passkey entity, whose rows are in [cardea.Authenticator.Entity]. T
// embeds [Authenticator], or [AuthenticatorOf] the user entity that [WithUser] names.
func WithAuthenticator[T any]() Option {
	return func(e *entities) { override[T](e, "WithAuthenticator", &e.authenticator) }
}

// WithID makes the ids of new rows, which must be unique, may not be guessable where the
// application takes them for secret, and fit the entities' ID fields. It is called concurrently.
// Defaults to random UUIDs, and to none for integers, which the database numbers.
func WithID(newID func() string) Option {
	return func(e *entities) {
		if newID == nil {
			e.faults = append(e.faults, fmt.Errorf("WithID is given nil"))
		}
		e.newID = newID
	}
}

// entities are the types of the adapter's rows.
type entities struct {
	user, session, account, token, authenticator entity

	newID  func() string // nil for the default
	faults []error
}

// entity makes a new value of an entity, a pointer to a struct.
type entity struct {
	new   func() any
	named bool // by an Option
}

func defaultEntities() *entities {
	return &entities{
		user:          entity{new: fresh[User]},
		session:       entity{new: fresh[Session]},
		account:       entity{new: fresh[Account]},
		token:         entity{new: fresh[VerificationToken]},
		authenticator: entity{new: fresh[Authenticator]},
	}
}

func fresh[T any]() any { return new(T) }

func override[T any](e *entities, option string, which *entity) {
	if which.named {
		e.faults = append(e.faults, fmt.Errorf("%s is given twice, for %v and %v", option,
			reflect.TypeOf(which.new()).Elem(), reflect.TypeFor[T]()))
	}
	*which = entity{new: fresh[T], named: true}
}

// otherwise is what the entity is if no Option names it.
func (e *entity) otherwise(new func() any) {
	if !e.named {
		e.new = new
	}
}

func (e *entities) list() []any {
	return []any{e.user.new(), e.session.new(), e.account.new(), e.token.new(), e.authenticator.new()}
}
