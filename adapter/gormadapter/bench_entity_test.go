//go:build unix

package gormadapter_test

import (
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// BenchmarkSessionOfOwnUser is BenchmarkSession on SQLite with two user entities of an application:
// the default one with another column, and a struct with other names and types.
func BenchmarkSessionOfOwnUser(b *testing.B) {
	b.Run("embedded", func(b *testing.B) {
		compareOwn(b, gormadapter.WithUser[Customer](), "id, u.name, u.email, u.email_verified, u.image, u.role",
			"user", "id", func() []any {
				u := &Customer{}
				return []any{&u.ID, &u.Name, &u.Email, &u.EmailVerified, &u.Image, &u.Role}
			})
	})
	b.Run("own struct", func(b *testing.B) {
		compareOwn(b, gormadapter.WithUser[Patron](), "uid, u.mail, u.verified, u.full_name, u.picture, u.credit",
			"patrons", "uid", func() []any {
				u := &Patron{}
				return []any{&u.UID, &u.Mail, &u.Verified, &u.FullName, &u.Picture, &u.Credit}
			})
	})
}

func compareOwn(b *testing.B, user gormadapter.Option, columns, table, key string, row func() []any) {
	b.Helper()
	const users = 100
	a := open(b, user)
	for i := range users {
		u := &cardea.User{
			Name: "Ada", Email: fmt.Sprint(i, "@example.com"), EmailVerified: expiry,
			Image: "https://example.com/a.png",
		}
		must(b, a.CreateUser(b.Context(), u))
		must(b, a.CreateSession(b.Context(),
			&cardea.Session{Token: fmt.Sprint("token", 1+i), UserID: u.ID, Expires: expiry}))
	}
	stmt := bare(b, a, fmt.Sprintf("SELECT s.session_token, s.user_id, s.expires, u.%s FROM session s JOIN `%s` u "+
		"ON u.%s = s.user_id WHERE s.session_token = ?",
		columns, table, key))
	compare(b, func(i int) {
		rows, err := stmt.rows(b.Context(), fmt.Sprint("token", 1+i%users))
		must(b, err)
		defer rows.Close()
		var s gormadapter.Session
		if !rows.Next() {
			b.Fatal(rows.Err())
		}
		must(b, rows.Scan(append([]any{&s.SessionToken, &s.UserID, &s.Expires}, row()...)...))
	}, func(i int) { findsSession(b, a, i%users) })
}
