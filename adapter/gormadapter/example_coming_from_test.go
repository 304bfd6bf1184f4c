package gormadapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
	"gorm.io/gorm"
)

// oldUser is a user of another system, with at most one account at a provider. A user who has more
// comes more than once.
type oldUser struct {
	ID, Name, Email, Image string
	Verified               bool
	Hash                   string // of the password; "" for none
	Provider, AccountID    string // "" for none
}

// readUsers reads users from the tables of another system, which are in the same database.
func readUsers(ctx context.Context, db *gorm.DB, query string) (users []oldUser, err error) {
	return users, db.WithContext(ctx).Raw(query).Scan(&users).Error
}

// importUsers copies users with their passwords and accounts. It leaves alone what was copied
// before, so it can be called again. Its error says who was not copied.
func importUsers(
	ctx context.Context, users []oldUser, adapter *gormadapter.Adapter, passwords *password.Feature,
) error {
	var faults []error
	for _, old := range users {
		err := adapter.Transact(ctx, func(ctx context.Context) error {
			if err := importIdentity(ctx, old, adapter, passwords); err != nil || old.Provider == "" {
				return err
			}
			return importOldAccount(ctx, old, adapter)
		})
		if err != nil {
			faults = append(faults, fmt.Errorf("user %s: %w", old.ID, err))
		}
	}
	return errors.Join(faults...)
}

// importIdentity copies the user and the password.
func importIdentity(
	ctx context.Context, old oldUser, adapter *gormadapter.Adapter, passwords *password.Feature,
) error {
	if _, err := adapter.UserByID(ctx, old.ID); !errors.Is(err, cardea.ErrNotFound) {
		return err // nil if the user was copied before
	}
	u := &cardea.User{ID: old.ID, Name: old.Name, Image: old.Image}
	if old.Email != "" {
		address, err := email.Normalize(old.Email)
		if err != nil {
			return err
		}
		if u.Email = address; old.Verified {
			u.EmailVerified = time.Now()
		}
	}
	if err := adapter.CreateUser(ctx, u); err != nil || old.Hash == "" {
		return err
	}
	return passwords.SetHash(ctx, old.ID, old.Hash)
}

// importOldAccount copies an account at a provider, without its tokens.
func importOldAccount(ctx context.Context, old oldUser, adapter *gormadapter.Adapter) error {
	owner, err := adapter.UserByAccount(ctx, old.Provider, old.AccountID)
	switch {
	case err == nil && owner.ID == old.ID:
		return nil
	case !errors.Is(err, cardea.ErrNotFound):
		return errors.Join(err, errors.New("the account at the provider is another user's"))
	}
	return adapter.LinkAccount(ctx, &cardea.Account{
		UserID: old.ID, Type: cardea.TypeOAuth, Provider: old.Provider, ProviderAccountID: old.AccountID,
	})
}

// firebaseProviders are the providers of Firebase under the names that they have here.
var firebaseProviders = map[string]string{
	"google.com": "google", "github.com": "github", "facebook.com": "facebook", "apple.com": "apple",
	"twitter.com": "twitter",
}

// firebaseUsers reads the file that "firebase auth:export users.json" has written.
func firebaseUsers(file io.Reader, parameters passwordhash.Firebase) (users []oldUser, err error) {
	var export struct {
		Users []struct {
			LocalID, Email, DisplayName, PhotoURL string
			PasswordHash, Salt                    string
			EmailVerified, Disabled               bool
			ProviderUserInfo                      []struct{ ProviderID, RawID string }
		}
	}
	if err := json.NewDecoder(file).Decode(&export); err != nil {
		return nil, err
	}
	for _, u := range export.Users {
		if u.Disabled {
			continue
		}
		old := oldUser{ID: u.LocalID, Name: u.DisplayName, Email: u.Email, Image: u.PhotoURL, Verified: u.EmailVerified}
		if u.PasswordHash != "" {
			old.Hash = parameters.Hash(u.Salt, u.PasswordHash)
		}
		users = append(users, old)
		for _, info := range u.ProviderUserInfo {
			if provider := firebaseProviders[info.ProviderID]; provider != "" {
				old.Provider, old.AccountID = provider, info.RawID
				users = append(users, old)
			}
		}
	}
	return users, nil
}

// Citizen is a row of the table that the application had before.
type Citizen struct {
	ID           int64   `gorm:"primaryKey"`
	Name         string  `gorm:"size:255;not null"`
	Email        *string `gorm:"size:255;unique"`
	PasswordHash *string `gorm:"size:255;<-:create" json:"-"`
	Role         string  `gorm:"size:20;not null;default:MEMBER"`

	// These columns are new; Migrate adds them.
	EmailVerified     *time.Time
	Image             *string    `gorm:"size:2048"`
	PasswordChangedAt *time.Time `gorm:"<-:create" json:"-"`
}

// TableName is the name that the table has.
func (Citizen) TableName() string { return "users" }

// citizenOptions are for gormadapter.New or Open.
var citizenOptions = []gormadapter.Option{
	gormadapter.WithUser[Citizen](), gormadapter.PasswordIn[Citizen]("PasswordHash", "PasswordChangedAt"),
}
