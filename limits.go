package cardea

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/expiring"
	"github.com/cardea-auth/cardea/ratelimit"
)

func limitsWithDefaults(l ratelimit.Config) ratelimit.Config {
	l.Address = cmp.Or(l.Address, ratelimit.Rate{Count: 20, Within: 24 * time.Hour})
	l.Client = cmp.Or(l.Client, ratelimit.Rate{Count: 60, Within: time.Hour})
	l.Site = cmp.Or(l.Site, ratelimit.Rate{Count: 1000, Within: time.Hour})
	l.Mail = cmp.Or(l.Mail, ratelimit.Rate{Count: 5, Within: time.Hour})
	l.MailClient = cmp.Or(l.MailClient, ratelimit.Rate{Count: 60, Within: time.Hour})
	l.Account = cmp.Or(l.Account, ratelimit.Rate{Count: 10, Within: 15 * time.Minute})
	l.AccountClient = cmp.Or(l.AccountClient, ratelimit.Rate{Count: 5, Within: 15 * time.Minute})
	return l
}

func validateLimits(l ratelimit.Config, faults *configerr.List) {
	for _, f := range []struct {
		name  string
		limit ratelimit.Rate
	}{
		{"Address", l.Address}, {"Client", l.Client}, {"Site", l.Site}, {"Mail", l.Mail},
		{"MailClient", l.MailClient}, {"Account", l.Account}, {"AccountClient", l.AccountClient},
	} {
		validateRate(f.limit, "Limits."+f.name, faults)
	}
}

func validateRate(l ratelimit.Rate, field string, faults *configerr.List) {
	if l.Count < 1 || l.Within <= 0 {
		faults.Add(field, "want a count and a time above zero, have %d within %v", l.Count, l.Within)
	}
}

// times returns the limit with n times as many events.
func times(l ratelimit.Rate, n int) ratelimit.Rate {
	return ratelimit.Rate{Count: n * min(l.Count, math.MaxInt/n), Within: l.Within}
}

// budget is what may still happen for one subject.
type budget struct {
	setting string // the field that sets the limit, for the log
	subject string // an account or a client, "" for the whole site
	limit   ratelimit.Rate
}

// counter counts events in the store of the site or, if there is none, in memory.
type counter struct {
	store   ratelimit.Store // nil for memory
	memory  expiring.Limiter
	secret  string
	log     *slog.Logger
	warning sync.Once        // that the store has no place for counts
	logged  expiring.Limiter // what strangers make the log say; always of this process
}

func newCounter(c *Config) *counter {
	store := c.Limits.Store
	if store == nil {
		store, _ = feature.StoreOf[ratelimit.Store](c.Adapter)
	}
	return &counter{store: store, secret: c.Secret, log: c.Logger}
}

// key is the key of a budget in the store. It contains nothing about a person that can be read or,
// without the secret of the site, guessed.
func (c *counter) key(b budget) string {
	mac := hmac.New(sha256.New, []byte(c.secret))
	mac.Write([]byte("limit\x00" + b.setting + "\x00" + b.subject))
	return hex.EncodeToString(mac.Sum(nil))
}

// take counts one event in each budget, in their order. If one does not allow it, take returns an
// Error with CodeRateLimited, and does not count in the budgets that follow. So budgets of the
// client come first: a client that has used up its own does not use up those of other people.
func (c *counter) take(ctx context.Context, now time.Time, budgets ...budget) error {
	for _, b := range budgets {
		if isUnlimited(b.limit) {
			continue
		}
		ok, retry, err := c.takeOne(ctx, c.key(b), b.limit, now)
		if err != nil {
			return storeError("count for a limit", err)
		}
		if !ok {
			failure := fail(CodeRateLimited, "the limit %s of %d within %v is used up", b.setting, b.limit.Count,
				b.limit.Within)
			failure.RetryAfter = retry
			return failure
		}
	}
	return nil
}

func (c *counter) takeOne(
	ctx context.Context, key string, l ratelimit.Rate, now time.Time,
) (bool, time.Duration, error) {
	if c.store != nil {
		ok, retry, err := c.store.TakeLimit(ctx, key, l, now)
		if !c.isWithoutPlace(ctx, err) {
			return ok, retry, err
		}
	}
	ok, retry := c.memory.Take(key, expiring.Rate(l), now)
	return ok, retry, nil
}

// give takes back the event in each budget, because it was no failure. If the store is unavailable
// now, the event stays counted: the visitor has done what they came for.
func (c *counter) give(ctx context.Context, budgets ...budget) {
	ctx = context.WithoutCancel(ctx)
	for _, b := range budgets {
		if isUnlimited(b.limit) {
			continue
		}
		key := c.key(b)
		if c.store != nil {
			err := c.store.GiveLimit(ctx, key, b.limit)
			if err == nil {
				continue
			}
			if !c.isWithoutPlace(ctx, err) {
				c.log.WarnContext(ctx, "cardea: a successful sign-in still counts as a failure", "limit", b.setting,
					"cause", err)
				return
			}
		}
		c.memory.Give(key, expiring.Rate(b.limit))
	}
}

// reset forgets all events of a budget. A failure of the store is only logged, as in give.
func (c *counter) reset(ctx context.Context, b budget) {
	if isUnlimited(b.limit) {
		return
	}
	ctx, key := context.WithoutCancel(ctx), c.key(b)
	if c.store != nil {
		err := c.store.ResetLimit(ctx, key)
		if err == nil {
			return
		}
		if !c.isWithoutPlace(ctx, err) {
			c.log.WarnContext(ctx, "cardea: failures before a successful sign-in still count", "limit", b.setting,
				"cause", err)
			return
		}
	}
	c.memory.Reset(key)
}

// isWithoutPlace reports whether the store cannot count at all. It says so once in the log.
func (c *counter) isWithoutPlace(ctx context.Context, err error) bool {
	if !errors.Is(err, errors.ErrUnsupported) {
		return false
	}
	c.warning.Do(func() {
		c.log.WarnContext(ctx, "cardea: limits are counted in the memory of this process, not in the store",
			"cause", err)
	})
	return true
}

// warnOfMemory says in the log that the limits are those of one process, if that may matter.
func (c *counter) warnOfMemory(isLocal bool) {
	if c.store == nil && !isLocal {
		c.log.Warn("cardea: limits are counted in the memory of this process: a restart resets them, and several " +
			"processes multiply them; use an adapter that is a ratelimit.Store, or set Config.Limits.Store")
	}
}

// mayLog reports whether this process may log one more thing of a kind that strangers can cause.
func (c *counter) mayLog(kind string, limit ratelimit.Rate, now time.Time) bool {
	ok, _ := c.logged.Take(kind, expiring.Rate(limit), now)
	return ok
}
