package redisstore_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/redis/go-redis/v9"
)

// signedIn returns a visitor whose session is cached at every instance.
func (s *site) signedIn(t *testing.T) *cardeatest.Browser {
	t.Helper()
	s.at.Store(0)
	b := cardeatest.SignIn(t, s.URL, "idp", "")
	s.reads(t, b)
	before := s.database.reads.Load()
	for i, signedIn := range s.reads(t, b) {
		if !signedIn {
			t.Fatalf("not signed in at instance %d", i)
		}
	}
	if n := s.database.reads.Load() - before; n != 0 {
		t.Fatalf("the database was asked %d times for a session that is cached", n)
	}
	return b
}

// reads reports for each instance whether a copy of the visitor's cookies is signed in there.
func (s *site) reads(t *testing.T, b *cardeatest.Browser) (signedIn [3]bool) {
	t.Helper()
	for i := range s.instances {
		s.at.Store(int32(i))
		signedIn[i] = s.copied(t, b).Session() != nil
	}
	return signedIn
}

func (s *site) userID(t *testing.T) string {
	t.Helper()
	u, err := s.database.UserByAccount(t.Context(), "idp", "1001")
	must(t, err)
	return u.ID
}

// A session that ends at one instance is dead at all, at once, although each had a copy.
func TestCachedSessionsEndEverywhere(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for name, end := range map[string]func(s *site, b *cardeatest.Browser) error{
				"sign-out": func(s *site, b *cardeatest.Browser) error { s.copied(t, b).SignOut(); return nil },
				"EndSession": func(s *site, _ *cardeatest.Browser) error {
					list, err := s.instances[1].Sessions(t.Context(), s.userID(t))
					for _, each := range list {
						err = errors.Join(err, s.instances[1].EndSession(t.Context(), s.userID(t), each.ID()))
					}
					return err
				},
				"EndSessions": func(s *site, _ *cardeatest.Browser) error {
					_, err := s.instances[1].EndSessions(t.Context(), s.userID(t), nil)
					return err
				},
				"DeleteUser": func(s *site, _ *cardeatest.Browser) error {
					return s.instances[2].DeleteUser(t.Context(), s.userID(t))
				},
			} {
				s := newSiteWith(t, e, withSessions(), nil)
				b := s.signedIn(t)
				must(t, end(s, b))
				for range 2 {
					if got := s.reads(t, b); got != [3]bool{} {
						t.Errorf("%s: the session lives on: %v", name, got)
					}
				}
			}
		})
	}
}

// member is a user of an application with a role.
type member struct {
	gormadapter.User
	Role string `gorm:"size:20" json:"-"`
}

// What the application changes in the user's row is seen at once after Forget, and without it when
// the copy has expired.
func TestRoleOfACachedSession(t *testing.T) {
	t.Parallel()
	client, o := redisEngine.client(t), withSessions()
	database, err := gormadapter.Open(gormadapter.Options{
		Driver: sqlite.Driver, DBName: filepath.Join(t.TempDir(), "db.sqlite"),
	}, gormadapter.WithUser[member]())
	must(t, err)
	t.Cleanup(func() { database.Close() })
	must(t, database.Migrate(t.Context()))
	one, two := newStore(t, client, o), newStore(t, client, o)
	adapters := []cardea.Adapter{wrap(t, one, database), wrap(t, two, database)}
	u := &cardea.User{Name: "Ann", Entity: &member{Role: "guest"}}
	must(t, adapters[0].CreateUser(t.Context(), u))
	must(t, sessionsOf(t, adapters[0]).CreateSession(t.Context(),
		&cardea.Session{Token: "a", UserID: u.ID, Expires: inTime(time.Hour)}))
	roles := func(want string) {
		t.Helper()
		for i, a := range adapters {
			s, err := sessionsOf(t, a).Session(t.Context(), "a")
			must(t, err)
			if got := s.User.Entity.(*member).Role; got != want {
				t.Errorf("instance %d: the role is %q, want %q", i, got, want)
			}
		}
	}
	change := func(role string) {
		must(t, database.DB().Model(&member{}).Where("id = ?", u.ID).Update("role", role).Error)
	}
	roles("guest")
	change("editor")
	roles("guest") // from the copy, which does not live longer than the options say
	keys, err := client.Keys(t.Context(), o.Prefix+"session:*").Result()
	must(t, err)
	if len(keys) != 1 {
		t.Fatalf("%d copies, want 1", len(keys))
	}
	if life := client.PTTL(t.Context(), keys[0]).Val(); life <= 0 || life > o.Sessions {
		t.Errorf("the copy lives for %v", life)
	}
	must(t, two.Forget(t.Context(), u.ID))
	roles("editor")
	change("guest")
	roles("guest") // nobody makes a copy yet
	u.Name = "Anna"
	must(t, adapters[0].UpdateUser(t.Context(), u))
	for _, a := range adapters {
		if s, err := sessionsOf(t, a).Session(t.Context(), "a"); err != nil || s.User.Name != "Anna" {
			t.Errorf("after UpdateUser: %v, %v", s, err)
		}
	}
}

func sessionsOf(t testing.TB, a cardea.Adapter) cardea.SessionStore {
	t.Helper()
	sessions, ok := feature.StoreOf[cardea.SessionStore](a)
	if !ok {
		t.Fatalf("%T has no sessions", a)
	}
	return sessions
}

// A session or user that changes while another process reads the row leaves no copy of the old row,
// neither during the transaction nor after it.
func TestNoCopyOfAChangedRow(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(ctx context.Context, a cardea.Adapter, userID string) error{
		"DeleteSession": func(ctx context.Context, a cardea.Adapter, _ string) error {
			return sessionsOf(t, a).DeleteSession(ctx, "a")
		},
		"DeleteSessions": func(ctx context.Context, a cardea.Adapter, userID string) error {
			_, err := sessionsOf(t, a).DeleteSessions(ctx, userID, "")
			return err
		},
		"DeleteUser": func(ctx context.Context, a cardea.Adapter, userID string) error {
			return a.DeleteUser(ctx, userID)
		},
		"in a transaction": func(ctx context.Context, a cardea.Adapter, userID string) error {
			return a.Transact(ctx, func(ctx context.Context) error {
				_, err := sessionsOf(t, a).DeleteSessions(ctx, userID, "")
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, o := redisEngine.client(t), withSessions()
			inner := &database{Adapter: memadapter.New(), t: t}
			reader, writer := wrap(t, newStore(t, client, o), inner), wrap(t, newStore(t, client, o), inner)
			u := &cardea.User{Name: "Ann"}
			must(t, inner.CreateUser(t.Context(), u))
			must(t, inner.CreateSession(t.Context(),
				&cardea.Session{Token: "a", UserID: u.ID, Expires: inTime(time.Hour)}))
			inner.afterRead = func() {
				inner.afterRead = nil
				must(t, change(t.Context(), writer, u.ID))
			}
			if _, err := sessionsOf(t, reader).Session(t.Context(), "a"); err != nil {
				t.Errorf("the first read: %v", err)
			}
			if s, err := sessionsOf(t, reader).Session(t.Context(), "a"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("the session lives on: %v, %v", s, err)
			}
		})
	}
}

// dying is a database whose process dies as soon as a transaction is committed.
type dying struct{ *gormadapter.Adapter }

func (d dying) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	err := d.Adapter.Transact(ctx, fn)
	if err == nil {
		os.Exit(exitCommitted)
	}
	return err
}

const exitCommitted = 42

// The test binary is also an instance of a site, and a process that dies between the commit and
// everything after it.
func TestMain(m *testing.M) {
	if os.Getenv("CARDEA_INSTANCE_LISTEN") != "" {
		panic(serveInstance())
	}
	file := os.Getenv("CARDEA_DYING_DATABASE")
	if file == "" {
		os.Exit(m.Run())
	}
	database, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: file})
	if err != nil {
		panic(err)
	}
	client := redis.NewClient(&redis.Options{Addr: os.Getenv("CARDEA_TEST_REDIS"), ContextTimeoutEnabled: true})
	o := withSessions()
	o.Prefix = os.Getenv("CARDEA_DYING_PREFIX")
	store, err := redisstore.New(client, o)
	if err != nil {
		panic(err)
	}
	adapter, err := store.Wrap(dying{database})
	if err != nil {
		panic(err)
	}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: adapter, Providers: []cardea.Provider{abroad()},
	})
	if err != nil {
		panic(err)
	}
	ctx, userID := context.Background(), os.Getenv("CARDEA_DYING_USER")
	call := os.Getenv("CARDEA_DYING_CALL")
	if call == "DeleteUser" {
		panic(auth.DeleteUser(ctx, userID))
	}
	panic(adapter.Transact(ctx, func(ctx context.Context) error {
		if call == "DeleteSession" {
			return adapter.(cardea.SessionStore).DeleteSession(ctx, "a")
		}
		_, err := adapter.(cardea.SessionStore).DeleteSessions(ctx, userID, "")
		return err
	}))
}

// A process dies after the commit that ends sessions, before it can say so to Redis: other
// processes do not use their copies.
func TestProcessDiesAfterTheCommit(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"DeleteUser", "DeleteSessions", "DeleteSession"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			client, o := redisEngine.client(t), withSessions()
			file := filepath.Join(t.TempDir(), "db.sqlite")
			database := openSQLite(t, file)
			sessions := sessionsOf(t, wrap(t, newStore(t, client, o), database))
			u := &cardea.User{Name: "Ann"}
			must(t, database.CreateUser(t.Context(), u))
			must(t, sessions.CreateSession(t.Context(),
				&cardea.Session{Token: "a", UserID: u.ID, Expires: inTime(time.Hour)}))
			_, err := sessions.Session(t.Context(), "a")
			must(t, err)
			if keys := client.Keys(t.Context(), o.Prefix+"session:*").Val(); len(keys) != 1 {
				t.Fatalf("%d copies, want 1", len(keys))
			}
			process := exec.Command(os.Args[0])
			process.Env = append(os.Environ(), "CARDEA_DYING_DATABASE="+file, "CARDEA_DYING_PREFIX="+o.Prefix,
				"CARDEA_DYING_USER="+u.ID, "CARDEA_DYING_CALL="+call)
			out, _ := process.CombinedOutput()
			if process.ProcessState.ExitCode() != exitCommitted {
				t.Fatalf("the process has not died after the commit: %s", out)
			}
			if _, err := database.Session(t.Context(), "a"); !errors.Is(err, cardea.ErrNotFound) {
				t.Fatalf("nothing was committed: %v", err)
			}
			if s, err := sessions.Session(t.Context(), "a"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("the session lives on: %v, %v", s, err)
			}
		})
	}
}

// A copy of another session, as a connection whose answers are out of order returns
// (CVE-2025-29923), is nobody's session, and neither is one that somebody has changed.
func TestValueOfAnotherKey(t *testing.T) {
	t.Parallel()
	client, o, log := redisEngine.client(t), withSessions(), new(logbook)
	o.Logger = log.logger()
	inner := &database{Adapter: memadapter.New(), t: t}
	adapter := wrap(t, newStore(t, client, o), inner)
	sessions := sessionsOf(t, adapter)
	var keys, values []string
	for _, name := range []string{"Ann", "Bob"} {
		u := &cardea.User{Name: name}
		must(t, adapter.CreateUser(t.Context(), u))
		must(t, sessions.CreateSession(t.Context(),
			&cardea.Session{Token: name, UserID: u.ID, Expires: inTime(time.Hour)}))
		_, err := sessions.Session(t.Context(), name)
		must(t, err)
		for _, key := range client.Keys(t.Context(), o.Prefix+"session:*").Val() {
			if len(keys) == 0 || keys[0] != key {
				keys = append(keys, key)
				values = append(values, client.Get(t.Context(), key).Val())
			}
		}
	}
	changed := []byte(values[0])
	changed[len(changed)-1] ^= 1
	for _, value := range []string{values[1], string(changed), values[0][:20], "e", ""} {
		must(t, client.Set(t.Context(), keys[0], value, 0).Err())
		s, err := sessions.Session(t.Context(), "Ann")
		if err != nil || s.User.Name != "Ann" || s.Token != "Ann" {
			t.Errorf("got the session %+v of %+v, %v", s, s.User, err)
		}
		must(t, client.Set(t.Context(), keys[0], value, 0).Err())
		must(t, inner.DeleteSession(t.Context(), "Ann"))
		if s, err := sessions.Session(t.Context(), "Ann"); !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("got the session %+v, %v of somebody else", s, err)
		}
		must(t, inner.CreateSession(t.Context(),
			&cardea.Session{Token: "Ann", UserID: s.UserID, Expires: inTime(time.Hour)}))
	}
	if n := log.count("does not belong to its key"); n != 1 {
		t.Errorf("%d lines in the log, want 1", n)
	}
	text := strings.Join(values, "")
	for _, secret := range []string{"Ann", "Bob"} {
		if strings.Contains(text, secret) {
			t.Errorf("Redis has %s in clear", secret)
		}
	}

	tokens := tokensOf(t, adapter)
	for _, token := range []string{"a", "b"} {
		must(t, tokens.CreateVerificationToken(t.Context(),
			&cardea.VerificationToken{Identifier: "signout:", Token: token, Expires: inTime(time.Hour)}))
	}
	tokenKeys := client.Keys(t.Context(), o.Prefix+"token:*").Val()
	must(t, client.Set(t.Context(), tokenKeys[0], client.Get(t.Context(), tokenKeys[1]).Val(), 0).Err())
	refused := 0
	for _, token := range []string{"a", "b"} {
		if _, err := tokens.VerificationToken(t.Context(), "signout:", token); err != nil &&
			!errors.Is(err, cardea.ErrNotFound) {
			refused++
		}
	}
	if refused != 1 {
		t.Errorf("%d tokens are refused, want the one that has the value of the other", refused)
	}
}

// While Redis is away, sessions are read from the database. A visitor can sign out. The end of all
// sessions and of a user fails, and nothing ends.
func TestSessionsWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	o, log := withSessions(), new(logbook)
	o.Logger, o.Timeout = log.logger(), 50*time.Millisecond
	inner := &database{Adapter: memadapter.New(), t: t}
	adapter := wrap(t, newStore(t, redisEngine.clientOf(t, silentServer(t)), o), inner)
	sessions, u := sessionsOf(t, adapter), &cardea.User{Name: "Ann"}
	must(t, adapter.CreateUser(t.Context(), u))
	for _, token := range []string{"a", "b"} {
		must(t, sessions.CreateSession(t.Context(),
			&cardea.Session{Token: token, UserID: u.ID, Expires: inTime(time.Hour)}))
	}
	for range 50 {
		_, err := sessions.Session(t.Context(), "a")
		must(t, err)
	}
	must(t, sessions.RenewSession(t.Context(), "a", inTime(2*time.Hour)))
	must(t, adapter.UpdateUser(t.Context(), u))
	must(t, sessions.DeleteSession(t.Context(), "b"))
	if _, err := sessions.Session(t.Context(), "b"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the session lives on: %v", err)
	}
	if n, err := sessions.DeleteSessions(t.Context(), u.ID, ""); err == nil || n != 0 {
		t.Errorf("DeleteSessions: %d, %v", n, err)
	}
	if err := adapter.DeleteUser(t.Context(), u.ID); err == nil {
		t.Error("DeleteUser: got no error")
	}
	if _, err := sessions.Session(t.Context(), "a"); err != nil {
		t.Errorf("the session has ended: %v", err)
	}
	if n := log.count("Redis is away"); n != 1 {
		t.Errorf("%d lines in the log, want 1", n)
	}
}

func TestNewChecksWhatSessionsNeed(t *testing.T) {
	t.Parallel()
	client := redisEngine.clientOf(t, "127.0.0.1:1")
	for want, o := range map[string]redisstore.Options{
		"Options.Secret: Sessions needs 32 bytes or more, have 0": {Sessions: time.Minute},
		"Options.Sessions: want at most an hour":                  {Sessions: 2 * time.Hour},
	} {
		if _, err := redisstore.New(client, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	type hidden struct {
		gormadapter.User
		note string
	}
	_ = hidden{note: "a field that no codec can read"}
	database, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithUser[hidden]())
	must(t, err)
	defer database.Close()
	_, err = newStore(t, client, withSessions()).Wrap(database)
	if err == nil || !strings.Contains(err.Error(), "hidden.note of type string is not exported") {
		t.Errorf("an entity that cannot be cached: %v", err)
	}
}
