// Package site has what the web site is in every framework: its users, their roles and its
// configuration.
package site

import (
	"context"
	"errors"
	"net/http"

	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// User is the application's own row of a user.
type User struct {
	gormadapter.User
	Role string `gorm:"not null;default:reader" json:"-"`
}

// String returns the name to show.
func (u *User) String() string {
	if u.Name == nil {
		return "somebody without a name"
	}
	return *u.Name
}

// New returns the sign-in of the site, with the users in db. There is one editor, Ann. Her row is
// found by her address, which the provider has verified.
func New(ctx context.Context, db *gorm.DB, provider *oauth.Provider, c cardea.Config) (*cardea.Auth, error) {
	adapter, err := gormadapter.New(db, gormadapter.WithUser[User]())
	if err != nil {
		return nil, err
	}
	if err := adapter.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := adapter.CreateUser(ctx, &cardea.User{Name: "Ann", Email: "ann@example.com"}); err != nil {
		return nil, err
	}
	ann := db.WithContext(ctx).Model(&User{}).Where("email = ?", "ann@example.com")
	if err := ann.Update("role", "editor").Error; err != nil {
		return nil, err
	}
	provider.LinkByVerifiedEmail = true
	c.Adapter, c.Providers = adapter, []cardea.Provider{provider}
	return cardea.New(c)
}

// Only returns middleware that lets only users with a role pass. It belongs behind Require.
func Only(role string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			u, err := cardea.UserAs[User](r.Context())
			switch {
			case errors.Is(err, cardea.ErrNoSession):
				http.Error(w, "Sign in first.", http.StatusUnauthorized)
			case err != nil:
				http.Error(w, "Try again later.", http.StatusServiceUnavailable)
			case u.Role != role:
				http.Error(w, "You may not do that.", http.StatusForbidden)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}
