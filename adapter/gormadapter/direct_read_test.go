package gormadapter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
)

type role string

// simpleUser has columns of types that the default entity has.
type simpleUser struct {
	gormadapter.User
	Role   string `gorm:"not null;default:READER"`
	Moved  *time.Time
	Street *string
}

// convertedUser has columns that database/sql and GORM convert.
type convertedUser struct {
	gormadapter.User
	Role    role            `gorm:"not null;default:READER"`
	Visits  int             `gorm:"not null;default:7"`
	Blocked bool            `gorm:"not null;default:true"`
	Tags    []string        `gorm:"serializer:json"`
	Raw     json.RawMessage `gorm:"type:jsonb;default:'[1]'"`
}

// serializedUser has a text that GORM writes as JSON.
type serializedUser struct {
	gormadapter.User
	Motto string `gorm:"serializer:json"`
}

// emptyUser has a text that is NULL in the database, and that only GORM sets.
type emptyUser struct {
	gormadapter.User
	Street string
}

// On PostgreSQL a session is read past database/sql, if no field needs a conversion. Whichever way
// it is read, the session and the user are the same.
func TestSessionIsReadDirectly(t *testing.T) {
	t.Parallel()
	for _, e := range []engine{{"PostgreSQL", postgreSQL}, {"PgBouncer", pgBouncer}} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := e.empty(t)
			o.Debug, o.Logger = true, slog.New(slog.NewTextHandler(&log, nil))
			a := stored(t, openOn(t, o))
			log.Reset()
			wantDirect(t, a, true)
			if text := log.String(); !strings.Contains(text, "session_token") || strings.Contains(text, "error=") {
				t.Errorf("the log is:\n%s", text)
			}
			a = stored(t, openOn(t, e.empty(t), gormadapter.WithUser[simpleUser]()))
			if u := wantDirect(t, a, true).User.Entity.(*simpleUser); u.Role != "READER" || u.Moved != nil {
				t.Errorf("got %+v", u)
			}
			a = stored(t, openOn(t, e.empty(t), gormadapter.WithUser[convertedUser]()))
			must(t, a.DB().Exec(`UPDATE "user" SET tags = '["a","b"]'`).Error)
			u := wantDirect(t, a, false).User.Entity.(*convertedUser)
			if u.Role != "READER" || u.Visits != 7 || !u.Blocked || len(u.Tags) != 2 || string(u.Raw) != "[1]" {
				t.Errorf("got %+v", u)
			}
			a = stored(t, openOn(t, e.empty(t), gormadapter.WithUser[serializedUser]()))
			must(t, a.DB().Exec(`UPDATE "user" SET motto = '"text"'`).Error)
			if u := wantDirect(t, a, false).User.Entity.(*serializedUser); u.Motto != "text" {
				t.Errorf("got %+v", u)
			}
			a = stored(t, openOn(t, e.empty(t), gormadapter.WithUser[emptyUser]()))
			must(t, a.DB().Exec(`UPDATE "user" SET street = NULL`).Error)
			wantDirect(t, a, false)
		})
	}
}

// wantDirect returns the session after it was read several times, and checks how.
func wantDirect(t *testing.T, a *gormadapter.Adapter, want bool) (s *cardea.Session) {
	t.Helper()
	for range 3 {
		found, err := a.Session(t.Context(), "token1")
		must(t, err)
		if found.User.Email != "ann@example.com" || found.UserID != found.User.ID || found.Token != "token1" ||
			time.Until(found.Expires).Round(time.Minute) != time.Hour || found.Expires.Location() != time.UTC {
			t.Errorf("got %+v of %+v", found, found.User)
		}
		s = found
	}
	if got := gormadapter.ReadsDirectly(t.Context(), a, "token1"); got != want {
		t.Errorf("is read directly: %v, want %v", got, want)
	}
	if _, err := a.Session(t.Context(), "token2"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("another token: got %v", err)
	}
	if _, err := a.Session(t.Context(), "a\x00b"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("a token with NUL: got %v", err)
	}
	return s
}

// A session that waits for a lock on the server stops with its request. Afterwards the connection,
// which it has broken, is in nobody's way.
func TestSessionStopsInTheServer(t *testing.T) {
	t.Parallel()
	a := stored(t, openOn(t, postgreSQL(t)))
	wantDirect(t, a, true)
	pool, err := a.DB().DB()
	must(t, err)
	locked, err := pool.BeginTx(t.Context(), nil)
	must(t, err)
	defer locked.Rollback()
	_, err = locked.ExecContext(t.Context(), "LOCK TABLE session IN ACCESS EXCLUSIVE MODE")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		waiting := 0
		for waiting == 0 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
			locked.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND "+
				"relation = 'session'::regclass").Scan(&waiting)
		}
		cancel()
	}()
	endsWith(t, ctx, a, context.Canceled)
	must(t, locked.Rollback())
	wantDirect(t, a, true)
}

// The server has ended the connections, which the pool does not know.
func TestSessionAfterItsConnectionBroke(t *testing.T) {
	t.Parallel()
	a := stored(t, openOn(t, postgreSQL(t)))
	other := openExisting(t, gormadapter.Options{Driver: postgresql.Driver, DSN: addressOf(t, "CARDEA_TEST_POSTGRES")})
	var name string
	must(t, a.DB().Raw("SELECT current_database()").Scan(&name).Error)
	wantDirect(t, a, true)
	for range 10 {
		must(t, other.DB().Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?", name).Error)
		_, err := a.Session(t.Context(), "token1") // before, while or after the connections end
		must(t, err)
	}
}
