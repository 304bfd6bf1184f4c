package gormadapter

import (
	"errors"
	"fmt"
	"reflect"
)

// Option overrides one of the adapter's entities, or how IDs are made. Everything else keeps its
// default.
//
// An application's entity either embeds the default one and adds columns, or is a struct with a
// column for each field of the default entity:
//
//   - Its field has the same name, or another name and the default's name in a tag,
//     `cardea:"Email"`.
//   - Its type can hold the same values. ID and UserID may be integers or UUIDs. Optional columns
//     may be plain values instead of pointers.
//
// A field replaces an embedded field of the same name. [New] reports everything that is missing or
// of the wrong type.
type Option func(*entities)

// WithUser makes T the user entity:
//
//	type User struct {
//		gormadapter.User
//		Role string `gorm:"not null;default:ADMIN" json:"-"`
//	}
//
// Unless other options name them, the other entities are then [SessionOf], [AccountOf] and
// [AuthenticatorOf] T.
func WithUser[T any]() Option {
	return func(e *entities) {
		override[T](e, "WithUser", &e.user)
		e.session.setDefault(newEntity[SessionOf[T]])
		e.account.setDefault(newEntity[AccountOf[T]])
		e.authenticator.setDefault(newEntity[AuthenticatorOf[T]])
	}
}

// WithSession makes T the session entity, and puts its rows into [cardea.Session.Entity]. T embeds
// [Session], or [SessionOf] the user entity that [WithUser] names. T may have no ID.
func WithSession[T any]() Option {
	return func(e *entities) { override[T](e, "WithSession", &e.session) }
}

// WithAccount makes T the account entity, and puts its rows into [cardea.Account.Entity]. T embeds
// [Account], or [AccountOf] the user entity that [WithUser] names. T may have no ID.
func WithAccount[T any]() Option {
	return func(e *entities) { override[T](e, "WithAccount", &e.account) }
}

// WithVerificationToken makes T the entity of single-use sign-in tokens.
func WithVerificationToken[T any]() Option {
	return func(e *entities) { override[T](e, "WithVerificationToken", &e.token) }
}

// WithAuthenticator makes T the passkey entity, and puts its rows into
// [cardea.Authenticator.Entity]. T embeds [Authenticator], or [AuthenticatorOf] the user entity
// that [WithUser] names.
func WithAuthenticator[T any]() Option {
	return func(e *entities) { override[T](e, "WithAuthenticator", &e.authenticator) }
}

// WithID makes the IDs of new rows with newID, which is called concurrently. IDs must be unique,
// fit the entities' ID fields, and be unguessable if the application uses them as secrets. By
// default IDs are random UUIDs, and integers are numbered by the database.
func WithID(newID func() string) Option {
	return func(e *entities) {
		if newID == nil {
			e.faults = append(e.faults, errors.New("WithID is given nil: want a function that returns a new ID"))
		}
		e.newID = newID
	}
}

// entities are the types of the adapter's rows.
type entities struct {
	user, session, account, token, authenticator entity

	newID  func() string // nil for the default
	faults []error       // of the options
}

// entity is the type of a row.
type entity struct {
	new   func() any // returns a pointer to a new struct
	named bool       // an Option has named the type
}

func defaultEntities() *entities {
	return &entities{
		user:          entity{new: newEntity[User]},
		session:       entity{new: newEntity[Session]},
		account:       entity{new: newEntity[Account]},
		token:         entity{new: newEntity[VerificationToken]},
		authenticator: entity{new: newEntity[Authenticator]},
	}
}

func newEntity[T any]() any { return new(T) }

// override makes T the type of an entity, which only one option may do.
func override[T any](e *entities, option string, which *entity) {
	if which.named {
		e.faults = append(e.faults, fmt.Errorf("%s is given twice, for %v and %v", option,
			reflect.TypeOf(which.new()).Elem(), reflect.TypeFor[T]()))
	}
	*which = entity{new: newEntity[T], named: true}
}

// setDefault sets the type if no Option names it.
func (e *entity) setDefault(new func() any) {
	if !e.named {
		e.new = new
	}
}

// list returns a pointer to a new value of each, in an order in which their tables can be created.
func (e *entities) list() []any {
	return []any{e.user.new(), e.session.new(), e.account.new(), e.token.new(), e.authenticator.new()}
}
