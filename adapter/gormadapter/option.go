package gormadapter

import (
	"errors"
	"fmt"
	"reflect"
)

// An Option replaces a default entity by a type of the application, or sets how IDs are made.
//
// The type either embeds the default entity and adds columns, or is a struct that has a column for
// each field of the default entity:
//
//   - The field has the name of the default entity's field, or has that name in a tag, such as
//     `cardea:"Email"`.
//   - The field's type can hold the same values. ID and UserID may be integers or UUIDs. Optional
//     columns may be plain values instead of pointers.
//
// A field replaces an embedded field of the same name. [New] reports every field that is missing or
// has an unsuitable type.
type Option func(*entities)

// WithUser makes T the user entity:
//
//	type User struct {
//		gormadapter.User
//		Role string `gorm:"not null;default:MEMBER" json:"-"`
//	}
//
// The default entities that belong to a user are then those of T, such as SessionOf[T].
func WithUser[T any]() Option {
	return func(e *entities) {
		override[T](e, "WithUser", &e.user)
		e.session.setDefault(newEntity[SessionOf[T]])
		e.account.setDefault(newEntity[AccountOf[T]])
		e.authenticator.setDefault(newEntity[AuthenticatorOf[T]])
		e.factor.setDefault(newEntity[FactorOf[T]])
		e.recoveryCode.setDefault(newEntity[RecoveryCodeOf[T]])
		e.password.setDefault(newEntity[PasswordOf[T]])
	}
}

// WithSession makes T the session entity. The adapter puts the rows, each a *T, into
// [cardea.Session.Entity]. T embeds [Session], or [SessionOf] with the type given to [WithUser]. T
// may do without the field ID.
func WithSession[T any]() Option {
	return func(e *entities) { override[T](e, "WithSession", &e.session) }
}

// WithAccount makes T the account entity. The adapter puts the rows, each a *T, into
// [cardea.Account.Entity]. T embeds [Account], or [AccountOf] with the type given to [WithUser]. T
// may do without the field ID.
func WithAccount[T any]() Option {
	return func(e *entities) { override[T](e, "WithAccount", &e.account) }
}

// WithVerificationToken makes T the entity of single-use sign-in tokens. T embeds
// [VerificationToken].
func WithVerificationToken[T any]() Option {
	return func(e *entities) { override[T](e, "WithVerificationToken", &e.token) }
}

// WithAuthenticator makes T the passkey entity. The adapter puts the rows, each a *T, into
// [cardea.Authenticator.Entity]. T embeds [Authenticator], or [AuthenticatorOf] with the type given
// to [WithUser].
func WithAuthenticator[T any]() Option {
	return func(e *entities) { override[T](e, "WithAuthenticator", &e.authenticator) }
}

// WithThrottle makes T the entity of the counts for limits. T embeds [Throttle].
func WithThrottle[T any]() Option {
	return func(e *entities) { override[T](e, "WithThrottle", &e.limit) }
}

// WithFactor makes T the entity of second factors. T embeds [Factor], or [FactorOf] with the type
// given to [WithUser].
func WithFactor[T any]() Option {
	return func(e *entities) { override[T](e, "WithFactor", &e.factor) }
}

// WithRecoveryCode makes T the entity of recovery codes. T embeds [RecoveryCode], or
// [RecoveryCodeOf] with the type given to [WithUser].
func WithRecoveryCode[T any]() Option {
	return func(e *entities) { override[T](e, "WithRecoveryCode", &e.recoveryCode) }
}

// WithPassword makes T the entity of passwords. T embeds [Password], or [PasswordOf] with the type
// given to [WithUser].
func WithPassword[T any]() Option {
	return func(e *entities) { override[T](e, "WithPassword", &e.password) }
}

// PasswordIn says that the passwords are in the row of the user: hash and changed are the names of
// fields of T, which must be the type given to [WithUser]. There is no table of passwords then.
//
//	type User struct {
//		gormadapter.User
//		PasswordHash      *string    `gorm:"size:255;<-:create" json:"-"`
//		PasswordChangedAt *time.Time `gorm:"<-:create" json:"-"`
//	}
//
// The hash is a text of 255 characters or more. A user without a password has NULL or the empty
// string. The time may be NULL: a hash that another program has written need not have one.
//
// The adapter never reads the hash with a user, so what an application does with users, such as
// JSON, exports and logs, never has it. Therefore saving such a user must not write the fields,
// which the permission <-:create of GORM ensures. [New] reports a field that is missing, too narrow
// or without a tag that it needs.
//
// A user who is deleted softly keeps no password. PasswordIn and [WithPassword] exclude each other.
func PasswordIn[T any](hash, changed string) Option {
	return func(e *entities) {
		if e.passwordIn != nil {
			e.faults = append(e.faults, errors.New("PasswordIn is given twice"))
		}
		e.passwordIn = &passwordFields{new(T), hash, changed}
	}
}

// WithID makes the IDs of new rows with newID, which must be safe for concurrent use. Its IDs must
// be unique, must fit the entities' ID fields, and must be unguessable if the application uses them
// as secrets. [New] calls newID too, to check that its IDs fit. By default, IDs are random UUIDs,
// and integers are numbered by the database.
func WithID(newID func() string) Option {
	return func(e *entities) {
		if newID == nil {
			e.faults = append(e.faults, errors.New("WithID is given nil: want a function that returns a new ID"))
		}
		e.newID = newID
	}
}

// WithSessionsFromPrimary makes the adapter read sessions from the primary, although the
// application has registered dbresolver with replicas. By default it reads them from a replica:
// then a session that was ended stays valid until the replica has caught up, and at most for
// UpdateAge of [cardea.SessionConfig], because extending it needs the primary.
func WithSessionsFromPrimary() Option {
	return func(e *entities) { e.sessionsFromPrimary = true }
}

// entities has the types of the adapter's entities, as the options set them.
type entities struct {
	user, session, account, token, authenticator, limit entity
	factor, recoveryCode, password                      entity

	passwordIn *passwordFields // nil for a table of passwords

	newID               func() string // nil for the default
	sessionsFromPrimary bool

	faults []error // what is wrong with the options
}

// entity is the Go type of one kind of row.
type entity struct {
	new      func() any // returns a pointer to a new struct
	replaced bool       // an Option has set the type
}

func defaultEntities() *entities {
	return &entities{
		user:          entity{new: newEntity[User]},
		session:       entity{new: newEntity[Session]},
		account:       entity{new: newEntity[Account]},
		token:         entity{new: newEntity[VerificationToken]},
		authenticator: entity{new: newEntity[Authenticator]},
		limit:         entity{new: newEntity[Throttle]},
		factor:        entity{new: newEntity[Factor]},
		recoveryCode:  entity{new: newEntity[RecoveryCode]},
		password:      entity{new: newEntity[Password]},
	}
}

func newEntity[T any]() any { return new(T) }

// override makes T the type of target. If another option has set that type already, it adds a
// fault.
func override[T any](e *entities, option string, target *entity) {
	if target.replaced {
		e.faults = append(e.faults, fmt.Errorf("%s is given twice, for %v and %v", option,
			reflect.TypeOf(target.new()).Elem(), reflect.TypeFor[T]()))
	}
	*target = entity{new: newEntity[T], replaced: true}
}

// setDefault sets the type unless an option has set it.
func (e *entity) setDefault(new func() any) {
	if !e.replaced {
		e.new = new
	}
}

// list returns a pointer to a new value of each entity, in an order in which their tables can be
// created.
func (e *entities) list() []any {
	all := []any{
		e.user.new(), e.session.new(), e.account.new(), e.token.new(), e.authenticator.new(), e.limit.new(),
		e.factor.new(), e.recoveryCode.new(),
	}
	if e.passwordIn == nil {
		all = append(all, e.password.new())
	}
	return all
}
