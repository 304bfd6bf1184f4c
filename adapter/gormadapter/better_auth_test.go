package gormadapter_test

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/passwordhash"
)

// betterAuthRenamed is how docs/better-auth.md renames the tables.
var betterAuthRenamed = []string{
	`ALTER TABLE "user" RENAME TO better_auth_user`,
	`ALTER TABLE account RENAME TO better_auth_account`,
	`ALTER TABLE session RENAME TO better_auth_session`,
}

const bensBetterAuthPassword = "Zoe\u0308 \uff21 \ufb01 ten" // Better Auth hashes another form of it

// Users of Better Auth are copied, in a database that Better Auth has made and filled: see
// testdata/better-auth/make.mjs. They sign in with their passwords, and their accounts are theirs.
func TestImportFromBetterAuth(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[:2] { // the recorded ones
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			dump, err := os.ReadFile("testdata/better-auth/" + kindOf(t, o) + ".sql")
			must(t, err)
			db := serverConnection(t, o)
			statements := append(strings.Split(strings.TrimSpace(string(dump)), ";\n"), betterAuthRenamed...)
			for _, statement := range statements {
				must(t, db.Exec(statement).Error)
			}
			store := openOn(t, o)
			s := newPasswordSite(t, store, &cardeatest.Mailbox{}, nil)
			for range 2 { // the second time, everybody is there
				must(t, importBetterAuth(t.Context(), store.DB(), store, s.passwords))
			}
			for address, typed := range map[string]string{
				"ada@example.com": adasPassword, "ben@example.com": bensBetterAuthPassword,
			} {
				wrong, form := cardeatest.NewBrowser(t, s.URL), url.Values{"email": {address}, "password": {"wrong"}}
				must(t, wrong.Post("/callback/password", form).Body.Close())
				if wrong.Session() != nil {
					t.Errorf("%s signs in with a wrong password", address)
				}
				u, err := store.UserByEmail(t.Context(), address)
				must(t, err)
				if verified := !u.EmailVerified.IsZero(); verified != (address == "ada@example.com") {
					t.Errorf("%s: verified is %v", address, verified)
				}
				if hash := storedHash(t, store, u.ID); !strings.Contains(hash, ":") {
					t.Errorf("%s: the hash is not that of Better Auth", address)
				}
				for range 2 { // the second time with a hash of the site
					signInAs(t, cardeatest.NewBrowser(t, s.URL), address, typed)
				}
				if hash := storedHash(t, store, u.ID); !strings.HasPrefix(hash, "$argon2id$") {
					t.Errorf("%s: the hash was not replaced", address)
				}
			}
			for account, address := range map[[2]string]string{
				{"github", "583231"}: "ada@example.com", {"google", "1234567890"}: "eve@example.com",
			} {
				u, err := store.UserByAccount(t.Context(), account[0], account[1])
				if err != nil || u.Email != address {
					t.Errorf("%s: %+v, %v", account, u, err)
				}
			}
			eve, err := store.UserByEmail(t.Context(), "eve@example.com")
			must(t, err)
			if _, _, err := store.PasswordHash(t.Context(), eve.ID); !errors.Is(err, cardea.ErrNotFound) ||
				eve.Image != "https://example.com/eve.png" {
				t.Errorf("%+v has a password: %v", eve, err)
			}
		})
	}
}

// A user whose password cannot be used is not copied at all, and is named; the others are copied.
func TestImportOfAnUnknownHash(t *testing.T) {
	t.Parallel()
	store := open(t)
	s := newPasswordSite(t, store, &cardeatest.Mailbox{}, nil)
	db := store.DB()
	must(t, db.AutoMigrate(&betterAuthUser{}, &betterAuthAccount{}))
	must(t, db.Create([]betterAuthUser{
		{ID: "1", Email: "ada@example.com", Accounts: []betterAuthAccount{
			{ID: "1", ProviderID: "github", AccountID: "1"},
			{ID: "2", ProviderID: "credential", AccountID: "1", Password: new("$other$hash")},
		}},
		{ID: "2", Email: "no address"},
		{ID: "3", Email: "Eve@Example.com", Accounts: []betterAuthAccount{{ID: "3", ProviderID: "credential"}}},
	}).Error)
	err := importBetterAuth(t.Context(), db, store, s.passwords)
	if !errors.Is(err, passwordhash.ErrHash) || !strings.Contains(err.Error(), "user 1: ") ||
		!strings.Contains(err.Error(), "user 2: ") || strings.Contains(err.Error(), "user 3") {
		t.Errorf("got %v", err)
	}
	if _, err := store.UserByAccount(t.Context(), "github", "1"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("a part of the user was copied: %v", err)
	}
	if _, err := store.UserByEmail(t.Context(), "eve@example.com"); err != nil {
		t.Error(err)
	}
}
