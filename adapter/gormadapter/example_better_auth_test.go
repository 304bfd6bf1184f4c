package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/password"
	"gorm.io/gorm"
)

// betterAuthUser is a row of Better Auth's table user, which has another name now.
type betterAuthUser struct {
	ID            string
	Name          string
	Email         string
	EmailVerified bool `gorm:"column:emailVerified"`
	Image         *string
	Accounts      []betterAuthAccount `gorm:"foreignKey:UserID"`
}

func (betterAuthUser) TableName() string { return "better_auth_user" }

// betterAuthAccount is a row of Better Auth's table account, which has another name now.
type betterAuthAccount struct {
	ID         string
	AccountID  string `gorm:"column:accountId"`
	ProviderID string `gorm:"column:providerId"`
	UserID     string `gorm:"column:userId"`
	Password   *string
}

func (betterAuthAccount) TableName() string { return "better_auth_account" }

// importBetterAuth copies users with their accounts and passwords. It leaves users alone who have
// been copied before, so it can be called again. Its error says who was not copied.
func importBetterAuth(
	ctx context.Context, db *gorm.DB, adapter *gormadapter.Adapter, passwords *password.Feature,
) error {
	var users []betterAuthUser
	var faults []error
	read := db.WithContext(ctx).Preload("Accounts").FindInBatches(&users, 500, func(*gorm.DB, int) error {
		for _, old := range users {
			if err := importUser(ctx, old, adapter, passwords); err != nil {
				faults = append(faults, fmt.Errorf("user %s: %w", old.ID, err))
			}
		}
		return ctx.Err()
	})
	return errors.Join(append(faults, read.Error)...)
}

// importUser copies a user, or nothing of one.
func importUser(
	ctx context.Context, old betterAuthUser, adapter *gormadapter.Adapter, passwords *password.Feature,
) error {
	if _, err := adapter.UserByID(ctx, old.ID); !errors.Is(err, cardea.ErrNotFound) {
		return err // nil if the user was copied before
	}
	address, err := email.Normalize(old.Email)
	if err != nil {
		return err
	}
	u := &cardea.User{ID: old.ID, Name: old.Name, Email: address}
	if old.EmailVerified {
		u.EmailVerified = time.Now()
	}
	if old.Image != nil {
		u.Image = *old.Image
	}
	return adapter.Transact(ctx, func(ctx context.Context) error {
		if err := adapter.CreateUser(ctx, u); err != nil {
			return err
		}
		for _, a := range old.Accounts {
			if err := importAccount(ctx, a, adapter, passwords); err != nil {
				return err
			}
		}
		return nil
	})
}

// importAccount copies a password, or an account at a provider without its tokens.
func importAccount(
	ctx context.Context, a betterAuthAccount, adapter *gormadapter.Adapter, passwords *password.Feature,
) error {
	if a.ProviderID != "credential" {
		return adapter.LinkAccount(ctx, &cardea.Account{
			UserID: a.UserID, Type: cardea.TypeOAuth, Provider: a.ProviderID, ProviderAccountID: a.AccountID,
		})
	}
	if a.Password == nil {
		return nil
	}
	return passwords.SetHash(ctx, a.UserID, *a.Password)
}
