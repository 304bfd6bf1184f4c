package gormadapter_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// described is the schema of a table in words, one line for each column, index and foreign key.
func described(t *testing.T, db *gorm.DB, table string) string {
	t.Helper()
	var lines []string
	if err := db.Raw("SELECT * FROM (SELECT name || ' ' || lower(type) || iif(`notnull`, ' not null', '') || "+
		"iif(pk, ' primary key', '') || "+
		"coalesce(' default ' || dflt_value, '') FROM pragma_table_info(@table) ORDER BY cid) "+
		"UNION ALL SELECT * FROM (SELECT iif(i.`unique`, 'unique ', 'index ') || i.name || ' (' || (SELECT "+
		"group_concat(c.name, ', ') FROM pragma_index_info(i.name) c) || ')' "+
		"FROM pragma_index_list(@table) i WHERE i.origin = 'c' ORDER BY i.name) "+
		"UNION ALL SELECT `from` || ' references ' || `table` || ' (' || `to` || ') on update ' || on_update || ' "+
		"on delete ' || on_delete FROM pragma_foreign_key_list(@table)",
		map[string]any{"table": table}).Scan(&lines).Error; err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n") + "\n"
}

// tables are those of MikroORM's adapter for Auth.js on SQLite. The only difference is that there
// user.email has the default ”, which rules out a second user without an e-mail address.
var tables = map[string]string{
	"user": `id text not null primary key
name text
email text
email_verified datetime
image text
unique user_email_unique (email)
`,
	"session": `id text not null primary key
user_id text not null
expires datetime not null
session_token text not null
created_at datetime
auth_time datetime
seen_at datetime
methods text
level integer
ip text
user_agent text
unique session_session_token_unique (session_token)
index session_user_id_index (user_id)
user_id references user (id) on update CASCADE on delete CASCADE
`,
	"account": `id text not null primary key
user_id text not null
type text not null
provider text not null
provider_account_id text not null
refresh_token text
access_token text
expires_at integer
token_type text
scope text
id_token text
session_state text
unique account_provider_provider_account_id_unique (provider, provider_account_id)
index account_user_id_index (user_id)
user_id references user (id) on update CASCADE on delete CASCADE
`,
	"verification_token": `token text not null primary key
expires datetime not null
identifier text not null
unique verification_token_token_identifier_unique (token, identifier)
`,
}

func TestSchema(t *testing.T) {
	t.Parallel()
	migrated := open(t).DB()
	own := openDB(t, gorm.Config{})
	if err := own.AutoMigrate(append([]any{&invoice{}}, gormadapter.DefaultEntities()...)...); err != nil {
		t.Fatal(err)
	}
	for table, want := range tables {
		if got := described(t, migrated, table); got != want {
			t.Errorf("Migrate, %s:\n%s\nwant\n%s", table, got, want)
		}
		if got := described(t, own, table); got != want {
			t.Errorf("AutoMigrate, %s:\n%s\nwant\n%s", table, got, want)
		}
	}
	if !own.Migrator().HasTable(&invoice{}) {
		t.Error("the application's own table is missing")
	}
}

func schemaVersion(t *testing.T, db *gorm.DB) (version int) {
	t.Helper()
	if err := db.Raw("PRAGMA schema_version").Row().Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[member]())
	u := created(t, a) // if there are rows, GORM's general migrator takes columns for changed
	if err := a.CreateSession(t.Context(),
		&cardea.Session{Token: "token", UserID: u.ID, Expires: time.Now()}); err != nil {
		t.Fatal(err)
	}
	before := schemaVersion(t, a.DB())
	for name, err := range map[string]error{
		"Migrate": a.Migrate(t.Context()), "AutoMigrate": a.DB().AutoMigrate(a.Entities()...),
		"AutoMigrate in a transaction": a.DB().Transaction(func(tx *gorm.DB) error {
			return tx.AutoMigrate(a.Entities()...)
		}),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := schemaVersion(t, a.DB()); after != before {
		t.Errorf("schema version went from %d to %d", before, after)
	}
	if _, err := a.Session(t.Context(), "token"); err != nil {
		t.Errorf("session after migrations: %v", err)
	}
}

func TestMigrateInManyProcesses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "db.sqlite")
	var wg sync.WaitGroup
	for range 8 {
		a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: file},
			gormadapter.WithUser[member]())
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		wg.Go(func() {
			if err := a.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, want := described(t, openFile(t, file).DB(), "session"), tables["session"]; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Several processes migrate an empty database on a server at once.
func TestMigrateInManyProcessesOnServers(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for range 3 {
				o := e.empty(t)
				var wg sync.WaitGroup
				for i := range 6 {
					a := openExisting(t, o, gormadapter.WithUser[member]())
					wg.Go(func() { // whoever has migrated can work at once
						err := a.Migrate(t.Context())
						if err := cmp.Or(err, visit(t.Context(), a, fmt.Sprint("visitor ", i))); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			}
		})
	}
}

// node creates and fills tables as the Node adapter does.
var node = []string{
	"create table `user` (`id` text not null, `name` text null, `email` text null default '', `email_verified` " +
		"datetime null, `image` text null, primary key (`id`))",
	"create unique index `user_email_unique` on `user` (`email`)",
	"create table `session` (`id` text not null, `user_id` text not null, `expires` datetime not null, " +
		"`session_token` text not null, " +
		"constraint `session_user_id_foreign` foreign key(`user_id`) references `user`(`id`) on delete cascade on " +
		"update cascade, primary key (`id`))",
	"create index `session_user_id_index` on `session` (`user_id`)",
	"create unique index `session_session_token_unique` on `session` (`session_token`)",
	"create table `verification_token` (`token` text not null, `expires` datetime not null, `identifier` text not " +
		"null, primary key (`token`))",
	"create unique index `verification_token_token_identifier_unique` on `verification_token` (`token`, `identifier`)",
	"insert into `user` values ('1', 'Ada', 'ada@example.com', 1700000000123, null)",
	"insert into `session` values ('1', '1', 1900000000456, 'token')",
	"insert into `verification_token` values ('hash', 1900000000456, 'ada@example.com')",
}

func TestDatabaseOfTheNodeAdapter(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	for _, sql := range node {
		if err := db.Exec(sql).Error; err != nil {
			t.Fatal(err)
		}
	}
	readsNode(t, db) // without a migration

	a, err := gormadapter.New(db, gormadapter.WithUser[member]())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Migrate(t.Context()); err != nil { // adds the application's columns and the missing account table
		t.Fatal(err)
	}
	if got := described(t, db, "account"); got != tables["account"] {
		t.Errorf("account: got\n%s", got)
	}
	s, err := a.Session(t.Context(), "token")
	if err != nil {
		t.Fatal(err)
	}
	if m := s.User.Entity.(*member); m.Role != "ADMIN" || m.Bio != "" || *m.Name != "Ada" {
		t.Errorf("got %+v, want the old row with the new column's default", *m)
	}
	version := schemaVersion(t, db)
	if err := db.AutoMigrate(a.Entities()...); err != nil {
		t.Errorf("AutoMigrate: %v", err)
	}
	if after := schemaVersion(t, db); after != version {
		t.Error("AutoMigrate changed the schema")
	}
}

func readsNode(t *testing.T, db *gorm.DB) {
	t.Helper()
	a, err := gormadapter.New(db)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Session(t.Context(), "token")
	if err != nil {
		t.Fatal(err)
	}
	if s.Expires.UnixMilli() != 1900000000456 || s.User.Name != "Ada" ||
		s.User.EmailVerified.UnixMilli() != 1700000000123 {
		t.Errorf("got %+v with user %+v", *s, *s.User)
	}
	token, err := a.ConsumeVerificationToken(t.Context(), "ada@example.com", "hash")
	if err != nil || token.Expires.UnixMilli() != 1900000000456 {
		t.Errorf("got %v and %v", token, err)
	}
}

type reader struct {
	gormadapter.User
	Role string `gorm:"not null;default:READER"`
}

type writer struct {
	gormadapter.User
	Role string `gorm:"not null;default:WRITER"`
}

// A changed default once deleted all sessions: the user table was rebuilt, and dropping the old one
// deleted all rows that pointed to it.
func TestChangedDefaultLosesNoSession(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	a := newOn(t, db, gormadapter.WithUser[reader]())
	if _, err := firstSignIn(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	changed, err := gormadapter.New(db, gormadapter.WithUser[writer]())
	if err != nil {
		t.Fatal(err)
	}
	if err := changed.Migrate(t.Context()); err != nil {
		t.Errorf("Migrate: %v", err)
	}
	if err := db.AutoMigrate(changed.Entities()...); err == nil ||
		!strings.Contains(err.Error(), "column role of table user") {
		t.Errorf("AutoMigrate: got %v, want that it refuses", err)
	}
	s, err := changed.Session(t.Context(), "token")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.User.Entity.(*writer).Role; got != "READER" {
		t.Errorf("got role %s, want READER", got)
	}
}

func TestMigrateSaysWhichColumnCannotBeAdded(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	if _, err := firstSignIn(t.Context(), newOn(t, db)); err != nil {
		t.Fatal(err)
	}
	type strict struct {
		gormadapter.User
		Plan string `gorm:"not null"`
		Bio  string
	}
	a, err := gormadapter.New(db, gormadapter.WithUser[strict]())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Migrate(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "migrate table user: add column plan") {
		t.Errorf("got %v", err)
	}
	if db.Migrator().HasColumn("user", "bio") {
		t.Error("half of the migration is there")
	}
}

type person struct {
	gormadapter.User
	TeamID *string
	Team   *crew  `gorm:"constraint:OnDelete:SET NULL"`
	Phone  string `gorm:"unique"`
	Level  int    `gorm:"index;check:level_known,level < 10"`
}

type crew struct {
	ID string `gorm:"primaryKey;not null"`
}

// TableName overrides the name of the default entity.
func (person) TableName() string { return "people" }

func TestOwnTableNameAndRelations(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	if err := db.AutoMigrate(&crew{}); err != nil {
		t.Fatal(err)
	}
	a := newOn(t, db, gormadapter.WithUser[person]())
	if _, err := firstSignIn(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got := described(t, db, "session"); !strings.Contains(got, "user_id references people (id)") {
		t.Errorf("session: got\n%s\nwant a foreign key to people", got)
	}
	if got := described(t, db, "people"); !strings.Contains(got,
		"team_id references crews (id) on update NO ACTION on delete SET NULL") {
		t.Errorf("people: got\n%s\nwant a foreign key to crews", got)
	}
	if db.Migrator().HasTable("user") {
		t.Error("there is a table user")
	}
	if s, err := a.Session(t.Context(), "token"); err != nil || s.User.Entity.(*person).Email == nil {
		t.Errorf("got %v and %v", s, err)
	}
}

// host is a user with a field for its sessions and one for its accounts.
type host struct {
	gormadapter.User
	Sessions []gormadapter.SessionOf[host] `gorm:"foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE"`
	Accounts []gormadapter.AccountOf[host] `gorm:"foreignKey:UserID;constraint:account_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE"`
}

func TestUserHasManySessions(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[host]())
	u, err := firstSignIn(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	for table, want := range tables {
		if got := described(t, a.DB(), table); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", table, got, want)
		}
	}
	var got host
	if err := a.DB().Preload("Sessions.User").Preload("Accounts").First(&got, "id = ?", u.ID).Error; err != nil {
		t.Fatal(err)
	}
	if len(got.Sessions) != 1 || len(got.Accounts) != 1 || got.Sessions[0].User.ID != u.ID {
		t.Errorf("got %+v", got)
	}
	if err := a.DeleteUser(t.Context(), u.ID); err != nil {
		t.Error(err)
	}
}

// An entity gets relations, unique columns and checks after its table was created.
func TestMigrateAddsConstraintsWithColumns(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	if err := db.Exec("CREATE TABLE people (id text NOT NULL PRIMARY KEY)").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.AutoMigrate(&crew{}); err != nil {
		t.Fatal(err)
	}
	newOn(t, db, gormadapter.WithUser[person]())
	got := described(t, db, "people")
	for _, want := range []string{
		"unique uni_people_phone (phone)", "index idx_people_level (level)", "unique people_email_unique (email)",
		"team_id references crews",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if err := db.Exec("INSERT INTO people (id, level) VALUES ('1', 11)").Error; err == nil {
		t.Error("the check does not hold")
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{NamingStrategy: schema.NamingStrategy{TablePrefix: "auth_"}})
	a := newOn(t, db, gormadapter.WithUser[member]())
	if _, err := firstSignIn(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"auth_user", "auth_session", "auth_account", "auth_verification_token"} {
		if !db.Migrator().HasTable(table) {
			t.Errorf("no table %s", table)
		}
	}
	if got := described(t, db, "auth_session"); !strings.Contains(got, "user_id references auth_user (id)") {
		t.Errorf("auth_session: got\n%s", got)
	}
}

func TestPurgeInBatches(t *testing.T) {
	t.Parallel()
	a := open(t)
	u, err := firstSignIn(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	const fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO session " +
		"(id, user_id, expires, session_token) SELECT i, ?, ?, 'token' || i FROM n"
	if err := a.DB().Exec(fill, 2500, u.ID, time.Now().Add(-time.Hour)).Error; err != nil {
		t.Fatal(err)
	}
	var batches []int
	for {
		n, err := a.DeleteExpiredSessions(t.Context(), time.Now().Add(-time.Minute).In(time.FixedZone("", -11*60*60)),
			1000)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		batches = append(batches, n)
	}
	if got, want := fmt.Sprint(batches), "[1000 1000 500]"; got != want {
		t.Errorf("got batches %s, want %s", got, want)
	}
	if got := count(t, a, "session"); got != 1 {
		t.Errorf("got %d sessions, want the one that has not expired", got)
	}
}

// Times compare as numbers, in whatever zone they were written.
func TestTimesAreMilliseconds(t *testing.T) {
	t.Parallel()
	a := open(t)
	u, err := firstSignIn(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 1, 1, 1, 2, 3, 4_567_890, time.FixedZone("", 5*60*60))
	if err := a.CreateSession(t.Context(), &cardea.Session{Token: "east", UserID: u.ID, Expires: at}); err != nil {
		t.Fatal(err)
	}
	var kept string
	query := "SELECT typeof(expires) || ' ' || (+expires) FROM session WHERE session_token = 'east'"
	if err := a.DB().Raw(query).Row().Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("integer %d", at.UnixMilli()); kept != want {
		t.Errorf("got %s, want %s", kept, want)
	}
	for _, row := range []struct {
		before time.Time
		want   int
	}{{at.UTC().Truncate(time.Millisecond), 1}, {at.UTC().Add(time.Second), 1}} {
		if n, err := a.DeleteExpiredSessions(t.Context(), row.before, 10); err != nil || n != row.want {
			t.Errorf("before %v: got %d and %v, want %d", row.before, n, err, row.want)
		}
	}
}
