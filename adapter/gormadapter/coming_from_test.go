package gormadapter_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

// adasHash is bcrypt of adasPassword, as npm's bcrypt has made it.
const adasHash = "$2b$05$mNUFyN2SR7i5wgVl1Ld0Pu7fRVzrefIeSB4BnwrSESdvVeSEqnMfK"

// comingFrom returns the SQL in a section of docs/coming-from.md.
func comingFrom(t *testing.T, section string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/coming-from.md")
	must(t, err)
	_, text, found := strings.Cut(string(page), "\n## "+section+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	_, query, hasQuery := strings.Cut(text, "```sql\n")
	query, _, _ = strings.Cut(query, "```")
	if !found || !hasQuery {
		t.Fatalf("docs/coming-from.md has no SQL in %q", section)
	}
	return query
}

// A user is who they were: their password and their accounts open their user, whose address is
// proven only if it was.
func checkCopied(t *testing.T, store *gormadapter.Adapter, want cardea.User, account [2]string) {
	t.Helper()
	u, err := store.UserByEmail(t.Context(), want.Email)
	must(t, err)
	if u.ID != want.ID || u.Name != want.Name || u.Image != want.Image {
		t.Errorf("got %+v, want %+v", u, want)
	}
	if u.EmailVerified.IsZero() != want.EmailVerified.IsZero() {
		t.Errorf("%s: verified at %v", u.Email, u.EmailVerified)
	}
	if owner, err := store.UserByAccount(t.Context(), account[0], account[1]); account[0] != "" &&
		(err != nil || owner.ID != want.ID) {
		t.Errorf("account %s: %+v, %v", account, owner, err)
	}
}

// checkPassword checks that a user signs in with the old password, and with no other.
func checkPassword(t *testing.T, s *aPasswordSite, address string) {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.URL)
	must(t, b.Post("/callback/password", url.Values{"email": {address}, "password": {"wrong"}}).Body.Close())
	if b.Session() != nil {
		t.Errorf("%s signs in with a wrong password", address)
	}
	signInAs(t, cardeatest.NewBrowser(t, s.URL), address, adasPassword)
}

// Users of Supabase Auth are copied out of the tables that its own migrations have made: see
// testdata/supabase.sql. Sign-ins that a company or nobody vouches for stay behind.
func TestImportFromSupabase(t *testing.T) {
	t.Parallel()
	o := postgreSQL(t)
	dump, err := os.ReadFile("testdata/supabase.sql")
	must(t, err)
	db := serverConnection(t, o)
	for statement := range strings.SplitSeq(strings.TrimSpace(string(dump)), ";\n") {
		must(t, db.Exec(statement).Error)
	}
	ada, eve := "9d0f1a56-61a0-4c56-8a6e-0d7f3b1c0001", "9d0f1a56-61a0-4c56-8a6e-0d7f3b1c0002"
	must(t, db.Exec(`INSERT INTO auth.users (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data,
		is_sso_user, deleted_at, is_anonymous, created_at) VALUES
		(?, 'ada@example.com', ?, now(), '{"full_name": "Ada", "avatar_url": "https://example.com/ada.png"}',
			false, NULL, false, now()),
		(?, 'eve@example.com', '', NULL, '{"name": "Eve"}', false, NULL, false, now()),
		(gen_random_uuid(), 'sso@example.com', NULL, now(), NULL, true, NULL, false, now()),
		(gen_random_uuid(), 'gone@example.com', NULL, now(), NULL, false, now(), false, now()),
		(gen_random_uuid(), NULL, NULL, NULL, NULL, false, NULL, true, now())`, ada, adasHash, eve).Error)
	must(t, db.Exec(`INSERT INTO auth.identities (provider_id, provider, user_id, identity_data) VALUES
		(?, 'email', ?, '{}'), ('583231', 'github', ?, '{}'), ('117', 'google', ?, '{}'), ('118', 'google', ?, '{}')`,
		ada, ada, ada, ada, eve).Error)
	store := openOn(t, o)
	s := newPasswordSite(t, store, &cardeatest.Mailbox{}, nil)
	for range 2 { // the second time, everybody is there
		users, err := readUsers(t.Context(), store.DB(), comingFrom(t, "Supabase Auth"))
		must(t, err)
		must(t, importUsers(t.Context(), users, store, s.passwords))
	}
	want := cardea.User{
		ID: ada, Name: "Ada", Email: "ada@example.com", Image: "https://example.com/ada.png", EmailVerified: expiry,
	}
	checkCopied(t, store, want, [2]string{"github", "583231"})
	checkCopied(t, store, want, [2]string{"google", "117"})
	checkCopied(t, store, cardea.User{ID: eve, Name: "Eve", Email: "eve@example.com"}, [2]string{"google", "118"})
	checkPassword(t, s, "ada@example.com")
	for _, address := range []string{"sso@example.com", "gone@example.com"} {
		if u, err := store.UserByEmail(t.Context(), address); !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("%s was copied: %+v, %v", address, u, err)
		}
	}
}

// Users of an application with authboss, and of one with goth, are in the application's own tables.
// The tables of this test have the columns of authboss's interfaces and of goth.User.
func TestImportFromTablesOfTheApplication(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for section, tc := range map[string]struct {
			tables string
			want   cardea.User
			hash   bool
		}{
			"authboss": {
				`CREATE TABLE users (id varchar(64) PRIMARY KEY, name varchar(100), email varchar(100),
					password varchar(100), confirmed boolean, oauth2_provider varchar(40), oauth2_uid varchar(100), totp_secret_key varchar(100));
				INSERT INTO users VALUES ('7', 'Ada', 'Ada@Example.com', '` + adasHash + `', true, NULL, NULL, NULL);
				INSERT INTO users VALUES ('8', 'Eve', 'eve@example.com', '', false, 'google', '117', '')`,
				cardea.User{ID: "7", Name: "Ada", Email: "ada@example.com", EmailVerified: expiry}, true,
			},
			"goth": {
				`CREATE TABLE users (id varchar(64) PRIMARY KEY, name varchar(100), email varchar(100),
					avatar_url varchar(100));
				CREATE TABLE logins (user_id varchar(64), provider varchar(40), provider_user_id varchar(100));
				INSERT INTO users VALUES ('7', 'Ada', 'ada@example.com', 'https://example.com/ada.png');
				INSERT INTO users VALUES ('8', 'Eve', 'eve@example.com', NULL);
				INSERT INTO logins VALUES ('7', 'github', '583231'), ('8', 'google', '117')`,
				cardea.User{
					ID: "7", Name: "Ada", Email: "ada@example.com", Image: "https://example.com/ada.png",
				}, false,
			},
		} {
			t.Run(e.name+" "+section, func(t *testing.T) {
				t.Parallel()
				o := e.empty(t)
				db := serverConnection(t, o)
				for statement := range strings.SplitSeq(tc.tables, ";\n") {
					must(t, db.Exec(statement).Error)
				}
				store := openOn(t, o)
				s := newPasswordSite(t, store, &cardeatest.Mailbox{}, nil)
				for range 2 {
					users, err := readUsers(t.Context(), store.DB(), comingFrom(t, section))
					must(t, err)
					must(t, importUsers(t.Context(), users, store, s.passwords))
				}
				checkCopied(t, store, tc.want, [2]string{})
				checkCopied(t, store, cardea.User{ID: "8", Name: "Eve", Email: "eve@example.com"},
					[2]string{"google", "117"})
				if tc.hash {
					checkPassword(t, s, tc.want.Email)
				}
			})
		}
	}
}

// A table of the application's own goes on as it is. A user signs in with the old password, and a
// person who is the first to prove the address gets a new row.
func TestTableOfTheApplicationStays(t *testing.T) {
	t.Parallel()
	o := postgreSQL(t)
	db := serverConnection(t, o)
	must(t, db.Exec(`CREATE TABLE users (id bigserial PRIMARY KEY, name varchar(255) NOT NULL,
		email varchar(255) NOT NULL UNIQUE, password_hash varchar(60) NOT NULL, role varchar(20) NOT NULL)`).Error)
	must(t, db.Exec(`INSERT INTO users (name, email, password_hash, role)
		VALUES ('Ada', 'Ada@Example.com', ?, 'ADMIN')`, adasHash).Error)
	for statement := range strings.SplitSeq(strings.TrimSpace(comingFrom(t, "A table of your own")), ";\n") {
		must(t, db.Exec(statement).Error)
	}
	store := openOn(t, o, citizenOptions...)
	mails := &cardeatest.Mailbox{}
	s := newPasswordSite(t, store, mails, func(c *cardea.Config) {
		c.Providers = append(c.Providers, email.New(email.Options{From: "no-reply@example.com", Sender: mails}))
	})
	checkPassword(t, s, "ada@example.com")
	if hash := storedHash(t, store, "1"); !strings.HasPrefix(hash, "$argon2id$") {
		t.Errorf("after the sign-in, the hash is %s", hash)
	}
	b := cardeatest.NewBrowser(t, s.URL)
	must(t, b.Post("/signin/email", url.Values{"email": {"ada@example.com"}}).Body.Close())
	res, err := b.Get(mails.Last(t, "ada@example.com").Link)
	must(t, err)
	must(t, res.Body.Close())
	if b.Session() == nil {
		t.Fatalf("nobody is signed in by mail: %s", res.Request.URL)
	}
	var rows []Citizen
	must(t, store.DB().Order("id").Find(&rows).Error)
	if len(rows) != 2 || rows[0].Role != "ADMIN" || rows[0].Email != nil || rows[1].Email == nil {
		t.Errorf("got %+v", rows)
	}
}

// The export has the form of firebase-tools, with a hash that Firebase itself publishes.
func TestImportFromFirebase(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../passwordhash/testdata/hashes.json")
	must(t, err)
	var vectors struct {
		Firebase struct {
			SignerKey, SaltSeparator string
			Rounds, MemCost          int
		}
		Hashes []struct{ Kind, Password, Salt, Hash string }
	}
	must(t, json.Unmarshal(data, &vectors))
	parameters := passwordhash.Firebase{
		SignerKey: vectors.Firebase.SignerKey, SaltSeparator: vectors.Firebase.SaltSeparator,
		Rounds: vectors.Firebase.Rounds, MemoryCost: vectors.Firebase.MemCost,
	}
	store := open(t)
	s := &aPasswordSite{passwords: password.New(password.Options{
		From: "Example <no-reply@example.com>", Sender: &cardeatest.Mailbox{},
		Hashing: passwordhash.Options{
			Argon2id: passwordhash.Argon2id{Memory: 7168, Time: 1}, Import: []passwordhash.Verifier{parameters},
		},
	})}
	s.Auth, err = cardea.New(cardea.Config{
		Secret: "a secret of at least 32 bytes, only for tests", Adapter: store,
		Providers: []cardea.Provider{s.passwords}, Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	s.Server = httptest.NewServer(s.Auth)
	t.Cleanup(s.Server.Close)
	for _, v := range vectors.Hashes {
		if v.Kind != "firebase" || v.Password == "" {
			continue
		}
		export := `{"users": [
			{"localId": "K3", "email": "Ada@Example.com", "emailVerified": true, "passwordHash": "` + v.Hash + `",
			 "salt": "` + v.Salt + `", "displayName": "Ada", "photoUrl": "https://example.com/ada.png",
			 "lastSignedInAt": "1700000000000", "createdAt": "1600000000000", "providerUserInfo": [
				{"providerId": "google.com", "rawId": "117", "email": "ada@example.com", "displayName": "Ada"},
				{"providerId": "password", "rawId": "ada@example.com", "email": "ada@example.com"}]},
			{"localId": "K4", "email": "eve@example.com", "emailVerified": false, "providerUserInfo": [
				{"providerId": "github.com", "rawId": "583231"}]},
			{"localId": "K5", "phoneNumber": "+15555550100", "providerUserInfo": [
				{"providerId": "phone", "rawId": "+15555550100", "phoneNumber": "+15555550100"}]},
			{"localId": "K6", "email": "banned@example.com", "disabled": true, "providerUserInfo": []}]}`
		for range 2 {
			users, err := firebaseUsers(strings.NewReader(export), parameters)
			must(t, err)
			must(t, importUsers(t.Context(), users, store, s.passwords))
		}
		want := cardea.User{
			ID: "K3", Name: "Ada", Email: "ada@example.com", Image: "https://example.com/ada.png",
			EmailVerified: expiry,
		}
		checkCopied(t, store, want, [2]string{"google", "117"})
		checkCopied(t, store, cardea.User{ID: "K4", Email: "eve@example.com"}, [2]string{"github", "583231"})
		if _, err := store.UserByID(t.Context(), "K5"); err != nil {
			t.Errorf("a user without an address: %v", err)
		}
		if _, err := store.UserByID(t.Context(), "K6"); !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("a disabled user: %v", err)
		}
		signInAs(t, cardeatest.NewBrowser(t, s.URL), "ada@example.com", v.Password)
		return
	}
	t.Fatal("there is no hash of Firebase")
}

// A user who cannot be copied is named, and nothing of the user stays; the others are copied. An
// account is never taken from its user.
func TestImportNamesWhoStaysBehind(t *testing.T) {
	t.Parallel()
	store := open(t)
	s := newPasswordSite(t, store, &cardeatest.Mailbox{}, nil)
	err := importUsers(t.Context(), []oldUser{
		{ID: "1", Email: "ada@example.com", Hash: "$other$hash"},
		{ID: "2", Email: "no address"},
		{ID: "3", Email: "eve@example.com", Provider: "github", AccountID: "1"},
		{ID: "4", Email: "EVE@example.com"},
		{ID: "5", Email: "ben@example.com", Provider: "github", AccountID: "1"},
	}, store, s.passwords)
	for _, id := range []string{"1", "2", "4", "5"} {
		if err == nil || !strings.Contains(err.Error(), "user "+id+": ") {
			t.Errorf("user %s is not named in %v", id, err)
		}
		if u, err := store.UserByID(t.Context(), id); !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("user %s: %+v, %v", id, u, err)
		}
	}
	if u, err := store.UserByAccount(t.Context(), "github", "1"); err != nil || u.ID != "3" {
		t.Errorf("%+v, %v", u, err)
	}
}
