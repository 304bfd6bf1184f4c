package gormadapter_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// instants are times whose wall clocks are special in some zone: UTC's wall clock does not exist or
// exists twice in New York, Berlin or Sydney.
func instants() []time.Time {
	return []time.Time{
		time.Date(2026, 7, 1, 12, 0, 0, 123_000_000, time.UTC),
		time.Date(2027, 1, 15, 23, 59, 59, 999_000_000, time.UTC),
		time.Date(2027, 3, 14, 2, 30, 0, 0, time.UTC), // skipped in New York
		time.Date(2027, 11, 7, 1, 30, 0, 0, time.UTC), // twice in New York
		time.Date(2027, 3, 28, 2, 30, 0, 0, time.UTC), // skipped in Berlin
		time.Date(2027, 10, 3, 2, 30, 0, 0, time.UTC), // skipped in Sydney
	}
}

// timeConnections are an application's own connections, in several zones, by the kind of database.
func timeConnections(t *testing.T, e engine) map[string]func() gorm.Dialector {
	t.Helper()
	switch e.name {
	case "PostgreSQL":
		connections := map[string]func() gorm.Dialector{}
		for _, zone := range []string{"", "UTC", "America/New_York", "Europe/Berlin", "Australia/Sydney"} {
			for _, mode := range []string{"", "cache_describe", "simple_protocol", "exec"} {
				dsn := e.empty(t).DSN
				if zone != "" {
					dsn += "&TimeZone=" + zone
				}
				if mode != "" {
					dsn += "&default_query_exec_mode=" + mode
				}
				connections[zone+" "+mode] = func() gorm.Dialector { return postgres.Open(dsn) }
			}
		}
		dsn := inZone(t, e.empty(t).DSN)
		connections["zone of the database"] = func() gorm.Dialector { return postgres.Open(dsn) }
		return connections
	case "MariaDB", "MySQL":
		connections := map[string]func() gorm.Dialector{}
		for _, zone := range []string{"", "&loc=UTC", "&loc=Asia%2FTokyo", "&loc=Asia%2FTokyo&time_zone=%27%2B09:00%27",
			"&time_zone=%27-05:00%27", "&loc=Asia%2FKolkata&time_zone=%27-05:00%27"} {
			dsn := e.empty(t).DSN + "?parseTime=true" + zone
			connections[zone] = func() gorm.Dialector { return gormmysql.Open(dsn) }
		}
		return connections
	}
	o := e.empty(t)
	return map[string]func() gorm.Dialector{"": func() gorm.Dialector { return dialectorOf(t, o) }}
}

// inZone sets the time zone of a PostgreSQL database.
func inZone(t *testing.T, dsn string) string {
	t.Helper()
	db := connect(t, postgres.Open(dsn))
	var name string
	must(t, db.Raw("SELECT current_database()").Scan(&name).Error)
	must(t, db.Exec("ALTER DATABASE "+name+" SET TimeZone = 'America/New_York'").Error)
	return dsn
}

// timeTypes are the types of time columns, and how precise they are.
func timeTypes(engine string) map[string]time.Duration {
	switch engine {
	case "PostgreSQL":
		return map[string]time.Duration{
			"timestamp": time.Millisecond, "timestamp(3)": time.Millisecond, "timestamp(0)": time.Second,
			"timestamptz": time.Millisecond, "timestamptz(3)": time.Millisecond,
		}
	case "SQLite":
		return map[string]time.Duration{
			"datetime": time.Millisecond, "timestamp": time.Millisecond, "date": time.Millisecond,
			"timestamptz": time.Millisecond,
		}
	}
	return map[string]time.Duration{
		"datetime(3)": time.Millisecond, "datetime(6)": time.Millisecond, "datetime": time.Second,
		"timestamp(3)": time.Millisecond, "timestamp": time.Second,
	}
}

// The instant that was written comes back from every kind of time column, whatever the zones of the
// driver, the session and the database, and compares with others as an instant.
func TestTimeColumnsOfOtherTypes(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		for zone, open := range timeConnections(t, e) {
			t.Run(e.name+", "+zone, func(t *testing.T) {
				t.Parallel()
				db := connect(t, open())
				for kind, precision := range timeTypes(e.name) {
					must(t, db.Migrator().DropTable(gormadapter.DefaultEntities()...))
					a, err := gormadapter.New(db)
					must(t, err)
					must(t, a.Migrate(t.Context()))
					changeTimes(t, a, e.name, kind)
					// Drivers remember the types of the old columns, so another connection is used.
					a, err = gormadapter.New(connect(t, open()))
					must(t, err)
					sameInstants(t, a, kind, precision)
				}
			})
		}
	}
}

// changeTimes gives the time columns of the adapter another type.
func changeTimes(t *testing.T, a *gormadapter.Adapter, engine, kind string) {
	t.Helper()
	for table, column := range map[string]string{
		"user": "email_verified", "session": "expires", "verification_token": "expires",
	} {
		switch engine {
		case "PostgreSQL":
			must(t, silently(a, fmt.Sprintf(`ALTER TABLE "%s" ALTER COLUMN %s TYPE %s`, table, column, kind)))
		case "SQLite":
			must(t, silently(a, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", table, column),
				fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", table, column, kind)))
		default:
			must(t, silently(a, fmt.Sprintf("ALTER TABLE `%s` MODIFY %s %s NULL", table, column, kind)))
		}
	}
}

// sameInstants writes and reads all times.
func sameInstants(t *testing.T, a *gormadapter.Adapter, kind string, precision time.Duration) {
	t.Helper()
	ctx := t.Context()
	near := func(what string, got, want time.Time) {
		t.Helper()
		if d := got.Sub(want).Abs(); d >= precision && (precision == time.Millisecond && d > 0 || d > precision) ||
			got.Location() != time.UTC {
			t.Errorf("%s, %s: got %v, want %v", kind, what, got, want)
		}
	}
	for i, at := range instants() {
		id := fmt.Sprint("user", i)
		must(t, a.CreateUser(ctx, &cardea.User{ID: id, EmailVerified: at}))
		u, err := a.UserByID(ctx, id)
		must(t, err)
		near("email_verified", u.EmailVerified, at)
		must(t, a.UpdateUser(ctx, &cardea.User{ID: id, EmailVerified: at.Add(time.Hour)}))
		u, err = a.UserByID(ctx, id)
		must(t, err)
		near("email_verified, updated", u.EmailVerified, at.Add(time.Hour))
		must(t, a.CreateSession(ctx, &cardea.Session{Token: id, UserID: id, Expires: at}))
		s, err := a.Session(ctx, id)
		must(t, err)
		near("session", s.Expires, at)
		near("its user", s.User.EmailVerified, at.Add(time.Hour))
		must(t, a.RenewSession(ctx, id, at.Add(time.Minute)))
		list, err := a.Sessions(ctx, id)
		must(t, err)
		near("session, renewed", list[0].Expires, at.Add(time.Minute))
		n, err := a.DeleteExpiredSessions(ctx, at.Add(58*time.Second), 10)
		if n != 0 || err != nil {
			t.Errorf("%s: %d sessions deleted before they expired, %v", kind, n, err)
		}
		n, err = a.DeleteExpiredSessions(ctx, at.Add(62*time.Second), 10)
		if n != 1 || err != nil {
			t.Errorf("%s: %d sessions deleted after they expired, %v", kind, n, err)
		}
		must(t, a.CreateVerificationToken(ctx, &cardea.VerificationToken{Identifier: id, Token: id, Expires: at}))
		token, err := a.ConsumeVerificationToken(ctx, id, id)
		must(t, err)
		near("token", token.Expires, at)
	}
}
