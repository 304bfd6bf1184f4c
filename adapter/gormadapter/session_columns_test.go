package gormadapter_test

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

// signInColumns are the columns of a session that a table need not have.
var signInColumns = []string{"created_at", "auth_time", "seen_at", "methods", "level", "ip", "user_agent"}

// described returns a session with everything that describes its sign-in.
func describedSession(token, userID string) *cardea.Session {
	return &cardea.Session{
		Token: token, UserID: userID, Expires: expiry, Methods: []string{"pwd", "otp"}, Level: 2,
		AuthTime: expiry.Add(-time.Hour), CreatedAt: expiry.Add(-2 * time.Hour), SeenAt: expiry.Add(-time.Minute),
		IP: "203.0.113.0/24", UserAgent: "Firefox",
	}
}

// kept returns the session without the fields whose columns are not in the list.
func kept(s cardea.Session, columns []string) cardea.Session {
	for name, clear := range map[string]func(){
		"created_at": func() { s.CreatedAt = time.Time{} }, "auth_time": func() { s.AuthTime = time.Time{} },
		"seen_at": func() { s.SeenAt = time.Time{} }, "methods": func() { s.Methods = nil },
		"level": func() { s.Level = 0 }, "ip": func() { s.IP = "" }, "user_agent": func() { s.UserAgent = "" },
	} {
		if !slices.Contains(columns, name) {
			clear()
		}
	}
	s.User, s.Entity = nil, nil
	return s
}

// checkKept checks that the session is stored with what its columns have room for.
func checkKept(t *testing.T, a *gormadapter.Adapter, want cardea.Session) {
	t.Helper()
	got, err := a.Session(t.Context(), want.Token)
	must(t, err)
	list, err := a.Sessions(t.Context(), want.UserID)
	must(t, err)
	i := slices.IndexFunc(list, func(s *cardea.Session) bool { return s.Token == want.Token })
	if same := kept(*list[i], signInColumns); !reflect.DeepEqual(same, want) {
		t.Errorf("got  %+v\nwant %+v", same, want)
	}
	if got.Entity == nil { // what a session check does not need is not read
		want.IP, want.UserAgent = "", ""
	}
	if same := kept(*got, signInColumns); !reflect.DeepEqual(same, want) {
		t.Errorf("got  %+v\nwant %+v", same, want)
	}
}

// makeOld drops columns of the session table, as if the adapter of MikroORM or an earlier version
// had made it.
func makeOld(t *testing.T, a *gormadapter.Adapter, columns ...string) {
	t.Helper()
	for _, name := range columns {
		must(t, a.DB().Exec("ALTER TABLE session DROP COLUMN "+name).Error)
	}
}

// A database that nobody has migrated works, whatever columns its session table lacks, and an
// adapter finds out once which. A migration adds them, and the rows from before stay.
func TestSessionTableWithoutColumnsOfTheSignIn(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for name, lacks := range map[string][]string{
			"all": signInColumns, "the time of the sign-in": {"created_at"}, "the last use": {"seen_at"},
			"most": {"auth_time", "methods", "level", "ip", "user_agent"},
		} {
			t.Run(e.name+" without "+name, func(t *testing.T) {
				t.Parallel()
				options := e.empty(t)
				first := openExisting(t, options)
				must(t, first.Migrate(t.Context()))
				makeOld(t, first, lacks...)
				there := slices.DeleteFunc(slices.Clone(signInColumns), func(name string) bool {
					return slices.Contains(lacks, name)
				})

				a := openExisting(t, options)
				u, err := firstSignIn(t.Context(), a)
				must(t, err)
				s := describedSession("s", u.ID)
				must(t, a.CreateSession(t.Context(), s))
				want := kept(*describedSession("s", u.ID), there)
				want.Expires = expiry.UTC()
				if got := kept(*s, signInColumns); got.CreatedAt != want.CreatedAt || got.IP != want.IP ||
					got.Level != want.Level || !slices.Equal(got.Methods, want.Methods) {
					t.Errorf("afterwards s is %+v, want what was stored: %+v", got, want)
				}
				checkKept(t, a, want)
				must(t, a.RenewSession(t.Context(), "s", expiry.Add(time.Hour)))
				must(t, a.TouchSession(t.Context(), "s", expiry, expiry, expiry))
				want.Expires = want.Expires.Add(time.Hour)
				if !want.SeenAt.IsZero() {
					want.SeenAt = expiry.UTC()
				}
				checkKept(t, a, want)

				must(t, a.Migrate(t.Context()))
				checkKept(t, a, want)
				after := describedSession("after", u.ID)
				must(t, a.CreateSession(t.Context(), after))
				checkKept(t, a, kept(*after, signInColumns))
				if n, err := a.DeleteSessions(t.Context(), u.ID, ""); n != 3 || err != nil {
					t.Errorf("deleted %d sessions, %v", n, err)
				}
			})
		}
	}
}

// The first requests come all at once.
func TestColumnsAreFoundByConcurrentRequests(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			options := e.empty(t)
			first := openExisting(t, options)
			must(t, first.Migrate(t.Context()))
			u, err := firstSignIn(t.Context(), first)
			must(t, err)
			makeOld(t, first, "created_at", "ip")
			a := openExisting(t, options)
			var calls sync.WaitGroup
			for i := range 20 {
				calls.Go(func() {
					token := fmt.Sprint("token ", i)
					if err := a.CreateSession(t.Context(), describedSession(token, u.ID)); err != nil {
						t.Error(err)
					}
					if s, err := a.Session(t.Context(), token); err != nil || !s.CreatedAt.IsZero() || s.Level != 2 {
						t.Errorf("got %+v, %v", s, err)
					}
				})
			}
			calls.Wait()
		})
	}
}

// A column that is dropped while the adapter runs costs one request. One that is added is used
// after the next start, or after Migrate.
func TestColumnsThatChangeWhileTheAdapterRuns(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openExisting(t, e.empty(t))
			must(t, a.Migrate(t.Context()))
			u, err := firstSignIn(t.Context(), a)
			must(t, err)
			must(t, a.CreateSession(t.Context(), describedSession("one", u.ID)))
			makeOld(t, a, "methods")
			_, err = a.Session(t.Context(), "one")
			if err == nil || errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("got %v; a column that is missing is no session that is missing", err)
			}
			s, err := a.Session(t.Context(), "one")
			if err != nil || s.Methods != nil || s.Level != 2 {
				t.Errorf("the second time: %+v, %v", s, err)
			}
			must(t, a.DB().Exec("ALTER TABLE session ADD COLUMN methods varchar(64)").Error)
			must(t, a.CreateSession(t.Context(), describedSession("two", u.ID)))
			must(t, a.Migrate(t.Context()))
			must(t, a.CreateSession(t.Context(), describedSession("three", u.ID)))
			for token, want := range map[string]int{"one": 0, "two": 0, "three": 2} {
				if s, err := a.Session(t.Context(), token); err != nil || len(s.Methods) != want {
					t.Errorf("session %s: %+v, %v", token, s, err)
				}
			}
		})
	}
}

// Session entities of applications from before there were these columns.
type (
	embeddingSession struct {
		gormadapter.Session
		Device string `gorm:"size:50;not null;default:unknown"`
	}
	OwnSession struct {
		Token   string `gorm:"primaryKey;size:64" cardea:"SessionToken"`
		UserID  string `gorm:"size:255;not null"`
		Expires time.Time
	}
	// otherSession has fields with the same names for something else, or of another type.
	otherSession struct {
		OwnSession
		Methods   []string    `gorm:"serializer:json"`
		Level     string      `gorm:"size:20;not null;default:gold"`
		IP        netip.Addr  `gorm:"serializer:json"`
		UserAgent *customUser `gorm:"serializer:json"`
		SeenAt    int64       `cardea:"-" gorm:"not null;default:7"`
		CreatedAt time.Time
	}
	customUser struct{ Browser string }
	// renamedSession has the columns under other names, of other types, and too narrow.
	renamedSession struct {
		OwnSession
		Begin  time.Time `cardea:"CreatedAt"`
		Proven time.Time `cardea:"AuthTime"`
		Used   time.Time `cardea:"SeenAt"`
		How    string    `gorm:"size:3" cardea:"Methods"`
		Sure   int64     `cardea:"Level"`
		From   string    `gorm:"size:10" cardea:"IP"`
		With   string    `gorm:"size:4" cardea:"UserAgent"`
	}
)

func TestOwnSessionEntitiesAndTheColumnsOfTheSignIn(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for name, tc := range map[string]struct {
			option  gormadapter.Option
			columns []string
			change  func(*cardea.Session)
			check   func(*testing.T, any)
		}{
			"embedding the default": {gormadapter.WithSession[embeddingSession](), signInColumns, nil,
				func(t *testing.T, row any) {
					if s := row.(*embeddingSession); s.Device != "unknown" || *s.IP != "203.0.113.0/24" ||
						*s.Level != 2 {
						t.Errorf("row %+v", s)
					}
				}},
			"without them": {gormadapter.WithSession[OwnSession](), nil, nil, nil},
			"others of the same names": {gormadapter.WithSession[otherSession](), []string{"created_at"}, nil,
				func(t *testing.T, row any) {
					if s := row.(*otherSession); s.Level != "gold" || s.SeenAt != 7 || s.IP.IsValid() ||
						s.Methods != nil {
						t.Errorf("row %+v", s)
					}
				}},
			"under other names": {gormadapter.WithSession[renamedSession](),
				[]string{"created_at", "auth_time", "seen_at", "level", "user_agent"},
				func(s *cardea.Session) { s.UserAgent = "Fire" }, nil},
		} {
			t.Run(e.name+", "+name, func(t *testing.T) {
				t.Parallel()
				a := openExisting(t, e.empty(t), tc.option)
				must(t, a.Migrate(t.Context()))
				u := &cardea.User{Email: "ada@example.com"}
				must(t, a.CreateUser(t.Context(), u))
				must(t, a.CreateSession(t.Context(), describedSession("s", u.ID)))
				want := kept(*describedSession("s", u.ID), tc.columns)
				if tc.change != nil {
					tc.change(&want)
				}
				want.Expires = expiry.UTC()
				checkKept(t, a, want)
				must(t, a.CreateSession(t.Context(), &cardea.Session{Token: "node", UserID: u.ID, Expires: expiry}))
				checkKept(t, a, cardea.Session{Token: "node", UserID: u.ID, Expires: expiry.UTC()})
				must(t, a.TouchSession(t.Context(), "node", expiry, expiry, expiry))
				if tc.check != nil {
					s, err := a.Session(t.Context(), "s")
					must(t, err)
					tc.check(t, s.Entity)
				}
			})
		}
	}
}

// A tag says that the field is meant, so its type must fit.
func TestTagOfAColumnOfTheSignInIsChecked(t *testing.T) {
	t.Parallel()
	type wrongLevel struct {
		OwnSession
		Rank []byte `cardea:"Level"`
	}
	_, err := gormadapter.New(openDB(t, gorm.Config{}), gormadapter.WithSession[wrongLevel]())
	const want = "wrongLevel.Rank is a []uint8, want an int16, int64 or a pointer to one: it is the Level"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Prisma and Drizzle make columns without a time zone on PostgreSQL. Whatever zone the session has,
// the same instant comes back.
func TestTimesOfTheSignInWithoutAZone(t *testing.T) {
	t.Parallel()
	options := postgreSQL(t)
	first := openExisting(t, options)
	must(t, first.Migrate(t.Context()))
	for _, name := range []string{"created_at", "auth_time", "seen_at"} {
		must(t, first.DB().Exec("ALTER TABLE session ALTER COLUMN "+name+" TYPE timestamp").Error)
	}
	u, err := firstSignIn(t.Context(), first)
	must(t, err)
	for i, zone := range []string{"UTC", "America/New_York", "Asia/Kolkata"} {
		db := connect(t, dialectorOf(t, options))
		must(t, db.Exec("SET TIME ZONE '"+zone+"'").Error)
		pool, err := db.DB()
		must(t, err)
		pool.SetMaxOpenConns(1)
		a, err := gormadapter.New(db)
		must(t, err)
		token := fmt.Sprint("token ", i)
		must(t, a.CreateSession(t.Context(), describedSession(token, u.ID)))
		want := kept(*describedSession(token, u.ID), signInColumns)
		want.Expires = expiry.UTC()
		checkKept(t, a, want)
		must(t, a.TouchSession(t.Context(), token, want.SeenAt.Add(-time.Millisecond), expiry, expiry))
		checkKept(t, a, want) // a later use is stored
		must(t, a.TouchSession(t.Context(), token, want.SeenAt, expiry, expiry))
		want.SeenAt = expiry.UTC()
		checkKept(t, a, want)
	}
}

// A session check finds what a list of sessions has, in whatever form another program wrote it.
func TestSessionCheckReadsWhatOtherProgramsWrite(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t))
			u, err := firstSignIn(t.Context(), a)
			must(t, err)
			want := kept(*describedSession("s", u.ID), signInColumns)
			must(t, a.CreateSession(t.Context(), describedSession("s", u.ID)))
			want.Expires = expiry.UTC()
			want.AuthTime = time.Time{}
			must(t, a.DB().Exec("UPDATE session SET auth_time = NULL").Error)
			want.CreatedAt = time.Date(2030, 12, 31, 22, 0, 0, 123_000_000, time.UTC)
			for _, written := range writtenTimes[e.name] {
				must(t, a.DB().Exec("UPDATE session SET created_at = "+written).Error)
				checkKept(t, a, want)
				if t.Failed() {
					t.Fatalf("created_at is %s", written)
				}
			}
			if e.name != "SQLite" {
				return
			}
			for _, unreadable := range []string{"'soon'", "x'00ff'", "'1|2'", "'1|2|3|9|pwd'"} {
				must(t, a.DB().Exec("UPDATE session SET created_at = "+unreadable).Error)
				s, err := a.Session(t.Context(), "s")
				if err != nil || !s.CreatedAt.IsZero() || !s.AuthTime.IsZero() || s.Level > 2 {
					t.Errorf("created_at is %s: got %+v, %v", unreadable, s, err)
				}
			}
		})
	}
}

// writtenTimes are one time as SQL, in the forms in which programs write it.
var writtenTimes = map[string][]string{
	"SQLite": {
		"1924984800123", "'2030-12-31 22:00:00.123+00:00'", "'2030-12-31 17:00:00.123999-05:00'",
		"'2030-12-31T22:00:00.123Z'", "'2030-12-31T17:00:00.123-05:00'", "'2030-12-31 22:00:00.123 +0000 UTC'",
		"'2030-12-31 22:00:00.123'", "'2030-12-31T22:00:00.123'",
	},
	"PostgreSQL": {"'2030-12-31 22:00:00.123+00'", "'2030-12-31 17:00:00.123999-05'"},
	"MariaDB":    {"'2030-12-31 22:00:00.123'"},
	"MySQL":      {"'2030-12-31 22:00:00.123'"},
}
