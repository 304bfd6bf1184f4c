package gormadapter_test

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

// member is an application's user with every kind of column that is not scanned as text is.
type member struct {
	gormadapter.User
	Role      string `gorm:"not null;default:ADMIN;check:known_role,role IN ('ADMIN','USER')" json:"-"`
	Bio       string // NULL in rows from before the column was added
	Logins    int
	Nickname  *string
	Address   address  `gorm:"embedded;embeddedPrefix:address_"`
	Tags      []string `gorm:"serializer:json"`
	Plan      plan
	CreatedAt time.Time
	UpdatedAt time.Time
}

type address struct{ City string }

// plan is stored as a number.
type plan struct{ name string }

var plans = []string{"free", "paid"}

func (p *plan) Scan(v any) error {
	n, ok := v.(int64)
	if !ok || n < 0 || int(n) >= len(plans) {
		return errors.New("no such plan")
	}
	p.name = plans[n]
	return nil
}

func (p plan) Value() (driver.Value, error) { return int64(max(0, slices.Index(plans, p.name))), nil }

func (plan) GormDataType() string { return "integer" }

// created returns a user whose entity has a value in every column.
func created(t *testing.T, a *gormadapter.Adapter) *cardea.User {
	t.Helper()
	entity := a.NewUser().(*member)
	entity.Role, entity.Bio, entity.Logins, entity.Nickname = "USER", "bio", 3, new("nick")
	entity.Address.City, entity.Tags, entity.Plan = "London", []string{"a", "b"}, plan{"paid"}
	u := &cardea.User{Name: "Ada", Email: "ada@example.com", EmailVerified: time.Now(), Entity: entity}
	if err := a.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestEntityIsTheRow(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[member]())
	u := created(t, a)
	want := u.Entity.(*member)
	if want.ID != u.ID || *want.Name != "Ada" || want.Tags[1] != "b" || want.CreatedAt.IsZero() {
		t.Errorf("after CreateUser: %+v", want)
	}
	if err := a.LinkAccount(t.Context(), &cardea.Account{UserID: u.ID, Type: cardea.TypeOIDC, Provider: "p",
		ProviderAccountID: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := a.CreateSession(t.Context(),
		&cardea.Session{Token: "token", UserID: u.ID, Expires: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for name, find := range map[string]func() (*cardea.User, error){
		"UserByID":      func() (*cardea.User, error) { return a.UserByID(t.Context(), u.ID) },
		"UserByEmail":   func() (*cardea.User, error) { return a.UserByEmail(t.Context(), u.Email) },
		"UserByAccount": func() (*cardea.User, error) { return a.UserByAccount(t.Context(), "p", "1") },
		"Session": func() (*cardea.User, error) {
			s, err := a.Session(t.Context(), "token")
			if err != nil {
				return nil, err
			}
			return s.User, nil
		},
	} {
		got, err := find()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(got.Entity, want) {
			t.Errorf("%s: got %+v, want %+v", name, got.Entity, want)
		}
	}
}

func TestUpdateLeavesTheApplicationsColumnsAlone(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[member]())
	u := created(t, a)
	want := *u.Entity.(*member)
	// As package cardea has it: a user that was not read from the row.
	change := &cardea.User{ID: u.ID, Name: "Lovelace", Email: u.Email}
	if err := a.UpdateUser(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	got := change.Entity.(*member)
	want.Name, want.EmailVerified, want.UpdatedAt = new("Lovelace"), nil, got.UpdatedAt
	if !reflect.DeepEqual(got, &want) {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}

func TestDefaultsOfTheApplicationsColumns(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[member]())
	u := &cardea.User{}
	if err := a.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if got := u.Entity.(*member).Role; got != "ADMIN" {
		t.Errorf("left empty: got role %q, want the default", got)
	}
	if got, err := a.UserByID(t.Context(), u.ID); err != nil || got.Entity.(*member).Role != "ADMIN" {
		t.Errorf("got %v and %v, want the default", got, err)
	}
}

func TestHiddenColumnsStayHidden(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[member]())
	u := created(t, a)
	text, err := json.Marshal(u.Entity)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"id":`, `"name":"Ada"`, `"email":"ada@example.com"`, `"emailVerified":"`, `"image":null`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(string(text), "USER") {
		t.Errorf("role in %s", text)
	}
	account := gormadapter.Account{RefreshToken: new("secret"), AccessToken: new("secret"), IDToken: new("secret")}
	for _, entity := range []any{
		account, gormadapter.Session{SessionToken: "secret"}, gormadapter.VerificationToken{Token: "secret"},
	} {
		if text, err := json.Marshal(entity); err != nil || strings.Contains(string(text), "secret") {
			t.Errorf("%T: %s, %v", entity, text, err)
		}
	}
}

// Rows from before a column was added contain NULL in it, whatever the entity's type allows.
func TestNullInPlainField(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[member]())
	u := created(t, a)
	query := "UPDATE user SET bio = NULL, logins = NULL, tags = NULL, address_city = NULL"
	if err := a.DB().Exec(query).Error; err != nil {
		t.Fatal(err)
	}
	got, err := a.UserByID(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if m := got.Entity.(*member); m.Bio != "" || m.Logins != 0 || m.Tags != nil || m.Role != "USER" {
		t.Errorf("got %+v", *m)
	}
}

// Another program made the table, and it allows values that the entity does not.
func TestNullInRequiredField(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	for _, sql := range []string{
		"CREATE TABLE user (id text, name text, email text, email_verified datetime, image text, role text)",
		"INSERT INTO user VALUES ('1', 'Ada', NULL, 1700000000123, NULL, NULL)",
	} {
		if err := db.Exec(sql).Error; err != nil {
			t.Fatal(err)
		}
	}
	a, err := gormadapter.New(db, gormadapter.WithUser[reader]())
	if err != nil {
		t.Fatal(err)
	}
	u, err := a.UserByID(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if r := u.Entity.(*reader); r.Role != "" || *r.Name != "Ada" || r.EmailVerified.UnixMilli() != 1700000000123 {
		t.Errorf("got %+v", *r)
	}
}

type leaver struct {
	gormadapter.User
	DeletedAt gorm.DeletedAt
}

func TestSoftDeletion(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[leaver]())
	u := &cardea.User{Email: "ada@example.com"}
	for _, err := range []error{
		a.CreateUser(t.Context(), u),
		a.LinkAccount(t.Context(), &cardea.Account{
			UserID: u.ID, Type: cardea.TypeOIDC, Provider: "p", ProviderAccountID: "1",
		}),
		a.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: u.ID, Expires: time.Now()}),
		a.DB().Delete(&leaver{}, "id = ?", u.ID).Error, // by the application, not through the adapter
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, byID := a.UserByID(t.Context(), u.ID)
	_, byEmail := a.UserByEmail(t.Context(), u.Email)
	_, byAccount := a.UserByAccount(t.Context(), "p", "1")
	_, bySession := a.Session(t.Context(), "token")
	for name, err := range map[string]error{
		"UserByID": byID, "UserByEmail": byEmail, "UserByAccount": byAccount, "Session": bySession,
		"UpdateUser": a.UpdateUser(t.Context(), u),
	} {
		if !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", name, err)
		}
	}
	if err := a.DeleteUser(t.Context(), u.ID); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"user": 1, "account": 0, "session": 0} {
		if got := count(t, a, table); got != want {
			t.Errorf("%s: got %d rows, want %d", table, got, want)
		}
	}
}

func count(t testing.TB, a *gormadapter.Adapter, table string) (n int) {
	t.Helper()
	if err := a.DB().Table(table).Select("count(*)").Row().Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// hooked counts the hooks that GORM calls, and refuses a name after the insert.
type hooked struct {
	gormadapter.User
	Slug  string
	Found int `gorm:"-"`
}

var errRefused = errors.New("refused by the application")

func (h *hooked) BeforeCreate(*gorm.DB) error {
	h.Slug = strings.ToLower(*h.Name)
	return nil
}

func (h *hooked) AfterCreate(tx *gorm.DB) error {
	if *h.Name == "Refused" {
		return errRefused
	}
	return nil
}

func (h *hooked) AfterFind(tx *gorm.DB) error {
	h.Found++
	return tx.Exec("SELECT 1").Error // needs a connection
}

func TestHooks(t *testing.T) {
	t.Parallel()
	a := openFile(t, ":memory:", gormadapter.WithUser[hooked]())
	u := &cardea.User{Name: "Ada"}
	if err := a.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	got, err := a.UserByID(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if h := got.Entity.(*hooked); h.Slug != "ada" || h.Found != 1 {
		t.Errorf("got %+v, want slug ada and AfterFind called once", *h)
	}
	if err := a.CreateUser(t.Context(), &cardea.User{Name: "Refused"}); !errors.Is(err, errRefused) {
		t.Errorf("got %v, want the hook's error", err)
	}
	if got := count(t, a, "user"); got != 1 {
		t.Errorf("got %d users, want 1: what a hook refuses after the insert is undone", got)
	}
}

func TestEntityOfAnotherType(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[member]())
	for _, entity := range []any{&gormadapter.User{}, member{}, "text"} {
		err := a.CreateUser(t.Context(), &cardea.User{Entity: entity})
		if err == nil || !strings.Contains(err.Error(), "want a *gormadapter_test.member") {
			t.Errorf("%T: got %v", entity, err)
		}
	}
}

// Better Auth GHSA-2vg6-77g8-24mp, Zitadel CVE-2026-55670: nothing of a user remains after
// DeleteUser, also if the database does not cascade.
func TestDeleteUserWithoutForeignKeys(t *testing.T) {
	t.Parallel()
	a := openFile(t, "file:"+t.TempDir()+"/db.sqlite?_foreign_keys=off")
	u := &cardea.User{Email: "ada@example.com"}
	for _, err := range []error{
		a.CreateUser(t.Context(), u),
		a.LinkAccount(t.Context(), &cardea.Account{
			UserID: u.ID, Type: cardea.TypeOIDC, Provider: "p", ProviderAccountID: "1",
		}),
		a.CreateSession(t.Context(), &cardea.Session{Token: "token", UserID: u.ID, Expires: time.Now()}),
		a.DeleteUser(t.Context(), u.ID),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"user", "account", "session"} {
		if got := count(t, a, table); got != 0 {
			t.Errorf("%s: got %d rows, want none", table, got)
		}
	}
}

// A database of the Node adapter stores a missing e-mail address as the empty text.
func TestEmptyEmailOfTheNodeAdapter(t *testing.T) {
	t.Parallel()
	a := open(t)
	if err := a.DB().Exec("INSERT INTO user (id, name, email) VALUES ('1', NULL, '')").Error; err != nil {
		t.Fatal(err)
	}
	if _, err := a.UserByEmail(t.Context(), ""); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	u, err := a.UserByID(t.Context(), "1")
	if err != nil || u.Email != "" {
		t.Fatalf("got %+v and %v", u, err)
	}
	if err := a.UpdateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := a.CreateUser(t.Context(), &cardea.User{}); err != nil {
		t.Errorf("a second user without e-mail: %v", err)
	}
}
