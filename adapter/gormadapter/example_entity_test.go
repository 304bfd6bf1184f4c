package gormadapter_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/oauth"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// Reader is a user with columns and relations of the application's.
type Reader struct {
	gormadapter.User
	Role     string   `gorm:"size:20;not null;default:MEMBER;check:known_role,role IN ('MEMBER','ADMIN')" json:"-"`
	Nickname *string  `gorm:"size:50;unique" json:"nickname"`
	Topics   []string `gorm:"serializer:json" json:"topics"`
	Loans    []Loan   `gorm:"foreignKey:ReaderID;constraint:OnDelete:CASCADE" json:"-"`
}

// Loan is a table of the application.
type Loan struct {
	ID       uint
	ReaderID string `gorm:"size:255;not null;index"`
	Title    string
}

// A user entity with a role, an optional nickname, a JSON column and a relation. Fields that the
// application leaves empty get the column's default.
func ExampleWithUser_columns() {
	db, err := gorm.Open(sqlite.Open(":memory:"))
	if err != nil {
		log.Fatal(err)
	}
	adapter, err := gormadapter.New(db, gormadapter.WithUser[Reader]())
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(append(adapter.Entities(), &Loan{})...); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Name: "Ada", Entity: &Reader{Topics: []string{"engines"}, Loans: []Loan{{Title: "Notes"}}}}
	if err := adapter.CreateUser(context.Background(), user); err != nil {
		log.Fatal(err)
	}
	reader := user.Entity.(*Reader)
	fmt.Println(reader.Role, reader.Loans[0].ReaderID == user.ID)
	reader.ID = "1"
	text, err := json.Marshal(reader)
	fmt.Println(string(text), err)
	// Output:
	// MEMBER true
	// {"id":"1","name":"Ada","email":null,"emailVerified":null,"image":null,"nickname":null,"topics":["engines"]} <nil>
}

// Visit is a session that knows the device.
type Visit struct {
	gormadapter.SessionOf[Reader]
	Device string `gorm:"size:100;not null;default:unknown" json:"device"`
}

// BeforeCreate fills the application's column. The statement's context is that of the request.
func (v *Visit) BeforeCreate(tx *gorm.DB) error {
	if device, ok := tx.Statement.Context.Value(deviceKey{}).(string); ok {
		v.Device = device
	}
	return nil
}

type deviceKey struct{}

// The adapter returns an application's session entity in Session.Entity.
func ExampleWithSession() {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithUser[Reader](), gormadapter.WithSession[Visit]())
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	ctx := context.WithValue(context.Background(), deviceKey{}, "phone")
	if err := adapter.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Name: "Ada"}
	if err := adapter.CreateUser(ctx, user); err != nil {
		log.Fatal(err)
	}
	session := &cardea.Session{Token: "hash", UserID: user.ID, Expires: time.Now().Add(time.Hour)}
	if err := adapter.CreateSession(ctx, session); err != nil {
		log.Fatal(err)
	}
	found, err := adapter.Session(ctx, "hash")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.User.Name, found.Entity.(*Visit).Device)
	// Output: Ada phone
}

// Patron is a users table that was there before: numbers for keys, other names, other types.
type Patron struct {
	UID      int64          `gorm:"primaryKey" cardea:"ID"`
	Mail     string         `gorm:"size:255;uniqueIndex" cardea:"Email"`
	Verified sql.NullTime   `cardea:"EmailVerified"`
	FullName string         `gorm:"size:255;not null" cardea:"Name"`
	Picture  sql.NullString `gorm:"size:255" cardea:"Image"`
	Credit   int            `gorm:"not null"`
}

// A struct that does not embed the default entity. Tags say what each field is. A field with the
// default's name needs no tag.
func ExampleWithUser_ownStruct() {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithUser[Patron]())
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	ctx := context.Background()
	if err := adapter.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Name: "Ada", Email: "ada@example.com", Entity: &Patron{Credit: 5}}
	if err := adapter.CreateUser(ctx, user); err != nil {
		log.Fatal(err)
	}
	patron := user.Entity.(*Patron)
	fmt.Printf("%q %d %s %d\n", user.ID, patron.UID, patron.Mail, patron.Credit)
	_, err = adapter.UserByID(ctx, "one")
	fmt.Println(err)
	// Output:
	// "1" 1 ada@example.com 5
	// find user: not found
}

// Holder has the hash of the password in the user's row.
type Holder struct {
	gormadapter.User
	PasswordHash      *string    `gorm:"size:255;<-:create" json:"-"`
	PasswordChangedAt *time.Time `gorm:"<-:create" json:"-"`
}

// The passwords are in the application's own columns. The rows of users that the adapter returns do
// not have them.
func ExamplePasswordIn() {
	db, err := gorm.Open(sqlite.Open(":memory:"))
	if err != nil {
		log.Fatal(err)
	}
	adapter, err := gormadapter.New(db,
		gormadapter.WithUser[Holder](), gormadapter.PasswordIn[Holder]("PasswordHash", "PasswordChangedAt"))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if err := adapter.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Email: "ada@example.com"}
	if err := adapter.CreateUser(ctx, user); err != nil {
		log.Fatal(err)
	}
	// Package password does this.
	if err := adapter.SetPasswordHash(ctx, user.ID, "$argon2id$…", time.Now()); err != nil {
		log.Fatal(err)
	}
	hash, _, err := adapter.PasswordHash(ctx, user.ID)
	fmt.Println(hash, err)
	found, err := adapter.UserByID(ctx, user.ID)
	fmt.Println(found.Entity.(*Holder).PasswordHash, err)
	// Output:
	// $argon2id$… <nil>
	// <nil> <nil>
}

// Nobody lacks most of what a user needs.
type Nobody struct {
	ID   int64
	Name bool
}

// New reports everything that is missing or of the wrong type in one error.
func ExampleNew_error() {
	_, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithUser[Nobody]())
	fmt.Println(err)
	// Output:
	// gormadapter: gormadapter_test.Nobody.Name is a bool, want a string, *string or sql.NullString: it is the Name
	// gormadapter_test.Nobody has no column for Email, EmailVerified, Image: embed the default entity, give the fields these names, or give them a tag such as `cardea:"Email"`
}

// Member is the default user with a number for its key. The sessions' and accounts' columns user_id
// become numbers too.
type Member struct {
	gormadapter.User
	ID int64 `gorm:"primaryKey" json:"id"`
}

// A field replaces the embedded field of the same name.
func ExampleWithUser_integerID() {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithUser[Member]())
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	if err := adapter.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Name: "Ada"}
	err = adapter.CreateUser(context.Background(), user)
	fmt.Println(user.ID, user.Entity.(*Member).ID, err)
	// Output: 1 1 <nil>
}

// The application makes the IDs.
func ExampleWithID() {
	n := 0
	// In an application IDs are random, and the function may be called concurrently.
	newID := func() string { n++; return fmt.Sprint("u", n) }
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithID(newID))
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	if err := adapter.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Name: "Ada"}
	err = adapter.CreateUser(context.Background(), user)
	fmt.Println(strings.HasPrefix(user.ID, "u"), err)
	// Output: true <nil>
}

// Prisma names tables after models and columns in camelCase, but for those that have their names
// from OAuth.
type Prisma struct{ schema.NamingStrategy }

// TableName keeps the name of the model.
func (Prisma) TableName(model string) string { return model }

// ColumnName begins with a lower letter.
func (p Prisma) ColumnName(table, field string) string {
	switch field {
	case "ID", "UserID", "ProviderAccountID":
		field = strings.TrimSuffix(field, "ID") + "Id"
	case "RefreshToken", "AccessToken", "ExpiresAt", "TokenType", "IDToken", "SessionState":
		return p.NamingStrategy.ColumnName(table, field)
	}
	return strings.ToLower(field[:1]) + field[1:]
}

// GORM's naming strategy names tables and columns.
func ExampleNew_namingStrategy() {
	db, err := gorm.Open(sqlite.Open(":memory:"), &gorm.Config{NamingStrategy: Prisma{}})
	if err != nil {
		log.Fatal(err)
	}
	adapter, err := gormadapter.New(db)
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(adapter.Entities()...); err != nil {
		log.Fatal(err)
	}
	columns, err := db.Migrator().ColumnTypes(&gormadapter.Session{})
	for _, c := range columns {
		fmt.Print(c.Name(), " ")
	}
	fmt.Println(db.Migrator().HasTable("VerificationToken"), err)
	// Output: id userId expires sessionToken createdAt authTime seenAt methods level iP userAgent true <nil>
}

// Borrower is deleted softly.
type Borrower struct {
	gormadapter.User
	Banned    bool `gorm:"not null"`
	DeletedAt gorm.DeletedAt
}

func letBack(db *gorm.DB) func(context.Context, *cardea.SignIn) error {
	return func(ctx context.Context, in *cardea.SignIn) error {
		u := in.User.Entity.(*Borrower)
		if u.Banned || !in.Profile.EmailVerified {
			return errors.New("the user is banned, or somebody else may have the address")
		}
		return db.WithContext(ctx).Unscoped().Model(u).Update("deleted_at", nil).Error
	}
}

// A user who is deleted softly comes back with the next sign-in, unless the user is banned.
func ExampleWithUser_softDeletion() {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithUser[Borrower]())
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	ctx := context.Background()
	if err := adapter.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Email: "ada@example.com"}
	if err := errors.Join(adapter.CreateUser(ctx, user), adapter.DeleteUser(ctx, user.ID)); err != nil {
		log.Fatal(err)
	}
	deleted, err := adapter.UserByEmail(ctx, user.Email)
	fmt.Println(err)
	profile := &oauth.Profile{Email: user.Email, EmailVerified: true}
	fmt.Println(letBack(adapter.DB())(ctx, &cardea.SignIn{User: deleted, Profile: profile}))
	_, err = adapter.UserByEmail(ctx, user.Email)
	fmt.Println(err)
	// Output:
	// find user: the user is deleted, and the row is kept: not found
	// <nil>
	// <nil>
}
