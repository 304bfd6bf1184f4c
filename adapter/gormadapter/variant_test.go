package gormadapter_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adaptertest"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// The default entities with more columns.

type customSession struct {
	gormadapter.SessionOf[member]
	Agent string `gorm:"size:100;not null;default:unknown"` // a text without a size has no default in MySQL
	Place *string
}

type customAccount struct {
	gormadapter.AccountOf[member]
	Scopes []string `gorm:"serializer:json"`
	Level  int      `gorm:"not null;default:3"`
}

type customToken struct {
	gormadapter.VerificationToken
	Reason string `gorm:"size:100;not null;default:mail"`
}

type customAuthenticator struct {
	gormadapter.AuthenticatorOf[member]
	Label string `gorm:"size:100;not null;default:key"`
}

func embedded() []gormadapter.Option {
	return []gormadapter.Option{
		gormadapter.WithVerificationToken[customToken](), gormadapter.WithAuthenticator[customAuthenticator](),
		gormadapter.WithAccount[customAccount](),
		// the user is last: the order does not matter
		gormadapter.WithSession[customSession](), gormadapter.WithUser[member](),
	}
}

// Users with numbers for keys.
type numbered struct {
	gormadapter.User
	ID int64 `json:"id"`
}

type numbered32 struct {
	gormadapter.User
	ID uint32 `json:"id"`
}

// Users with the database's own UUIDs, as a text and as a Go type.
type native struct {
	gormadapter.User
	ID string `gorm:"primaryKey;type:uuid;default:gen_random_uuid()" json:"id"`
}

type typed struct {
	gormadapter.User
	ID uuidType `gorm:"primaryKey" json:"id"`
}

// uuidType is like the types of UUID libraries.
type uuidType [16]byte

func (u *uuidType) Scan(v any) error {
	b, err := hex.DecodeString(strings.ReplaceAll(fmt.Sprintf("%s", v), "-", ""))
	if err != nil || len(b) != len(u) {
		return errors.New("no UUID")
	}
	*u = uuidType(b)
	return nil
}

func (u uuidType) Value() (driver.Value, error) {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}

func (uuidType) GormDBDataType(db *gorm.DB, _ *schema.Field) string {
	if db.Dialector.Name() == "sqlite" {
		return "text"
	}
	return "uuid"
}

// Structs that do not embed the default entities: other names, other types, no relations, and no
// IDs for rows that need none.

type patron struct {
	UID      int64          `gorm:"primaryKey" cardea:"ID"`
	Mail     string         `gorm:"size:255;uniqueIndex" cardea:"Email"`
	Verified sql.NullTime   `cardea:"EmailVerified"`
	Title    string         `gorm:"size:255;not null" cardea:"Name"`
	Picture  sql.NullString `gorm:"size:255" cardea:"Image"`
	Role     string         `gorm:"size:20;not null;default:ADMIN"`
	Secret   string         `gorm:"size:255;not null;default:'';<-:create" json:"-"` // of passwords
	Since    sql.NullTime   `gorm:"<-:create"`
}

type login struct {
	Key   string    `gorm:"primaryKey;size:255" cardea:"SessionToken"`
	Whose int64     `gorm:"index" cardea:"UserID"`
	Until time.Time `gorm:"not null" cardea:"Expires"`
}

type identity struct {
	Provider     string `gorm:"primaryKey;size:100"`
	Subject      string `gorm:"primaryKey;size:200" cardea:"ProviderAccountID"`
	Owner        int64  `gorm:"index" cardea:"UserID"`
	Kind         string `gorm:"size:20" cardea:"Type"`
	RefreshToken sql.NullString
	AccessToken  string
	ExpiresAt    sql.NullInt64
	TokenType    *string `gorm:"size:20"`
	Scope        string
	IDToken      sql.Null[string]
	SessionState *string `gorm:"size:255"`
}

type proof struct {
	Hash string    `gorm:"primaryKey;size:255" cardea:"Token"`
	For  string    `gorm:"size:255;not null" cardea:"Identifier"`
	End  time.Time `gorm:"not null" cardea:"Expires"`
}

type device struct {
	Credential           string `gorm:"primaryKey;size:512" cardea:"CredentialID"`
	UserID               int64  `gorm:"index"`
	ProviderAccountID    string `gorm:"size:512"`
	Public               string `gorm:"size:5000" cardea:"CredentialPublicKey"`
	Counter              uint32
	CredentialDeviceType string `gorm:"size:20"`
	CredentialBackedUp   bool
	Transports           string `gorm:"size:255"`
}

func mapped() []gormadapter.Option {
	return []gormadapter.Option{
		gormadapter.WithUser[patron](), gormadapter.WithSession[login](), gormadapter.WithAccount[identity](),
		gormadapter.WithVerificationToken[proof](), gormadapter.WithAuthenticator[device](),
		gormadapter.PasswordIn[patron]("Secret", "Since"),
	}
}

// guest has a password in columns that may be NULL.
type guest struct {
	gormadapter.User
	PasswordHash      *string    `gorm:"size:255;<-:create" json:"-"`
	PasswordChangedAt *time.Time `gorm:"<-:create" json:"passwordChangedAt"`
}

func guests() []gormadapter.Option {
	return []gormadapter.Option{
		gormadapter.WithUser[guest](), gormadapter.PasswordIn[guest]("PasswordHash", "PasswordChangedAt"), counted(),
	}
}

// plural gives the adapter's tables the plural names that GORM gives to others.
type plural struct{ schema.NamingStrategy }

// camel names tables and columns as Prisma does: tables as the models, columns in camelCase, except
// those that have their names from OAuth.
type camel struct{ schema.NamingStrategy }

func (c camel) TableName(entity string) string { return c.TablePrefix + entity }

func (camel) ColumnName(_, field string) string {
	switch field {
	case "ID":
		return "id"
	case "RefreshToken", "AccessToken", "ExpiresAt", "TokenType", "IDToken", "SessionState":
		return schema.NamingStrategy{}.ColumnName("", field)
	}
	for from, to := range map[string]string{
		"CredentialID": "credentialID", "ProviderAccountID": "providerAccountId", "UserID": "userId",
	} {
		if field == from {
			return to
		}
	}
	return strings.ToLower(field[:1]) + field[1:]
}

// variant is a set of entities and a naming strategy.
type variant struct {
	options func() []gormadapter.Option
	namer   func(prefix string) schema.Namer
	engines string // the databases to test it on
}

func standard(prefix string) schema.Namer { return schema.NamingStrategy{TablePrefix: prefix} }

func none() []gormadapter.Option { return nil }

func only(o func() gormadapter.Option) func() []gormadapter.Option {
	return func() []gormadapter.Option { return []gormadapter.Option{o()} }
}

func variants() map[string]variant {
	return map[string]variant{
		"prefix":                {none, standard, "SQLite"},
		"all entities embedded": {embedded, standard, "SQLite PostgreSQL MariaDB MySQL"},
		"integer ids":           {only(gormadapter.WithUser[numbered]), standard, "SQLite PostgreSQL MariaDB MySQL"},
		"32-bit integer ids":    {only(gormadapter.WithUser[numbered32]), standard, "MariaDB MySQL"},
		"native UUIDs":          {only(gormadapter.WithUser[native]), standard, "PostgreSQL"},
		"typed UUIDs":           {only(gormadapter.WithUser[typed]), standard, "SQLite PostgreSQL"},
		"structs of one's own":  {mapped, standard, "SQLite PostgreSQL MariaDB MySQL"},
		"ids of one's own":      {guests, standard, "SQLite"},
		"plural names": {none, func(prefix string) schema.Namer {
			return plural{schema.NamingStrategy{TablePrefix: prefix}}
		}, "SQLite"},
		"camelCase names": {none, func(prefix string) schema.Namer {
			return camel{schema.NamingStrategy{TablePrefix: prefix}}
		}, "SQLite PostgreSQL"},
		"unchanged names": {none, func(prefix string) schema.Namer {
			return schema.NamingStrategy{TablePrefix: prefix, NoLowerCase: true, SingularTable: true}
		}, "SQLite"},
	}
}

func counted() gormadapter.Option {
	var last atomic.Int64
	return gormadapter.WithID(func() string { return fmt.Sprint("id-", last.Add(1)) })
}

// Each variant keeps the contract, with several sets of tables in one database.
func TestContractOfVariants(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or more")
	}
	t.Parallel()
	for name, v := range variants() {
		for _, e := range databases() {
			if !strings.Contains(v.engines, e.name) {
				continue
			}
			t.Run(name+" on "+e.name, func(t *testing.T) {
				t.Parallel()
				var sets atomic.Int64
				together := e.empty(t)
				adaptertest.Run(t, reused(t, func(t testing.TB) *gormadapter.Adapter {
					options := together
					// SQLite has one writer for all tables, and MySQL one namespace for all checks.
					if e.name == "SQLite" || e.name == "MySQL" {
						options = e.empty(t)
					}
					return v.open(t, options, fmt.Sprintf("set%d_", sets.Add(1)))
				}))
			})
		}
	}
}

// open returns an adapter on tables with a prefix.
func (v variant) open(t testing.TB, o gormadapter.Options, prefix string) *gormadapter.Adapter {
	t.Helper()
	db, err := gorm.Open(dialectorOf(t, o), &gorm.Config{NamingStrategy: v.namer(prefix), Logger: logger.Discard})
	must(t, err)
	pool, err := db.DB()
	must(t, err)
	t.Cleanup(func() { pool.Close() })
	a, err := gormadapter.New(db, v.options()...)
	must(t, err)
	return a
}
