package main

import (
	"context"
	"net/http"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// Member is a row of the table that the application had before.
type Member struct {
	ID       int64   `gorm:"primaryKey"`
	FullName string  `gorm:"not null" cardea:"Name"`
	Mail     *string `gorm:"unique" cardea:"Email"`
	Role     string  `gorm:"not null;default:READER"`
	Books    int     `gorm:"not null;default:0"`

	// These two columns are new.
	EmailVerified *time.Time
	Image         *string
}

// welcome gives a new member the books that everybody may borrow at first.
func welcome(_ context.Context, m *Member, _ *oauth.Profile) error {
	m.Books = 3
	return nil
}

// visible says what the browser may know of a member.
func visible(_ context.Context, m *Member) (map[string]any, error) {
	return map[string]any{"id": m.ID, "role": m.Role}, nil
}

// only lets members with one role pass.
func only(role string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := cardea.UserAs[Member](r.Context())
		switch {
		case err != nil:
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		case m.Role != role:
			http.Error(w, "This page is for librarians.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
