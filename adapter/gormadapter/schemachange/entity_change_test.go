package schemachange_test

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// Later versions of the user entity. The first is the default one.
type (
	userV2 struct {
		gormadapter.User
		Nick  *string `gorm:"size:40"`
		Level int     `gorm:"not null;default:10"`
		Phone *string `gorm:"size:40;uniqueIndex:user_phone_unique"`
		Role  string  `gorm:"size:20;not null;default:ADMIN;check:user_role,role IN ('ADMIN', 'TRIAL')"`

		BossID *string `gorm:"size:255"`
		Boss   *userV2
	}
	userV3 struct {
		gormadapter.User
		Nick  *string `gorm:"size:40"`
		Level int     `gorm:"not null;default:20"`
		Phone *string `gorm:"size:40;uniqueIndex:user_phone_unique"`
		Role  string  `gorm:"size:20;not null;default:TRIAL;check:user_role,role IN ('ADMIN', 'TRIAL', 'GUEST')"`

		BossID *string `gorm:"size:255"`
		Boss   *userV3
	}
)

// createSignedInUser creates a user with a session and an account.
func createSignedInUser(t testing.TB, a *gormadapter.Adapter, token string) *cardea.User {
	t.Helper()
	u, err := signUp(t.Context(), a, token)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// signUp creates a user with a session and an account, which both have the token.
func signUp(ctx context.Context, a *gormadapter.Adapter, token string) (*cardea.User, error) {
	u := &cardea.User{Name: "Ada", Email: token + "@example.com"}
	if err := a.CreateUser(ctx, u); err != nil {
		return nil, err
	}
	account := &cardea.Account{
		UserID: u.ID, Type: "oauth", Provider: "github", ProviderAccountID: token,
	}
	if err := a.LinkAccount(ctx, account); err != nil {
		return nil, err
	}
	session := &cardea.Session{Token: token, UserID: u.ID, Expires: time.Now().Add(time.Hour)}
	return u, a.CreateSession(ctx, session)
}

// collationOf returns the collation of the primary keys, or "" for that of the database.
func collationOf(d database) string {
	return map[string]string{"mariadb": "utf8mb4_nopad_bin", "mysql": "utf8mb4_0900_bin"}[d.dialect]
}

// changeByHand changes the schema as an application may have done without its entities, and returns
// what Plan.Extra must have.
func changeByHand(t testing.TB, db *gorm.DB, d database) (extra []string) {
	t.Helper()
	collate := ""
	if name := collationOf(d); name != "" {
		collate = " COLLATE " + name
	}
	user := quoted(d, "user")
	mustExec(t, db,
		"ALTER TABLE "+user+" ADD COLUMN legacy varchar(20) DEFAULT 'old'",
		"CREATE INDEX legacy_index ON "+user+" (legacy)",
		"CREATE TABLE invoice (id integer PRIMARY KEY, user_id varchar(255)"+collate+" NOT NULL, "+
			"FOREIGN KEY (user_id) REFERENCES "+user+" (id) ON DELETE CASCADE)",
		"CREATE VIEW people AS SELECT id, legacy FROM "+user,
	)
	extra = []string{"column user.legacy", "index legacy_index of user"}
	switch d.dialect {
	case "sqlite":
		mustExec(t, db,
			"CREATE INDEX legacy_some ON user (lower(legacy) DESC) WHERE legacy <> 'where'",
			"CREATE TABLE log (what text)",
			"CREATE TRIGGER legacy_log AFTER UPDATE ON user BEGIN INSERT INTO log VALUES (new.id); END",
		)
		extra = append(extra, "index legacy_some of user", "trigger legacy_log of user")
	case "postgres":
		mustExec(t, db, `ALTER TABLE "user" ADD CONSTRAINT legacy_check CHECK (legacy <> 'new')`)
		extra = append(extra, "check legacy_check of user")
	}
	return extra
}

// site is a database with rows and with changes that were made by hand.
type site struct {
	database
	db    *gorm.DB
	a     *gormadapter.Adapter
	user  *cardea.User
	extra []string
}

func newSite(t testing.TB, d database) *site {
	t.Helper()
	db := d.open(t, gorm.Config{})
	a := newAdapter(t, db)
	mustApply(t, a)
	s := &site{database: d, db: db, a: a, user: createSignedInUser(t, a, "one")}
	s.extra = changeByHand(t, db, d)
	mustExec(t, db, "INSERT INTO invoice VALUES (1, '"+s.user.ID+"')")
	return s
}

// checkIntact fails the test if a row is lost, or something that was made by hand.
func (s *site) checkIntact(t testing.TB, when string) {
	t.Helper()
	if session, err := s.a.Session(t.Context(), "one"); err != nil || session.UserID != s.user.ID {
		t.Errorf("%s: session: got %v and %v", when, session, err)
	}
	if _, err := s.a.UserByAccount(t.Context(), "github", "one"); err != nil {
		t.Errorf("%s: account: %v", when, err)
	}
	if got := queryValue[string](t, s.db, "SELECT legacy FROM people"); got != "old" {
		t.Errorf("%s: legacy: got %q, want old", when, got)
	}
	if got := queryValue[int](t, s.db, "SELECT count(*) FROM invoice"); got != 1 {
		t.Errorf("%s: got %d invoices, want 1", when, got)
	}
	if err := s.db.Exec("INSERT INTO invoice VALUES (2, 'nobody')").Error; err == nil {
		t.Errorf("%s: an invoice of a user who does not exist was inserted", when)
	}
	p, err := schemachange.Diff(t.Context(), s.a)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range s.extra {
		if !slices.Contains(p.Extra, want) {
			t.Errorf("%s: %q is not in %q", when, want, p.Extra)
		}
	}
	if s.dialect == "sqlite" {
		s.checkTrigger(t, when)
	}
}

func (s *site) checkTrigger(t testing.TB, when string) {
	t.Helper()
	mustExec(t, s.db,
		"UPDATE user SET name = 'Ada'",
		"DELETE FROM log WHERE what = '"+s.user.ID+"'",
	)
	if got := queryValue[int](t, s.db, "SELECT count(*) FROM log WHERE what <> '"+s.user.ID+"'"); got != 0 {
		t.Errorf("%s: the trigger wrote %d rows about other users, want 0", when, got)
	}
}

// Two versions up and the same two down keep all rows, and everything that was made by hand.
func TestUpAndDown(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		s := newSite(t, d)
		s.checkIntact(t, "at first")

		a2 := newAdapter(t, s.db, gormadapter.WithUser[userV2]())
		added := mustApply(t, a2)
		s.checkIntact(t, "after version 2")
		expectNoChanges(t, a2)
		if got := queryValue[string](t, s.db, "SELECT role FROM "+quoted(d, "user")); got != "ADMIN" {
			t.Errorf("role: got %q, want ADMIN", got)
		}

		a3 := newAdapter(t, s.db, gormadapter.WithUser[userV3]())
		changed := mustApply(t, a3)
		s.checkIntact(t, "after version 3")
		expectNoChanges(t, a3)
		s.checkVersion3(t, changed)

		runScript(t, s.db, changed.DownScript())
		expectNoChanges(t, a2)
		runScript(t, s.db, added.DownScript())
		s.checkIntact(t, "after the undo statements")
		expectNoChanges(t, s.a)
		if s.db.Migrator().HasColumn(&userV2{}, "level") {
			t.Error("the column level is still there")
		}
	})
}

// checkVersion3 checks the plan and what the new defaults and the new check do.
func (s *site) checkVersion3(t testing.TB, p *schemachange.Plan) {
	t.Helper()
	want := []*regexp.Regexp{
		// Each database writes constants in its own way: 1, '1', '1'::bigint.
		regexp.MustCompile(`^column user\.level has a different default: '?10'?\S*, want '?20'?$`),
		regexp.MustCompile(`^column user\.role has a different default: '?ADMIN\S*(?: \S+)?, want '?TRIAL'?$`),
		regexp.MustCompile(`^check user_role of user is different: .*ADMIN.*, want role IN \('ADMIN', 'TRIAL', 'GUEST'\)$`),
	}
	if !slices.EqualFunc(p.Differences, want, func(got string, want *regexp.Regexp) bool {
		return want.MatchString(got)
	}) {
		t.Errorf("got differences %q, want %v", p.Differences, want)
	}
	user := quoted(s.database, "user")
	if got := queryValue[int](t, s.db, "SELECT level FROM "+user); got != 10 {
		t.Errorf("level of an old row: got %d, want 10", got)
	}
	mustExec(t, s.db, "INSERT INTO "+user+" (id) VALUES ('new')")
	if got := queryValue[string](t, s.db, "SELECT role FROM "+user+" WHERE id = 'new'"); got != "TRIAL" {
		t.Errorf("role of a new row: got %q, want TRIAL", got)
	}
	if err := s.db.Exec("UPDATE " + user + " SET role = 'KING'").Error; err == nil {
		t.Error("a role that the check forbids was accepted")
	}
	mustExec(t, s.db, "DELETE FROM "+user+" WHERE id = 'new'")
}
