package gormadapter_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"gorm.io/gorm"
)

const (
	adasPassword = "correct horse battery staple"
	bensPassword = "another long sentence of mine"

	adasBcrypt = "$2b$05$mNUFyN2SR7i5wgVl1Ld0Pu7fRVzrefIeSB4BnwrSESdvVeSEqnMfK" // by npm bcrypt
)

// On every database: users of an application with a hash in their row sign in with it, get another
// one by mail, and sign up. What the application gets of a user never has the hash, and saving that
// does not change it.
func TestPasswordIn(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			store := openOn(t, e.empty(t), guests()...)
			mails := &cardeatest.Mailbox{}
			s := newPasswordSite(t, store, mails, func(c *cardea.Config) {
				c.Features = append(c.Features, account.New(account.Options{}))
			})
			if db := store.DB().Migrator(); db.HasTable("user_password") {
				t.Error("there is a table of passwords")
			}
			// The application's own row, without a time.
			row := &guest{PasswordHash: new(adasBcrypt)}
			row.ID, row.Email, row.EmailVerified = "ada", new("ada@example.com"), new(time.Now())
			must(t, store.DB().Create(row).Error)

			ada := cardeatest.NewBrowser(t, s.URL)
			signInAs(t, ada, "ada@example.com", adasPassword)
			hash := storedHash(t, store, "ada")
			if !strings.HasPrefix(hash, "$argon2id$") {
				t.Errorf("the hash of the application was not replaced")
			}
			checkNoHash(t, s, ada, hash)

			u, err := store.UserByID(t.Context(), "ada")
			must(t, err)
			entity := u.Entity.(*guest)
			if entity.PasswordHash != nil {
				t.Error("the row of the user has the hash")
			}
			entity.Name = new("Ada")
			must(t, store.DB().Save(entity).Error)
			if got := storedHash(t, store, "ada"); got != hash {
				t.Error("saving the user has changed the hash")
			}

			must(t, ada.Post("/password/forgot", url.Values{"email": {"ada@example.com"}}).Body.Close())
			b := cardeatest.NewBrowser(t, s.URL)
			res, err := b.Get(linkTo(t, mails, s.URL, "ada@example.com", "A new password", 1))
			must(t, err)
			must(t, res.Body.Close())
			must(t, b.Post("/password/choose", url.Values{"password": {bensPassword}}).Body.Close())
			if ada.Session() != nil {
				t.Error("a session goes on after a new password")
			}
			signInAs(t, b, "ada@example.com", bensPassword)
			_, changed, err := store.PasswordHash(t.Context(), "ada")
			if err != nil || time.Since(changed) > time.Hour {
				t.Errorf("changed at %v, %v", changed, err)
			}
			checkNoHash(t, s, b, storedHash(t, store, "ada"))

			must(t, b.Post("/password/signup", url.Values{"email": {"ben@example.com"}}).Body.Close())
			ben := cardeatest.NewBrowser(t, s.URL)
			res, err = ben.Get(linkTo(t, mails, s.URL, "ben@example.com", "Sign up at", 1))
			must(t, err)
			must(t, res.Body.Close())
			must(t, ben.Post("/password/choose", url.Values{"password": {bensPassword}}).Body.Close())
			signInAs(t, cardeatest.NewBrowser(t, s.URL), "ben@example.com", bensPassword)
			must(t, s.DeleteUser(t.Context(), "ada"))
			if _, _, err := store.PasswordHash(t.Context(), "ada"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("after the user was deleted: %v", err)
			}
		})
	}
}

// signInAs signs in with a password, which must succeed.
func signInAs(t *testing.T, b *cardeatest.Browser, address, text string) {
	t.Helper()
	must(t, b.Post("/callback/password", url.Values{"email": {address}, "password": {text}}).Body.Close())
	if b.Session() == nil {
		t.Fatalf("%s does not sign in", address)
	}
}

func storedHash(t *testing.T, store *gormadapter.Adapter, userID string) string {
	t.Helper()
	hash, _, err := store.PasswordHash(t.Context(), userID)
	must(t, err)
	return hash
}

// checkNoHash looks for a hash in everything that a site says about the user who is signed in.
func checkNoHash(t *testing.T, s *aPasswordSite, b *cardeatest.Browser, hash string) {
	t.Helper()
	_, page := get(t, b, "/me")
	all := map[string]string{
		"the application's page": page, "the log": s.log.take(), "the session": fmt.Sprint(b.Session()),
		"the export": text(t, b.Post("/account/export", nil)),
	}
	if !strings.Contains(page, "@example.com") || !strings.Contains(all["the export"], "@example.com") {
		t.Errorf("the user is not in %q", all)
	}
	key := hash[strings.LastIndexByte(hash, '$')+1:]
	for where, got := range all {
		if strings.Contains(got, key) {
			t.Errorf("%s has the hash: %s", where, got)
		}
	}
}

// A user who is deleted softly has no password, and gets none back with the row.
func TestPasswordInOfASoftlyDeletedUser(t *testing.T) {
	t.Parallel()
	type User struct {
		gormadapter.User
		PasswordHash      *string    `gorm:"size:255;<-:create" json:"-"`
		PasswordChangedAt *time.Time `gorm:"<-:create"`
		DeletedAt         gorm.DeletedAt
	}
	a := open(t, gormadapter.WithUser[User](), gormadapter.PasswordIn[User]("PasswordHash", "PasswordChangedAt"))
	ctx := t.Context()
	must(t, a.CreateUser(ctx, &cardea.User{ID: "ada"}))
	must(t, a.SetPasswordHash(ctx, "ada", "$argon2id$a", expiry))
	must(t, a.DeleteUser(ctx, "ada"))
	if err := a.SetPasswordHash(ctx, "ada", "$argon2id$b", expiry); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("set: got %v, want ErrNotFound", err)
	}
	must(t, a.DB().Unscoped().Model(&User{}).Where("id = ?", "ada").Update("deleted_at", nil).Error)
	if _, _, err := a.PasswordHash(ctx, "ada"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// A column of the database that is too narrow is named when the adapter is opened, and refuses a
// hash. It never gets a part of one.
func TestPasswordInANarrowColumn(t *testing.T) {
	t.Parallel()
	type narrow struct {
		gormadapter.User
		PasswordHash      *string `gorm:"size:60"`
		PasswordChangedAt *time.Time
	}
	for _, e := range databases() {
		if e.name == "SQLite" { // it keeps no limits
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o, log := e.empty(t), &logRecorder{}
			openOn(t, o, gormadapter.WithUser[narrow]())
			o.Logger = slog.New(slog.NewTextHandler(log, nil))
			a := openExisting(t, o, guests()...)
			if got := log.take(); !strings.Contains(got, "password_hash") || !strings.Contains(got, "255") {
				t.Errorf("logged %q", got)
			}
			must(t, a.CreateUser(t.Context(), &cardea.User{ID: "ada"}))
			err := a.SetPasswordHash(t.Context(), "ada", strings.Repeat("x", 97), expiry)
			if !errors.Is(err, cardea.ErrRefused) || !strings.Contains(err.Error(), "password_hash") {
				t.Errorf("got %v", err)
			}
			if _, _, err := a.PasswordHash(t.Context(), "ada"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

type badGuest struct {
	gormadapter.User
	Shown    *string `gorm:"size:255;<-:create" json:"shown"`
	Narrow   *string `gorm:"size:60;<-:create" json:"-"`
	Saved    *string `gorm:"size:255" json:"-"`
	Sealed   *string `gorm:"size:255;<-:create;serializer:json" json:"-"`
	Number   int     `gorm:"<-:create" json:"-"`
	Good     *string `gorm:"size:255;<-:create" json:"-"`
	Ignored  string  `gorm:"-" json:"-"`
	Always   string  `gorm:"size:255;<-:create" json:"-"`
	Since    *time.Time
	Required time.Time  `gorm:"not null;<-:create"`
	Fine     *time.Time `gorm:"<-:create"`
}

// New names the field that is wrong, and what it must be.
func TestPasswordInFaults(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	user := gormadapter.WithUser[badGuest]()
	for want, opts := range map[string][]gormadapter.Option{
		`has no column of a field "Hash"`:     {user, gormadapter.PasswordIn[badGuest]("Hash", "Fine")},
		`has no column of a field "Ignored"`:  {user, gormadapter.PasswordIn[badGuest]("Ignored", "Fine")},
		`has no column of a field ""`:         {user, gormadapter.PasswordIn[badGuest]("Good", "")},
		`badGuest.Shown must have the tag`:    {user, gormadapter.PasswordIn[badGuest]("Shown", "Fine")},
		`badGuest.Narrow holds 60 characters`: {user, gormadapter.PasswordIn[badGuest]("Narrow", "Fine")},
		`badGuest.Saved must have the tag`:    {user, gormadapter.PasswordIn[badGuest]("Saved", "Fine")},
		`badGuest.Since must have the tag`:    {user, gormadapter.PasswordIn[badGuest]("Good", "Since")},
		`badGuest.Sealed must not have`:       {user, gormadapter.PasswordIn[badGuest]("Sealed", "Fine")},
		`badGuest.Number is a int, want`:      {user, gormadapter.PasswordIn[badGuest]("Number", "Fine")},
		`badGuest.Required must be able`:      {user, gormadapter.PasswordIn[badGuest]("Good", "Required")},
		`badGuest.EmailVerified is the`:       {user, gormadapter.PasswordIn[badGuest]("Good", "EmailVerified")},
		`and the user entity is`:              {gormadapter.PasswordIn[badGuest]("Good", "Fine")},
		`PasswordIn is given beside`:          {gormadapter.WithPassword[gormadapter.Password](), guests()[1]},
		`PasswordIn is given twice`:           {guests()[0], guests()[1], guests()[1]},
		``:                                    {user, gormadapter.PasswordIn[badGuest]("Always", "Fine")},
	} {
		_, err := gormadapter.New(db, opts...)
		if want == "" {
			must(t, err)
		} else if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A right password signs in also if the column of the application is too narrow for a new hash. The
// log says how to widen it.
func TestRightPasswordInANarrowColumn(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			openOn(t, o, guests()...)
			db := connect(t, dialectorOf(t, o))
			change := "MODIFY password_hash varchar(72)"
			if e.name == "PostgreSQL" {
				change = "ALTER password_hash TYPE varchar(72)"
			}
			must(t, db.Exec("ALTER TABLE "+db.Statement.Quote("user")+" "+change).Error)
			store := openOn(t, o, guests()...)
			row := &guest{PasswordHash: new(adasBcrypt)}
			row.ID, row.Email, row.EmailVerified = "ada", new("ada@example.com"), new(time.Now())
			must(t, store.DB().Create(row).Error)
			var log logRecorder
			s := newPasswordSite(t, store, &cardeatest.Mailbox{}, func(c *cardea.Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
			signInAs(t, cardeatest.NewBrowser(t, s.URL), "ada@example.com", adasPassword)
			if storedHash(t, store, "ada") != adasBcrypt {
				t.Error("the hash has changed")
			}
			got := log.take()
			for _, want := range []string{"a hash cannot be replaced", "column password_hash", "ALTER TABLE"} {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in the log: %s", want, got)
				}
			}
		})
	}
}

// unsizedGuest is a user whose field for the hash has no size.
type unsizedGuest struct {
	gormadapter.User
	PasswordHash      *string    `gorm:"<-:create" json:"-"`
	PasswordChangedAt *time.Time `gorm:"<-:create" json:"passwordChangedAt"`
}

// Nobody is warned of a column that is wide enough for each hash.
func TestNoWarningOfAColumnForHashes(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			openOn(t, o, guests()...) // with varchar(255)
			var log logRecorder
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			openOn(t, o, gormadapter.WithUser[unsizedGuest](),
				gormadapter.PasswordIn[unsizedGuest]("PasswordHash", "PasswordChangedAt"))
			if got := log.take(); got != "" {
				t.Errorf("in the log: %s", got)
			}
		})
	}
}
