package gormadapter_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// Times are stored to the millisecond and read in UTC, whatever the zone of the server, the
// connection and the value, also beyond 2038.
func TestTimesOnEachDatabase(t *testing.T) {
	t.Parallel()
	west := time.FixedZone("", -5*60*60)
	for name, empty := range map[string]func(t testing.TB) gormadapter.Options{
		"SQLite": sqliteFile, "PostgreSQL": postgreSQL, "PgBouncer": pgBouncer, "MariaDB": mariaDB, "MySQL": mySQL,
		"PostgreSQL in New York": func(t testing.TB) gormadapter.Options {
			o := postgreSQL(t)
			o.Timezone = "America/New_York"
			return o
		},
		"MariaDB, session five hours west": func(t testing.TB) gormadapter.Options {
			o := mariaDB(t)
			o.DSN += "?time_zone=%27-05:00%27"
			return o
		},
		"MySQL, session five hours west": func(t testing.TB) gormadapter.Options {
			o := mySQL(t)
			o.DSN += "?time_zone=%27-05:00%27"
			return o
		},
		"MariaDB, columns in New York": func(t testing.TB) gormadapter.Options {
			o := mariaDB(t)
			o.Timezone = "America/New_York"
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, empty(t))
			ctx := t.Context()
			must(t, a.CreateUser(ctx, &cardea.User{ID: "ada"}))
			for token, expires := range map[string]time.Time{
				"now":   time.Date(2026, 7, 1, 23, 30, 0, 123_456_789, west),
				"2038":  time.Date(2038, 1, 19, 3, 14, 8, 1_000_000, time.UTC),
				"later": time.Date(2099, 12, 31, 23, 59, 59, 999_999_999, west),
			} {
				must(t, a.CreateSession(ctx, &cardea.Session{Token: token, UserID: "ada", Expires: expires}))
				s, err := a.Session(ctx, token)
				must(t, err)
				if want := expires.UTC().Truncate(time.Millisecond); s.Expires != want {
					t.Errorf("%s: got %v, want %v", token, s.Expires, want)
				}
				must(t, a.RenewSession(ctx, token, expires.Add(time.Hour)))
				s, err = a.Session(ctx, token)
				must(t, err)
				if want := expires.Add(time.Hour).UTC().Truncate(time.Millisecond); s.Expires != want {
					t.Errorf("%s, renewed: got %v, want %v", token, s.Expires, want)
				}
			}
			renewed := time.Date(2026, 7, 2, 0, 30, 0, 123_000_000, west)
			for _, row := range []struct {
				before time.Time
				want   int
			}{{renewed, 0}, {renewed.Add(time.Millisecond).UTC(), 1}, {time.Date(2090, 1, 1, 0, 0, 0, 0, west), 1}} {
				if got, err := a.DeleteExpiredSessions(ctx, row.before, 10); got != row.want || err != nil {
					t.Errorf("expired before %v: got %d and %v, want %d", row.before, got, err, row.want)
				}
			}
		})
	}
}

// A datetime column of MariaDB and MySQL contains the wall clock of UTC, or of Options.Timezone, so
// that other programs read the same time.
func TestWallClock(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(testing.TB) gormadapter.Options{"MariaDB": mariaDB, "MySQL": mySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wallClock(t, empty)
		})
	}
}

func wallClock(t *testing.T, empty func(testing.TB) gormadapter.Options) {
	t.Helper()
	for zone, want := range map[string]string{"": "2031-01-01 00:00:00", "America/New_York": "2030-12-31 19:00:00"} {
		o := empty(t)
		o.Timezone = zone
		a := openOn(t, o)
		must(t, a.CreateUser(t.Context(), &cardea.User{ID: "ada", EmailVerified: expiry}))
		var got string
		must(t, a.DB().Raw("SELECT CAST(email_verified AS CHAR) FROM user").Scan(&got).Error)
		if !strings.HasPrefix(got, want) {
			t.Errorf("zone %q: got %s, want %s", zone, got, want)
		}
		u, err := a.UserByID(t.Context(), "ada")
		must(t, err)
		if !u.EmailVerified.Equal(expiry) {
			t.Errorf("zone %q: got %v, want %v", zone, u.EmailVerified, expiry)
		}
	}
}
