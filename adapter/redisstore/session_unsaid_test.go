package redisstore_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/redis/go-redis/v9"
)

// readOnly is what a replica answers to a write.
type readOnly struct{ on atomic.Bool }

type replyError string

func (e replyError) Error() string { return string(e) }
func (replyError) RedisError()     {}

const errReadOnly = replyError("READONLY You can't write against a read only replica.")

func (h *readOnly) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

func (h *readOnly) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		if h.on.Load() && c.Name() != "get" {
			c.SetErr(errReadOnly)
			return errReadOnly
		}
		return next(ctx, c)
	}
}

func (h *readOnly) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, list []redis.Cmder) error {
		if h.on.Load() {
			return errReadOnly
		}
		return next(ctx, list)
	}
}

// A process that could not say in Redis that a session has ended uses no copy itself.
func TestProcessThatCouldNotSayItUsesNoCopy(t *testing.T) {
	t.Parallel()
	client, hook := redisEngine.client(t), new(readOnly)
	client.AddHook(hook)
	inner := &database{Adapter: memadapter.New(), t: t}
	a := wrap(t, newStore(t, client, withSessions()), inner)
	sessions, u := sessionsOf(t, a), &cardea.User{Name: "Ann"}
	must(t, a.CreateUser(t.Context(), u))
	must(t, sessions.CreateSession(t.Context(),
		&cardea.Session{Token: "a", UserID: u.ID, Expires: inTime(time.Hour)}))
	for range 2 {
		_, err := sessions.Session(t.Context(), "a")
		must(t, err)
	}
	if n := inner.reads.Load(); n != 1 {
		t.Fatalf("the database was asked %d times, want 1", n)
	}
	hook.on.Store(true)
	if _, err := sessions.DeleteSessions(t.Context(), u.ID, ""); err == nil {
		t.Error("the end of all sessions is not known, and no error")
	}
	must(t, sessions.DeleteSession(t.Context(), "a"))
	hook.on.Store(false)
	if s, err := sessions.Session(t.Context(), "a"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the session lives on: %v, %v", s, err)
	}
}
