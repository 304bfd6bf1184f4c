package password_test

import (
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/password"
)

// The file of the account page says when the password was changed, and has nothing of the hash. It
// says nothing for a user without a password.
func TestExport(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *password.Options) {
		c.Features = append(c.Features, account.New(account.Options{}))
	})
	u := s.user(t, ann, first)
	b := s.browser(t)
	signIn(t, b, ann, first)
	text, err := io.ReadAll(b.Post("/account/export", nil).Body)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Features struct {
			Password []map[string]any `json:"password"`
		} `json:"features"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	_, changed, err := s.store.PasswordHash(t.Context(), u.ID)
	want := changed.Format(time.RFC3339Nano)
	if got := all.Features.Password; err != nil || len(got) != 1 || len(got[0]) != 1 || got[0]["changed"] != want {
		t.Errorf("exported %v, want changed at %s, %v", got, want, err)
	}
	if err := s.store.DeletePassword(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	if text, err = io.ReadAll(b.Post("/account/export", nil).Body); err != nil {
		t.Fatal(err)
	}
	all.Features.Password = nil
	if err := json.Unmarshal(text, &all); err != nil || all.Features.Password != nil {
		t.Errorf("without a password: %v, %s", err, text)
	}
}
