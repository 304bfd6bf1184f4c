package gormadapter

import (
	"time"

	"gorm.io/gorm/schema"
)

// User is the default user entity, table user. Embed it to add columns of your own, and name your
// type with [WithUser]. Optional columns are pointers, nil where there is no value, so that any
// number of users may be without an e-mail address.
//
// Its JSON is that of Auth.js. Mark what the browser must not see of your own columns with
// json:"-".
type User struct {
	ID            string     `gorm:"primaryKey;size:255;not null" json:"id"`
	Name          *string    `gorm:"size:255" json:"name"`
	Email         *string    `gorm:"size:255;uniqueIndex:user_email_unique" json:"email"`
	EmailVerified *time.Time `json:"emailVerified"`
	Image         *string    `gorm:"size:255" json:"image"`
}

// TableName returns user with the prefix of GORM's naming strategy, or what a naming strategy of
// the application's own makes of User. An embedding type inherits it, or has its own.
func (User) TableName(namer schema.Namer) string { return tableName(namer, "user", "User") }

// Session is the default session entity, table session.
type Session = SessionOf[User]

// SessionOf is a session of the user entity U, whose table the foreign key needs to know. A U that
// wants its side of the relation too repeats the constraint, because GORM makes only one foreign
// key of both:
//
//	Sessions []gormadapter.SessionOf[User] `gorm:"foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE"`
type SessionOf[U any] struct {
	ID string `gorm:"primaryKey;size:255;not null" json:"id"`
	// a column of the type of U's key
	UserID       string    `gorm:"not null;index:session_user_id_index" json:"userId"`
	Expires      time.Time `gorm:"not null" json:"expires"`
	SessionToken string    `gorm:"size:255;not null;uniqueIndex:session_session_token_unique" json:"-"`

	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName is as that of [User].
func (SessionOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "session", "Session")
}

// Account is the default account entity, table account.
type Account = AccountOf[User]

// AccountOf is an account of the user entity U, with account_user_id_foreign for its constraint.
// The tokens of a provider are of any length.
type AccountOf[U any] struct {
	ID                string  `gorm:"primaryKey;size:255;not null" json:"id"`
	UserID            string  `gorm:"not null;index:account_user_id_index" json:"userId"`
	Type              string  `gorm:"size:255;not null" json:"type"`
	Provider          string  `gorm:"size:255;not null;uniqueIndex:account_provider_provider_account_id_unique,priority:1" json:"provider"`
	ProviderAccountID string  `gorm:"size:255;not null;uniqueIndex:account_provider_provider_account_id_unique,priority:2" json:"providerAccountId"`
	RefreshToken      *string `json:"-"`
	AccessToken       *string `json:"-"`
	ExpiresAt         *int64  `json:"expires_at"` // Unix seconds
	TokenType         *string `gorm:"size:255" json:"token_type"`
	Scope             *string `json:"scope"`
	IDToken           *string `json:"-"`
	SessionState      *string `gorm:"size:255" json:"session_state"`

	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:account_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName is as that of [User].
func (AccountOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "account", "Account")
}

// VerificationToken is the default entity of single-use sign-in tokens, table verification_token.
type VerificationToken struct {
	Token      string    `gorm:"primaryKey;size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:1" json:"-"`
	Expires    time.Time `gorm:"not null" json:"expires"`
	Identifier string    `gorm:"size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:2" json:"identifier"`
}

// TableName is as that of [User].
func (VerificationToken) TableName(namer schema.Namer) string {
	return tableName(namer, "verification_token", "VerificationToken")
}

// Authenticator is the default entity of passkeys, table authenticator.
type Authenticator = AuthenticatorOf[User]

// AuthenticatorOf is a passkey of the user entity U, with authenticator_user_id_foreign for its
// constraint. Binary values are in standard base64 with padding.
type AuthenticatorOf[U any] struct {
	UserID               string  `gorm:"primaryKey;not null" json:"userId"`
	CredentialID         string  `gorm:"primaryKey;size:512;not null;uniqueIndex:authenticator_credential_id_unique" json:"credentialID"`
	ProviderAccountID    string  `gorm:"size:512;not null" json:"providerAccountId"`
	CredentialPublicKey  string  `gorm:"not null" json:"-"`
	Counter              int64   `gorm:"not null" json:"-"`
	CredentialDeviceType string  `gorm:"size:255;not null" json:"credentialDeviceType"`
	CredentialBackedUp   bool    `gorm:"not null" json:"credentialBackedUp"`
	Transports           *string `gorm:"size:255" json:"transports"`

	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:authenticator_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName is as that of [User].
func (AuthenticatorOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "authenticator", "Authenticator")
}

// tableName keeps the standard naming strategy from making a plural of the name. One that keeps the
// case of names, and any other, names the tables itself.
func tableName(namer schema.Namer, name, entity string) string {
	if strategy, ok := namer.(*schema.NamingStrategy); ok {
		namer = *strategy
	}
	if strategy, ok := namer.(schema.NamingStrategy); ok && !strategy.NoLowerCase {
		return strategy.TablePrefix + name
	}
	return namer.TableName(entity)
}

// DefaultEntities returns the default entities for the application's own migrations, in an order in
// which they can be created:
//
//	db.AutoMigrate(append([]any{&Invoice{}}, gormadapter.DefaultEntities()...)...)
//
// An application that overrides one of them, or has tables with a prefix, takes [Adapter.Entities]
// instead.
func DefaultEntities() []any { return defaultEntities().list() }
