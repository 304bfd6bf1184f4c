package redisstore_test

import (
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
)

// While a new version of an application is deployed, instances have different Options.Sessions. The
// set with the keys of a user's copies must live as long as the longest copy, or the end of all
// sessions does not find that.
func TestInstancesWithOtherTimesOfCopies(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]time.Duration{"shorter": time.Second, "longer": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, long, other := redisEngine.client(t), withSessions(), withSessions()
			other.Prefix = long.Prefix
			long.Sessions, other.Sessions = 30*time.Minute, second
			database := memadapter.New()
			one := sessionsOf(t, wrap(t, newStore(t, client, long), database))
			two := sessionsOf(t, wrap(t, newStore(t, client, other), database))
			u := &cardea.User{Email: "ann@example.com"}
			must(t, database.CreateUser(t.Context(), u))
			for _, token := range []string{"a", "b"} {
				must(t, database.CreateSession(t.Context(),
					&cardea.Session{Token: token, UserID: u.ID, Expires: inTime(3 * time.Hour)}))
			}
			for _, read := range []func() (*cardea.Session, error){
				func() (*cardea.Session, error) { return one.Session(t.Context(), "a") },
				func() (*cardea.Session, error) { return two.Session(t.Context(), "b") },
			} {
				_, err := read()
				must(t, err)
			}
			keys, err := client.Keys(t.Context(), long.Prefix+"copies:*").Result()
			must(t, err)
			if len(keys) != 1 {
				t.Fatalf("%d sets, want 1", len(keys))
			}
			want := max(long.Sessions, other.Sessions) - time.Minute // a minute for this test
			if life := client.PTTL(t.Context(), keys[0]).Val(); life < want {
				t.Errorf("the set lives for %v, want at least %v", life, want)
			}
			_, err = two.DeleteSessions(t.Context(), u.ID, "")
			must(t, err)
			if s, err := one.Session(t.Context(), "a"); err == nil {
				t.Errorf("all sessions have ended, and %s is still one", s.Token)
			}
		})
	}
}

// An instance without Options.Sessions, such as a command of an administrator, has no copies. The
// others forget theirs if it asks them to.
func TestForgetWithoutCopies(t *testing.T) {
	t.Parallel()
	client, o := redisEngine.client(t), withSessions()
	database := memadapter.New()
	cached := sessionsOf(t, wrap(t, newStore(t, client, o), database))
	o.Sessions, o.Secret = 0, ""
	command := newStore(t, client, o)
	u := &cardea.User{Name: "Ann"}
	must(t, database.CreateUser(t.Context(), u))
	must(t, database.CreateSession(t.Context(),
		&cardea.Session{Token: "a", UserID: u.ID, Expires: inTime(time.Hour)}))
	_, err := cached.Session(t.Context(), "a")
	must(t, err)
	u.Name = "Anna"
	must(t, database.UpdateUser(t.Context(), u))
	must(t, command.Forget(t.Context(), u.ID))
	if s, err := cached.Session(t.Context(), "a"); err != nil || s.User.Name != "Anna" {
		t.Errorf("after Forget: %v, %v", s, err)
	}
}
