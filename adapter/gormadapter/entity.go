package gormadapter

import (
	"time"

	"gorm.io/gorm/schema"
)

// User is the default user entity, table user. Embed it to add columns of your own, and name your type with [WithUser]. Optional columns are
// pointers, nil where there is no value, so that any number of users may be without an e-mail address.
//
// Its JSON is that of Auth.js. Mark what the browser must not see of your own columns with json:"-".
type User struct {
	ID            string     `gorm:"primaryKey;size:255;not null" json:"id"`
	Name          *string    `gorm:"size:255" json:"name"`
	Email         *string    `gorm:"size:255;uniqueIndex:user_email_unique" json:"email"`
	EmailVerified *time.Time `json:"emailVerified"`
	Image         *string    `gorm:"size:255" json:"image"`
}

// TableName returns user with the naming strategy's prefix. An embedding type inherits it, or has its own.
func (User) TableName(namer schema.Namer) string { return tableName(namer, "user") }

func (u *User) userEntity() *User { return u }

// Session is the default session entity, table session.
type Session = SessionOf[User]

// SessionOf is a session of the user entity U, whose table the foreign key needs to know. A U that wants its side of the relation too repeats the
// constraint, because GORM makes only one foreign key of both:
//
//	Sessions []gormadapter.SessionOf[User] `gorm:"foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE"`
type SessionOf[U any] struct {
	ID           string    `gorm:"primaryKey;size:255;not null" json:"id"`
	UserID       string    `gorm:"size:255;not null;index:session_user_id_index" json:"userId"`
	Expires      time.Time `gorm:"not null" json:"expires"`
	SessionToken string    `gorm:"size:255;not null;uniqueIndex:session_session_token_unique" json:"-"`

	User *U `gorm:"foreignKey:UserID;references:ID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns session with the naming strategy's prefix.
func (SessionOf[U]) TableName(namer schema.Namer) string { return tableName(namer, "session") }

// Account is the default account entity, table account.
type Account = AccountOf[User]

// AccountOf is an account of the user entity U, with account_user_id_foreign for its constraint. The tokens of a provider are of any length.
type AccountOf[U any] struct {
	ID                string  `gorm:"primaryKey;size:255;not null" json:"id"`
	UserID            string  `gorm:"size:255;not null;index:account_user_id_index" json:"userId"`
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

	User *U `gorm:"foreignKey:UserID;references:ID;constraint:account_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

// TableName returns account with the naming strategy's prefix.
func (AccountOf[U]) TableName(namer schema.Namer) string { return tableName(namer, "account") }

// VerificationToken is the default entity of single-use sign-in tokens, table verification_token.
type VerificationToken struct {
	Token      string    `gorm:"primaryKey;size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:1" json:"-"`
	Expires    time.Time `gorm:"not null" json:"expires"`
	Identifier string    `gorm:"size:255;not null;uniqueIndex:verification_token_token_identifier_unique,priority:2" json:"identifier"`
}

// TableName returns verification_token with the naming strategy's prefix.
func (VerificationToken) TableName(namer schema.Namer) string {
	return tableName(namer, "verification_token")
}

// tableName asks for the name of a join table, because that is the one which GORM prefixes without making a plural of it.
func tableName(namer schema.Namer, name string) string { return namer.JoinTableName(name) }

// DefaultEntities returns the default entities for the application's own migrations, in an order in which they can be created:
//
//	db.AutoMigrate(append([]any{&Invoice{}}, gormadapter.DefaultEntities()...)...)
//
// An application that overrides one of them takes [Adapter.Entities] instead.
func DefaultEntities() []any { return defaultEntities().list() }
