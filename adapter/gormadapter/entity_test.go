package gormadapter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

func newPasskey(userID string) *cardea.Authenticator {
	return &cardea.Authenticator{
		CredentialID: "a2V5", UserID: userID, ProviderAccountID: "a2V5", CredentialPublicKey: "cHVi", Counter: 1,
		CredentialDeviceType: "multiDevice",
	}
}

// The adapter keeps what the application writes into its own columns of each entity. Columns that
// the application leaves empty get their default.
func TestOwnColumnsOfEveryEntity(t *testing.T) {
	t.Parallel()
	a, ctx := open(t, embedded()...), t.Context()
	u := created(t, a)
	session := &cardea.Session{
		Token: "token", UserID: u.ID, Expires: expiry, Entity: &customSession{Agent: "Firefox", Place: new("")},
	}
	account := &cardea.Account{
		UserID: u.ID, Type: cardea.TypeOIDC, Provider: "p", ProviderAccountID: "1",
		Entity: &customAccount{Scopes: []string{"a"}, Level: 7},
	}
	key := newPasskey(u.ID)
	key.Entity = &customAuthenticator{Label: "phone"}
	for _, err := range []error{
		a.CreateSession(ctx, session), a.LinkAccount(ctx, account), a.CreateAuthenticator(ctx, key),
		a.RenewSession(ctx, "token", expiry.Add(time.Hour)), a.UpdateUser(ctx, &cardea.User{ID: u.ID}),
		a.UpdateAccount(ctx, &cardea.Account{Provider: "p", ProviderAccountID: "1", AccessToken: "new"}),
		a.UpdateAuthenticatorCounter(ctx, "a2V5", 2),
	} {
		must(t, err)
	}
	s, err := a.Session(ctx, "token")
	must(t, err)
	if got := s.Entity.(*customSession); got.Agent != "Firefox" || got.Place == nil || *got.Place != "" ||
		got.ID == "" ||
		!s.Expires.Equal(expiry.Add(time.Hour)) {
		t.Errorf("session: got %+v", *got)
	}
	if got := s.User.Entity.(*member); got.Role != "USER" || got.Logins != 3 || got.Name != nil {
		t.Errorf("user: got %+v", *got)
	}
	accounts, err := a.Accounts(ctx, u.ID)
	must(t, err)
	if got := accounts[0].Entity.(*customAccount); got.Level != 7 || !reflect.DeepEqual(got.Scopes, []string{"a"}) ||
		*got.AccessToken != "new" {
		t.Errorf("account: got %+v", *got)
	}
	stored, err := a.Authenticator(ctx, "a2V5")
	must(t, err)
	if got := stored.Entity.(*customAuthenticator); got.Label != "phone" || got.Counter != 2 {
		t.Errorf("authenticator: got %+v", *got)
	}

	session, account, key = &cardea.Session{Token: "2", UserID: u.ID, Expires: expiry}, &cardea.Account{UserID: u.ID,
		Provider: "p", ProviderAccountID: "2"}, newPasskey(u.ID)
	key.CredentialID = "Mg=="
	for _, err := range []error{
		a.CreateSession(ctx, session), a.LinkAccount(ctx, account), a.CreateAuthenticator(ctx, key),
		a.CreateVerificationToken(ctx, &cardea.VerificationToken{Token: "t", Identifier: "i", Expires: expiry}),
	} {
		must(t, err)
	}
	var reason customToken
	must(t, a.DB().First(&reason).Error)
	if got := []any{session.Entity.(*customSession).Agent, account.Entity.(*customAccount).Level,
		key.Entity.(*customAuthenticator).Label,
		reason.Reason}; !reflect.DeepEqual(got, []any{"unknown", 3, "key", "mail"}) {
		t.Errorf("got %v, want the defaults", got)
	}
}

func TestRowsOfAnotherType(t *testing.T) {
	t.Parallel()
	a := open(t, embedded()...)
	u := created(t, a)
	key := newPasskey(u.ID)
	key.Entity = customAuthenticator{}
	for _, err := range []error{
		a.CreateSession(t.Context(), &cardea.Session{UserID: u.ID, Entity: &gormadapter.Session{}}),
		a.LinkAccount(t.Context(), &cardea.Account{UserID: u.ID, Entity: (*customAccount)(nil)}),
		a.CreateAuthenticator(t.Context(), key),
	} {
		if err == nil || !strings.Contains(err.Error(), "want a *gormadapter_test.") {
			t.Errorf("got %v", err)
		}
	}
}

// author is a user with a relation to a table of the application.
type author struct {
	gormadapter.User
	Books    []book                          `gorm:"foreignKey:AuthorID"`
	Sessions []gormadapter.SessionOf[author] `gorm:"foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE" json:"-"`
}

type book struct {
	ID       uint
	AuthorID string
	Title    string
}

func TestRelationsToTheApplicationsTables(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	a, err := gormadapter.New(db, gormadapter.WithUser[author]())
	must(t, err)
	must(t, db.AutoMigrate(append([]any{&book{}}, a.Entities()...)...))
	u := &cardea.User{Email: "ada@example.com", Entity: &author{Books: []book{{Title: "Notes"}}}}
	must(t, a.CreateUser(t.Context(), u))
	must(t, a.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: u.ID, Expires: expiry}))
	must(t, a.UpdateUser(t.Context(), &cardea.User{ID: u.ID, Name: "Ada"}))
	var got author
	must(t, db.Preload("Books").Preload("Sessions").First(&got, "id = ?", u.ID).Error)
	if len(got.Books) != 1 || got.Books[0].Title != "Notes" || len(got.Sessions) != 1 || *got.Name != "Ada" {
		t.Errorf("got %+v", got)
	}
	if err := a.DeleteUser(t.Context(), u.ID); err == nil {
		t.Error("deleted a user to whom a book of the application's points")
	}
	if _, err := a.Session(t.Context(), "token"); err != nil {
		t.Errorf("after the refused deletion: %v", err)
	}
}

// MikroORM 6 makes foreign keys that do not cascade, and no table of authenticators.
func TestDeleteUserWithoutCascade(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, err := gormadapter.Open(e.empty(t))
			must(t, err)
			defer a.Close()
			for _, sql := range []string{
				`CREATE TABLE "user" (id varchar(100) NOT NULL PRIMARY KEY, name varchar(255), email varchar(255), email_verified timestamp NULL, image varchar(255))`,
				`CREATE TABLE session (id varchar(100) NOT NULL PRIMARY KEY, user_id varchar(100) NOT NULL, expires timestamp NOT NULL, ` +
					`session_token varchar(255) NOT NULL, FOREIGN KEY (user_id) REFERENCES "user" (id))`,
				`CREATE TABLE account (id varchar(100) NOT NULL PRIMARY KEY, user_id varchar(100) NOT NULL, type text, provider varchar(255), provider_account_id varchar(255), ` +
					`refresh_token text, access_token text, expires_at int, token_type text, scope text, id_token text, session_state text, ` +
					`FOREIGN KEY (user_id) REFERENCES "user" (id))`,
			} {
				if e.name == "MariaDB" || e.name == "MySQL" {
					sql = strings.ReplaceAll(sql, `"`, "`")
				}
				must(t, a.DB().Exec(sql).Error)
			}
			for range 2 { // the second time there is a table of authenticators
				u := &cardea.User{Email: "ada@example.com"}
				must(t, a.CreateUser(t.Context(), u))
				must(t, a.LinkAccount(t.Context(),
					&cardea.Account{UserID: u.ID, Provider: "p", ProviderAccountID: "1"}))
				must(t, a.CreateSession(t.Context(),
					&cardea.Session{Token: "token", UserID: u.ID, Expires: time.Now()}))
				if a.DB().Migrator().HasTable("authenticator") {
					must(t, a.CreateAuthenticator(t.Context(), newPasskey(u.ID)))
				}
				must(t, a.DeleteUser(t.Context(), u.ID))
				if _, err := a.UserByID(t.Context(), u.ID); !errors.Is(err, cardea.ErrNotFound) {
					t.Errorf("got %v, want ErrNotFound", err)
				}
				must(t, a.Migrate(t.Context()))
			}
		})
	}
}

// Two applications share a database. Each has its own connection. GORM or the adapter migrates.
func TestTwoSetsOfTables(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			options := e.empty(t)
			var adapters []*gormadapter.Adapter
			for _, prefix := range []string{"", "one_", "two_", strings.Repeat("a_very_long_prefix_", 2)} {
				db := connect(t, dialectorOf(t, options))
				db.NamingStrategy = schema.NamingStrategy{TablePrefix: prefix}
				a, err := gormadapter.New(db, gormadapter.WithUser[host]())
				must(t, err)
				if prefix == "one_" {
					must(t, db.AutoMigrate(a.Entities()...))
				}
				must(t, a.Migrate(t.Context()))
				must(t, a.Migrate(t.Context()))
				// a second adapter renames nothing twice
				if _, err := gormadapter.New(db, gormadapter.WithUser[host]()); err != nil {
					t.Error(err)
				}
				if name := prefix + "user_email_unique"; len(name) < 64 && !db.Migrator().HasIndex(&host{}, name) {
					t.Errorf("no index %s", name)
				}
				adapters = append(adapters, a)
			}
			for i, a := range adapters {
				if _, err := firstSignIn(t.Context(), a); err != nil {
					t.Errorf("set %d: %v", i, err)
				}
			}
		})
	}
}

// wrong is an application's struct with every fault.
type wrong struct {
	Key   bool `gorm:"primaryKey" cardea:"ID"`
	Name  int
	Mail  *string   `cardea:"EMail"`
	Since time.Time `cardea:"Image"`
}

type stranger struct{ gormadapter.Session }

type forgetting struct {
	gormadapter.Account
	DeletedAt gorm.DeletedAt
}

type keyed struct {
	gormadapter.User
	Number int64 `gorm:"primaryKey"`
}

type serial struct {
	gormadapter.User
	ID int64 `gorm:"primaryKey;autoIncrement:false"`
}

type numberOnly struct {
	gormadapter.VerificationToken
	Token int64 `gorm:"primaryKey"`
}

func TestNewListsAllThatEntitiesLack(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		opts []gormadapter.Option
		want []string
	}{
		"a struct of one's own": {[]gormadapter.Option{gormadapter.WithUser[wrong](),
			gormadapter.WithVerificationToken[numberOnly]()}, []string{
			"wrong.Key is a bool, want a string, an integer or a UUID", "wrong.Name is a int, want a string, *string",
			"wrong.Since is a time.Time, want a string",
			`wrong.Mail has the tag ` + "`cardea:\"EMail\"`" + `, want one of ID, Name, Email, EmailVerified, Image`,
			"wrong has no column for Email, EmailVerified: embed the default entity",
			"numberOnly.Token is a int64, want a string",
		}},
		"nothing of what is needed": {
			[]gormadapter.Option{gormadapter.WithSession[book]()},
			[]string{"book has no column for UserID, Expires, SessionToken"},
		},
		"another's session": {[]gormadapter.Option{gormadapter.WithSession[stranger](), gormadapter.WithUser[person]()},
			[]string{
				"stranger belongs to gormadapter.User, want gormadapter_test.person",
			}},
		"soft deletion": {
			[]gormadapter.Option{gormadapter.WithAccount[forgetting]()}, []string{"forgetting has soft deletion"},
		},
		"a second key": {
			[]gormadapter.Option{gormadapter.WithUser[keyed]()},
			[]string{"keyed.ID must be the primary key, and the only one"},
		},
		"who numbers": {
			[]gormadapter.Option{gormadapter.WithUser[serial]()},
			[]string{"serial.ID is a int64 that the database does not number"},
		},
		"ids that don't fit": {[]gormadapter.Option{gormadapter.WithUser[numbered](), gormadapter.WithID(func() string {
			return "a"
		})}, []string{
			"numbered.ID is a int64, and what WithID returns does not fit it",
		}},
		"no ids": {[]gormadapter.Option{gormadapter.WithID(nil)}, []string{"WithID is given nil"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gormadapter.New(openDB(t, gorm.Config{}), row.opts...)
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range row.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in:\n%v", want, err)
				}
			}
		})
	}
}

// If there is no foreign key, the adapter itself checks that the user exists.
func TestNoSessionOfUnknownUsersWithoutForeignKeys(t *testing.T) {
	t.Parallel()
	a := newOn(t, openDB(t, gorm.Config{DisableForeignKeyConstraintWhenMigrating: true}))
	if err := a.CreateSession(t.Context(),
		&cardea.Session{Token: "token", UserID: "nobody", Expires: expiry}); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if got := count(t, a, "session"); got != 0 {
		t.Errorf("got %d sessions, want none", got)
	}
}

// GORM and the application see the ID as a number, sign-in as text.
func TestIntegerIDs(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[numbered]())
	for want := int64(1); want < 3; want++ {
		u := &cardea.User{}
		must(t, a.CreateUser(t.Context(), u))
		if got := u.Entity.(*numbered).ID; got != want || u.ID != fmt.Sprint(want) {
			t.Errorf("got %d and %q, want %d", got, u.ID, want)
		}
	}
	must(t, a.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: "2", Expires: expiry}))
	if got := described(t, a.DB(), "session"); !strings.Contains(got, "user_id integer not null") {
		t.Errorf("got\n%s\nwant a column user_id of the type of the users' id", got)
	}
	var row gormadapter.SessionOf[numbered]
	must(t, a.DB().Preload("User").First(&row).Error)
	if row.User == nil || row.User.ID != 2 || row.UserID != "2" {
		t.Errorf("got %+v", row)
	}
}

// No hidden column reaches the browser, neither in the entities' JSON nor from a site that
// overrides all of them.
func TestNothingHiddenReachesTheBrowser(t *testing.T) {
	t.Parallel()
	const secret = "hidden-value"
	for _, entity := range []any{
		gormadapter.Session{SessionToken: secret}, gormadapter.VerificationToken{Token: secret},
		gormadapter.Authenticator{CredentialPublicKey: secret},
		gormadapter.Account{RefreshToken: new(secret), AccessToken: new(secret), IDToken: new(secret)},
		member{Role: secret},
		customSession{SessionOf: gormadapter.SessionOf[member]{SessionToken: secret, User: &member{Role: secret}}},
		cardea.Session{
			Token: secret, Entity: &customSession{SessionOf: gormadapter.SessionOf[member]{SessionToken: secret}},
		},
	} {
		text, err := json.Marshal(entity)
		if err != nil || strings.Contains(string(text), secret) {
			t.Errorf("%T: %s, %v", entity, text, err)
		}
	}

	a := open(t, embedded()...)
	s := newSite[member](t, a, nil, nil)
	person := visitor("ada")
	s.issuer.Next(person)
	ada := cardeatest.SignIn(t, s.URL, "idp", person.Subject)
	must(t, a.DB().Model(&member{}).Where("1 = 1").Updates(map[string]any{"role": "ADMIN", "bio": secret}).Error)
	var tokens []string
	must(t, a.DB().Model(&customSession{}).Pluck("session_token", &tokens).Error)
	for _, page := range []string{"session", "providers", "csrf", "signin", "signout", "error"} {
		res, body := get(t, ada, "/api/auth/"+page)
		for _, hidden := range append(tokens, secret, "ADMIN") {
			if strings.Contains(body, hidden) {
				t.Errorf("%s tells %q: %s", page, hidden, body)
			}
		}
		if page == "session" && (res.StatusCode != http.StatusOK || !strings.Contains(body, person.Email)) {
			t.Errorf("nobody is signed in: %s", body)
		}
	}
	if len(tokens) != 1 {
		t.Errorf("got %d sessions, want 1", len(tokens))
	}
}

// The tables are in a schema of PostgreSQL, beside tables of the same names in another.
func TestDatabaseSchema(t *testing.T) {
	t.Parallel()
	options := postgreSQL(t)
	for _, prefix := range []string{"", "auth.", "shop."} {
		db := connect(t, dialectorOf(t, options))
		if name, ok := strings.CutSuffix(prefix, "."); ok {
			must(t, db.Exec("CREATE SCHEMA "+name).Error)
		}
		db.NamingStrategy = schema.NamingStrategy{TablePrefix: prefix}
		a, err := gormadapter.New(db, gormadapter.WithUser[host]())
		must(t, err)
		must(t, a.Migrate(t.Context()))
		must(t, a.Migrate(t.Context()))
		u, err := firstSignIn(t.Context(), a)
		must(t, err)
		must(t, a.CreateAuthenticator(t.Context(), newPasskey(u.ID)))
		if got := count(t, a, prefix+"session"); got != 1 {
			t.Errorf("%q: got %d sessions, want 1", prefix, got)
		}
		must(t, a.DeleteUser(t.Context(), u.ID))
		if got := count(t, a, prefix+"authenticator"); got != 0 {
			t.Errorf("%q: got %d authenticators, want none", prefix, got)
		}
	}
}
