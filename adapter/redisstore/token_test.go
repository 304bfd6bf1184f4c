package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
)

// reader is what the ends of JWT sessions are read and extended with.
type reader interface {
	cardea.TokenStore
	VerificationToken(ctx context.Context, identifier, token string) (*cardea.VerificationToken, error)
	ExtendVerificationToken(ctx context.Context, t *cardea.VerificationToken) error
}

func tokensOf(t testing.TB, a cardea.Adapter) reader {
	t.Helper()
	tokens, ok := feature.StoreOf[reader](a)
	if !ok {
		t.Fatalf("%T has no such tokens", a)
	}
	return tokens
}

// inTime is an expiry with microseconds, which the end of all sessions of a user needs.
func inTime(d time.Duration) time.Time { return time.Now().Add(d).Truncate(time.Microsecond).UTC() }

// Of concurrent callers in two processes exactly one creates a token, and exactly one consumes it.
func TestTokenIsUsedOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := options()
			one := tokensOf(t, wrap(t, newStore(t, e.client(t), o), memadapter.New()))
			two := tokensOf(t, wrap(t, newStore(t, e.client(t), o), memadapter.New()))
			for round := range 5 {
				row := cardea.VerificationToken{
					Identifier: "once:idp", Token: fmt.Sprint(round), Expires: inTime(time.Hour),
				}
				created := winners(t, cardea.ErrConflict, func(i int) error {
					return []reader{one, two}[i%2].CreateVerificationToken(t.Context(), &row)
				})
				consumed := winners(t, cardea.ErrNotFound, func(i int) error {
					got, err := []reader{one, two}[i%2].ConsumeVerificationToken(t.Context(), row.Identifier, row.Token)
					if err == nil && *got != row {
						t.Errorf("consumed %+v, want %+v", *got, row)
					}
					return err
				})
				if created != 1 || consumed != 1 {
					t.Fatalf("%d created and %d consumed the token, want 1", created, consumed)
				}
			}
		})
	}
}

// winners makes 20 calls at once, and returns how many succeeded. The others must get that error.
func winners(t *testing.T, other error, call func(i int) error) int32 {
	t.Helper()
	var n atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := call(i); err == nil {
				n.Add(1)
			} else if !errors.Is(err, other) {
				t.Errorf("got %v, want %v", err, other)
			}
		})
	}
	all.Wait()
	return n.Load()
}

func TestTokenIsReadAndExtended(t *testing.T) {
	t.Parallel()
	tokens := tokensOf(t, wrap(t, newStore(t, redisEngine.client(t), options()), memadapter.New()))
	ctx, row := t.Context(), cardea.VerificationToken{Identifier: "cut:", Token: "a"}
	if _, err := tokens.VerificationToken(ctx, "cut:", "a"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("no token: %v", err)
	}
	latest := inTime(3 * time.Hour)
	for _, d := range []time.Duration{time.Hour, 3 * time.Hour, 2 * time.Hour} {
		row.Expires = inTime(d)
		if d == 3*time.Hour {
			row.Expires = latest
		}
		must(t, tokens.ExtendVerificationToken(ctx, &row))
	}
	for range 2 {
		got, err := tokens.VerificationToken(ctx, "cut:", "a")
		must(t, err)
		if !got.Expires.Equal(latest) || got.Expires.Location() != time.UTC {
			t.Errorf("expires at %v, want %v", got.Expires, latest)
		}
	}
	if _, err := tokens.VerificationToken(ctx, "signout:", "a"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the token of another identifier: %v", err)
	}
}

// A key lives as long as its token, and a minute more for clocks that do not agree.
func TestKeysExpire(t *testing.T) {
	t.Parallel()
	o, client := options(), redisEngine.client(t)
	store := newStore(t, client, o)
	tokens := tokensOf(t, wrap(t, store, memadapter.New()))
	must(t, tokens.CreateVerificationToken(t.Context(),
		&cardea.VerificationToken{Identifier: "flow:idp", Token: "a", Expires: inTime(10 * time.Minute)}))
	must(t, tokens.CreateVerificationToken(t.Context(),
		&cardea.VerificationToken{Identifier: "flow:idp", Token: "old", Expires: inTime(-time.Hour)}))
	takes(t, store, "a", once)
	keys, err := client.Keys(t.Context(), o.Prefix+"*").Result()
	must(t, err)
	if len(keys) != 3 {
		t.Errorf("%d keys, want 3", len(keys))
	}
	for _, key := range keys {
		life, err := client.PTTL(t.Context(), key).Result()
		must(t, err)
		if life <= 0 || life > time.Hour {
			t.Errorf("key %s lives for %v", key, life)
		}
	}
}

// Only what is not part of a transaction is in Redis.
func TestMailsStayInTheAdapter(t *testing.T) {
	t.Parallel()
	o, client := options(), redisEngine.client(t)
	inner := memadapter.New()
	tokens := tokensOf(t, wrap(t, newStore(t, client, o), inner))
	for _, identifier := range []string{"ann@example.com", "refresh:idp", "reset:1", "flow", "on ce:"} {
		inRedis := identifier == "flow"
		row := cardea.VerificationToken{Identifier: identifier, Token: identifier, Expires: inTime(time.Hour)}
		must(t, tokens.CreateVerificationToken(t.Context(), &row))
		_, err := inner.ConsumeVerificationToken(t.Context(), identifier, identifier)
		if (err != nil) != inRedis {
			t.Errorf("%s: %v", identifier, err)
		}
	}
	if _, err := tokens.DeleteVerificationTokens(t.Context(), "once:idp"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("deleted tokens that cannot be listed: %v", err)
	}
}
