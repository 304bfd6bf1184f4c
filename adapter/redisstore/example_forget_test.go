package redisstore_test

import (
	"context"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"gorm.io/gorm"
)

// Member is the user entity of an application.
type Member struct {
	gormadapter.User
	Role string `gorm:"size:20"`
}

// An application changes the role of a user, and every instance sees it as soon as it is committed.
func ExampleStore_Forget() {
	_ = func(ctx context.Context, db *gorm.DB, store *redisstore.Store, userID, role string) error {
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Model(&Member{}).Where("id = ?", userID).Update("role", role).Error; err != nil {
				return err
			}
			return store.Forget(ctx, userID)
		})
		return err
	}
}
