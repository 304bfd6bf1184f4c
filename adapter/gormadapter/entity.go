package gormadapter

import (
	"time"

	"gorm.io/gorm/schema"
)

// User is the default user entity, in table user. To add columns, embed it in your own type and
// pass that type to [WithUser].
//
// Optional columns are pointers. A nil pointer is stored as NULL, so any number of users may have
// no e-mail address.
//
// The JSON has the member names of Auth.js. Give columns that the browser must not see the tag
// json:"-". Package fmt prints the columns of strings all the same, so log the ID, not the row.
type User struct {
	// ID is the primary key: a random UUID, unless [WithID] or the application makes another.
	ID string `gorm:"primaryKey;size:255;not null" json:"id"`
	// Name is the name to show, or nil.
	Name *string `gorm:"size:255" json:"name"`
	// Email is the e-mail address, unique among users, or nil.
	Email *string `gorm:"size:255;uniqueIndex:user_email_unique" json:"email"`
	// EmailVerified is when Email was verified, in UTC, or nil if it was not.
	EmailVerified *time.Time `json:"emailVerified"`
	// Image is the URL of a picture, or nil. Providers have URLs of many hundred characters.
	Image *string `gorm:"size:2048" json:"image"`
}

// TableName returns "user" with the prefix of GORM's standard naming strategy. If the application
// has another naming strategy, TableName returns the name that it gives to "User". A type that
// embeds User inherits this method unless it has its own.
func (User) TableName(namer schema.Namer) string { return tableName(namer, "user", "User") }

// Session is the default session entity, in table session.
type Session = SessionOf[User]

// SessionOf is a session that belongs to a user of type U. GORM needs U to know the table to which
// the foreign key refers.
//
// If U has a field for its sessions, of type []SessionOf[U], the gorm tag of that field must have
// the same foreignKey and constraint as the field User has here, because GORM makes one foreign key
// from both fields.
type SessionOf[U any] struct {
	// ID is the primary key: a random UUID, unless [WithID] makes another. Sign-in does not use it.
	ID string `gorm:"primaryKey;size:255;not null" json:"id"`
	// UserID is the ID of the user. Its column has the type of the user's key.
	UserID string `gorm:"not null;index:session_user_id_index" json:"userId"`
	// Expires is when the session ends, in UTC.
	Expires time.Time `gorm:"not null" json:"expires"`
	// SessionToken identifies the session and is unique. By default it is a hash of the token in
	// the cookie.
	SessionToken string `gorm:"size:255;not null;uniqueIndex:session_session_token_unique" json:"-"`
	// CreatedAt is the time of the sign-in, in UTC, or nil if nobody knows. The table need not have
	// this column and the following ones. The adapter looks once which of them there are.
	CreatedAt *time.Time `gorm:"autoCreateTime:false" json:"createdAt"`
	// AuthTime is when the user last proved who they are, in UTC, or nil if nobody knows.
	AuthTime *time.Time `json:"authTime"`
	// SeenAt is when the session was last used, give or take an hour, in UTC, or nil.
	SeenAt *time.Time `json:"seenAt"`
	// Methods are how the user has proven who they are, separated by spaces, or nil. See
	// [cardea.Session].
	Methods *string `gorm:"size:64" json:"methods"`
	// Level is 2 if the user has proven two factors, 1 if not, or nil if nobody knows.
	Level *int16 `json:"level"`
	// IP is the client's address at the sign-in, or its network, or nil.
	IP *string `gorm:"size:45" json:"-"`
	// UserAgent is the header User-Agent of the sign-in, or nil. Clients choose it.
	UserAgent *string `gorm:"size:255" json:"-"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns "session", or what the naming strategy makes of "Session": see
// [User.TableName].
func (SessionOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "session", "Session")
}

// Account is the default account entity, in table account.
type Account = AccountOf[User]

// AccountOf is an account at a provider that belongs to a user of type U. Its constraint has the
// name account_user_id_foreign; for its use see [SessionOf]. The columns for tokens hold texts of
// any length.
type AccountOf[U any] struct {
	// ID is the primary key: a random UUID, unless [WithID] makes another. Sign-in does not use it.
	ID string `gorm:"primaryKey;size:255;not null" json:"id"`
	// UserID is the ID of the user. Its column has the type of the user's key.
	UserID string `gorm:"not null;index:account_user_id_index" json:"userId"`
	// Type is the type of the provider, such as oidc.
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
	// Scope has the scopes of AccessToken, separated by spaces, or is nil.
	Scope *string `json:"scope"`
	// IDToken is the latest OpenID Connect ID token, or nil.
	IDToken *string `json:"-"`
	// SessionState is the session_state of OpenID Connect Session Management, or nil.
	SessionState *string `json:"session_state"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:account_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns "account", or what the naming strategy makes of "Account": see
// [User.TableName].
func (AccountOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "account", "Account")
}

// VerificationToken is the default entity of single-use sign-in tokens, in table
// verification_token. A few rows are not sign-in tokens but locks, which let one process refresh a
// provider's tokens.
type VerificationToken struct {
	// Token is a hash of the token in the mail. It is the primary key.
	Token string `gorm:"primaryKey;size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:1" json:"-"`
	// Expires is when the token ends, in UTC.
	Expires time.Time `gorm:"not null" json:"expires"`
	// Identifier is the e-mail address that the token was sent to. In a lock it is "refresh:" and
	// the provider's ID.
	Identifier string `gorm:"size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:2" json:"identifier"`
}

// TableName returns "verification_token", or what the naming strategy makes of "VerificationToken":
// see [User.TableName].
func (VerificationToken) TableName(namer schema.Namer) string {
	return tableName(namer, "verification_token", "VerificationToken")
}

// Authenticator is the default entity of passkeys, in table authenticator.
type Authenticator = AuthenticatorOf[User]

// AuthenticatorOf is a passkey that belongs to a user of type U. Its constraint has the name
// authenticator_user_id_foreign; for its use see [SessionOf]. Binary values are in standard base64
// with padding.
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
	// Counter is the signature counter, from 0 to 1<<32 - 1. It stays 0 if the passkey has no
	// counter.
	Counter int64 `gorm:"not null" json:"-"`
	// CredentialDeviceType is singleDevice or multiDevice.
	CredentialDeviceType string `gorm:"size:255;not null" json:"credentialDeviceType"`
	// CredentialBackedUp reports whether the passkey is backed up.
	CredentialBackedUp bool `gorm:"not null" json:"credentialBackedUp"`
	// Transports has the ways to reach the authenticator, such as usb,nfc, separated by commas, or
	// is nil.
	Transports *string `gorm:"size:255" json:"transports"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:authenticator_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns "authenticator", or what the naming strategy makes of "Authenticator": see
// [User.TableName].
func (AuthenticatorOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "authenticator", "Authenticator")
}

// Throttle is the default entity of the counts for limits, in table throttle. A row has no effect
// when its TAT has passed.
type Throttle struct {
	// Key is a hash of what is limited: 64 hexadecimal digits. It is the primary key.
	Key string `gorm:"primaryKey;size:64;not null" json:"-"`
	// TAT is the theoretical arrival time of the generic cell rate algorithm, in microseconds since
	// 1970. From then on, no event that was allowed counts any more.
	TAT int64 `gorm:"not null;index:throttle_tat_index" json:"-"`
}

// TableName returns "throttle", or what the naming strategy makes of "Throttle": see
// [User.TableName].
func (Throttle) TableName(namer schema.Namer) string {
	return tableName(namer, "throttle", "Throttle")
}

// Factor is the default entity of second factors, in table factor.
type Factor = FactorOf[User]

// FactorOf is a second factor that belongs to a user of type U. Its constraint has the name
// factor_user_id_foreign; for its use see [SessionOf]. Package factor says what it is.
type FactorOf[U any] struct {
	// ID is the primary key: random, and not made by [WithID], because Secret depends on it.
	ID string `gorm:"primaryKey;size:64;not null" json:"id"`
	// UserID is the ID of the user. Its column has the type of the user's key.
	UserID string `gorm:"not null;index:factor_user_id_index" json:"userId"`
	// Kind is totp.
	Kind string `gorm:"size:16;not null" json:"kind"`
	// Name is what the user calls the factor, possibly "".
	Name string `gorm:"size:64;not null" json:"name"`
	// Secret is encrypted with the secret of the site, for this row alone.
	Secret string `gorm:"not null" json:"-"`
	// LastStep is the time step of the last code that was used. It is in no JSON, because it tells
	// when the user signed in.
	LastStep int64 `gorm:"not null" json:"-"`
	// CreatedAt is when the factor was confirmed, in UTC.
	CreatedAt time.Time `gorm:"autoCreateTime:false;not null" json:"createdAt"`
	// LastUsedAt is when the factor was last used, in UTC, or nil.
	LastUsedAt *time.Time `json:"lastUsedAt"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:factor_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns "factor", or what the naming strategy makes of "Factor": see [User.TableName].
func (FactorOf[U]) TableName(namer schema.Namer) string { return tableName(namer, "factor", "Factor") }

// RecoveryCode is the default entity of recovery codes, in table recovery_code.
type RecoveryCode = RecoveryCodeOf[User]

// RecoveryCodeOf is a recovery code that belongs to a user of type U. Its constraint has the name
// recovery_code_user_id_foreign; for its use see [SessionOf].
type RecoveryCodeOf[U any] struct {
	// UserID is the ID of the user, and part of the primary key. Its column has the type of the
	// user's key.
	UserID string `gorm:"primaryKey;not null" json:"-"`
	// Hash is the SHA-256 of the code: 64 hexadecimal digits, and part of the primary key.
	Hash string `gorm:"primaryKey;size:64;not null" json:"-"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:recovery_code_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns "recovery_code", or what the naming strategy makes of "RecoveryCode": see
// [User.TableName].
func (RecoveryCodeOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "recovery_code", "RecoveryCode")
}

// Password is the default entity of passwords, in table user_password.
type Password = PasswordOf[User]

// PasswordOf is the password of a user of type U. Its constraint has the name
// user_password_user_id_foreign; for its use see [SessionOf]. It has a table of its own, so that no
// row of a user has the hash.
type PasswordOf[U any] struct {
	// UserID is the ID of the user, and the primary key. Its column has the type of the user's key.
	UserID string `gorm:"primaryKey;not null" json:"userId"`
	// Hash is the hash of the password. It says how it was made.
	Hash string `gorm:"size:255;not null" json:"-"`
	// ChangedAt is when the user got this password, in UTC.
	ChangedAt time.Time `gorm:"not null" json:"changedAt"`
	// User is for GORM's Preload and the foreign key. The adapter does not fill it.
	User *U `gorm:"belongsTo;foreignKey:UserID;constraint:user_password_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns "user_password", or what the naming strategy makes of "UserPassword": see
// [User.TableName].
func (PasswordOf[U]) TableName(namer schema.Namer) string {
	return tableName(namer, "user_password", "UserPassword")
}

// tableName returns the prefix and name for GORM's standard naming strategy, which would make a
// plural of the entity's name. If that strategy is set to NoLowerCase, or if the application has a
// strategy of another type, the strategy makes the table's name from the entity's name.
func tableName(namer schema.Namer, name, entity string) string {
	if strategy, ok := namer.(*schema.NamingStrategy); ok {
		namer = *strategy
	}
	if strategy, ok := namer.(schema.NamingStrategy); ok && !strategy.NoLowerCase {
		return strategy.TablePrefix + name
	}
	return namer.TableName(entity)
}

// DefaultEntities returns a pointer to a new value of each default entity, for the application's
// own migrations. Their order is one in which the tables can be created:
//
//	db.AutoMigrate(append([]any{&Invoice{}}, gormadapter.DefaultEntities()...)...)
//
// If an option replaces an entity, or if the tables have a prefix, use [Adapter.Entities] instead.
func DefaultEntities() []any { return defaultEntities().list() }
