package gormadapter

import (
	"time"

	"gorm.io/gorm/schema"
)

// User is the default user entity, in table user. To add columns, embed it, and name the embedding
// type with [WithUser]. Optional columns are pointers, nil if there is no value, so that any number
// of users may have no e-mail address.
//
// Its JSON is that of Auth.js. Give columns that the browser must not see the tag json:"-".
type User struct {
	// ID is the primary key: a random UUID, unless [WithID] or the application makes another.
	ID string `gorm:"primaryKey;size:255;not null" json:"id"`
	// Name is the name to show, or nil.
	Name *string `gorm:"size:255" json:"name"`
	// Email is the e-mail address, unique among users, or nil.
	Email *string `gorm:"size:255;uniqueIndex:user_email_unique" json:"email"`
	// EmailVerified is when Email was verified, in UTC, or nil if it was not.
	EmailVerified *time.Time `json:"emailVerified"`
	// Image is the URL of a picture, or nil.
	Image *string `gorm:"size:255" json:"image"`
}

// TableName returns user with the prefix of GORM's naming strategy, or the name that the
// application's own naming strategy gives to User. An embedding type inherits this method unless it
// has its own.
func (User) TableName(namer schema.Namer) string { return tableName(namer, "user", "User") }

// Session is the default session entity, in table session.
type Session = SessionOf[User]

// SessionOf is a session of the user entity U, whose table GORM needs to know for the foreign key.
// If U has a field for its sessions, that field repeats the constraint, because GORM makes one
// foreign key of both:
//
//	Sessions []gormadapter.SessionOf[User] `gorm:"foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE"`
type SessionOf[U any] struct {
	// ID is the primary key: a random UUID, unless [WithID] makes another. Sign-in does not use it.
	ID string `gorm:"primaryKey;size:255;not null" json:"id"`
	// UserID is the ID of the user. Its column has the type of the user's key.
	UserID string `gorm:"not null;index:session_user_id_index" json:"userId"`
	// Expires is when the session ends, in UTC.
	Expires time.Time `gorm:"not null" json:"expires"`
	// SessionToken is what the cookie refers to, unique: by default a hash of the cookie's token.
	SessionToken string `gorm:"size:255;not null;uniqueIndex:session_session_token_unique" json:"-"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName names the table session, as [User.TableName] does user.
func (SessionOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "session", "Session")
}

// Account is the default account entity, in table account.
type Account = AccountOf[User]

// AccountOf is an account of the user entity U at a provider. Its constraint is
// account_user_id_foreign; see [SessionOf]. Columns for tokens hold texts of any length.
type AccountOf[U any] struct {
	// ID is the primary key: a random UUID, unless [WithID] makes another. Sign-in does not use it.
	ID string `gorm:"primaryKey;size:255;not null" json:"id"`
	// UserID is the ID of the user. Its column has the type of the user's key.
	UserID string `gorm:"not null;index:account_user_id_index" json:"userId"`
	// Type is the provider's type, such as oidc.
	Type string `gorm:"size:255;not null" json:"type"`
	// Provider is the provider's ID, such as github.
	Provider string `gorm:"size:255;not null;uniqueIndex:account_provider_provider_account_id_unique,priority:1" json:"provider"`
	// ProviderAccountID is the account's ID at the provider, unique there.
	ProviderAccountID string `gorm:"size:255;not null;uniqueIndex:account_provider_provider_account_id_unique,priority:2" json:"providerAccountId"`
	// RefreshToken is the provider's refresh token, or nil.
	RefreshToken *string `json:"-"`
	// AccessToken is the provider's latest access token, or nil.
	AccessToken *string `json:"-"`
	// ExpiresAt is when AccessToken expires, in Unix seconds, or nil if it does not or is unknown.
	ExpiresAt *int64 `json:"expires_at"`
	// TokenType is the type of AccessToken, such as bearer, or nil.
	TokenType *string `gorm:"size:255" json:"token_type"`
	// Scope is the scopes of AccessToken, separated by spaces, or nil.
	Scope *string `json:"scope"`
	// IDToken is the latest OpenID Connect ID token, or nil.
	IDToken *string `json:"-"`
	// SessionState is the session_state of OpenID Connect Session Management, or nil.
	SessionState *string `gorm:"size:255" json:"session_state"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:account_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName names the table account, as [User.TableName] does user.
func (AccountOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "account", "Account")
}

// VerificationToken is the default entity of single-use sign-in tokens, in table
// verification_token.
type VerificationToken struct {
	// Token is a hash of the token in the mail. It is the primary key.
	Token string `gorm:"primaryKey;size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:1" json:"-"`
	// Expires is when the token ends, in UTC.
	Expires time.Time `gorm:"not null" json:"expires"`
	// Identifier is the e-mail address that the token was sent to. Another text marks a token that
	// tells other processes that a provider's tokens are being refreshed.
	Identifier string `gorm:"size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:2" json:"identifier"`
}

// TableName names the table verification_token, as [User.TableName] does user.
func (VerificationToken) TableName(namer schema.Namer) string {
	return tableName(namer, "verification_token", "VerificationToken")
}

// Authenticator is the default entity of passkeys, in table authenticator.
type Authenticator = AuthenticatorOf[User]

// AuthenticatorOf is a passkey of the user entity U. Its constraint is
// authenticator_user_id_foreign; see [SessionOf]. Binary values are in standard base64 with
// padding.
type AuthenticatorOf[U any] struct {
	// UserID is the ID of the user, and part of the primary key. Its column has the type of the
	// user's key.
	UserID string `gorm:"primaryKey;not null" json:"userId"`
	// CredentialID is the passkey's WebAuthn credential ID, in base64, and part of the primary key.
	CredentialID string `gorm:"primaryKey;size:512;not null;uniqueIndex:authenticator_credential_id_unique" json:"credentialID"`
	// ProviderAccountID is the ID of the account that belongs to the passkey.
	ProviderAccountID string `gorm:"size:512;not null" json:"providerAccountId"`
	// CredentialPublicKey is the public key, in base64.
	CredentialPublicKey string `gorm:"not null" json:"-"`
	// Counter is the signature counter, from 0 to 1<<32 - 1. It stays 0 for passkeys that do not
	// count.
	Counter int64 `gorm:"not null" json:"-"`
	// CredentialDeviceType is singleDevice or multiDevice.
	CredentialDeviceType string `gorm:"size:255;not null" json:"credentialDeviceType"`
	// CredentialBackedUp reports whether the passkey has a backup.
	CredentialBackedUp bool `gorm:"not null" json:"credentialBackedUp"`
	// Transports are the ways to reach the authenticator, such as usb,nfc, separated by commas, or
	// nil.
	Transports *string `gorm:"size:255" json:"transports"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:authenticator_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName names the table authenticator, as [User.TableName] does user.
func (AuthenticatorOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "authenticator", "Authenticator")
}

// tableName keeps GORM's standard naming strategy from making a plural of the name. If that
// strategy keeps the case of names, or if there is another strategy, the strategy names the table.
func tableName(namer schema.Namer, name, entity string) string {
	if strategy, ok := namer.(*schema.NamingStrategy); ok {
		namer = *strategy
	}
	if strategy, ok := namer.(schema.NamingStrategy); ok && !strategy.NoLowerCase {
		return strategy.TablePrefix + name
	}
	return namer.TableName(entity)
}

// DefaultEntities returns a pointer to a new value of each default entity, in an order in which
// their tables can be created, for the application's own migrations:
//
//	db.AutoMigrate(append([]any{&Invoice{}}, gormadapter.DefaultEntities()...)...)
//
// If the application overrides an entity, or its tables have a prefix, use [Adapter.Entities]
// instead.
func DefaultEntities() []any { return defaultEntities().list() }
