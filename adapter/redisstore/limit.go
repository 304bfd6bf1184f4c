package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea/ratelimit"
	"github.com/redis/go-redis/v9"
)

// limits is the [ratelimit.Store]. The value of a key is the time at which all its events will have
// been paid for, in microseconds since 1970, and the key.
type limits struct {
	*connection
}

// longest is how long an event counts at most. Sums of such times are exact in Lua, whose numbers
// are floats of 53 bits.
const longest = 50 * 365 * 24 * time.Hour

// takeLimit is the generic cell rate algorithm, with the clock of Redis. A time that no events can
// have led to, because the clock went back or the limit was another, does not count.
var takeLimit = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local paid = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^%d+')) or now
if paid < now or paid - now > 2 * burst then paid = now end
local wait = paid + interval - now - burst
if wait > 0 then return {KEYS[1], 0, string.format('%.0f', wait)} end
paid = paid + interval
redis.call('SET', KEYS[1], string.format('%.0f ', paid) .. KEYS[1], 'PX', math.ceil((paid - now) / 1000))
return {KEYS[1], 1, '0'}`)

var giveLimit = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local paid = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^%d+')) or now
paid = paid - tonumber(ARGV[1])
if paid <= now then
	redis.call('DEL', KEYS[1])
else
	redis.call('SET', KEYS[1], string.format('%.0f ', paid) .. KEYS[1], 'PX', math.ceil((paid - now) / 1000))
end
return {KEYS[1]}`)

// TakeLimit counts one event of the key if the limit allows it. Otherwise it returns how long it
// takes until the limit allows one. It uses the clock of Redis. An event counts for 50 years at
// most.
//
// If Redis is away, the error wraps [errors.ErrUnsupported], so that the process counts in its
// memory.
func (l limits) TakeLimit(
	ctx context.Context, key string, limit ratelimit.Rate, _ time.Time,
) (ok bool, retry time.Duration, err error) {
	interval := intervalOf(limit)
	if interval == 0 {
		return true, 0, nil
	}
	key = l.limitKey(key)
	reply, err := l.run(ctx, takeLimit, key, interval, interval*int64(limit.Count))
	if err != nil || len(reply) != 3 {
		return false, 0, l.unsupported("count for a limit", err)
	}
	wait, err := strconv.ParseInt(fmt.Sprint(reply[2]), 10, 64)
	if err != nil {
		return false, 0, l.unsupported("count for a limit", err)
	}
	return reply[1] == int64(1), time.Duration(wait) * time.Microsecond, nil
}

// GiveLimit takes back one event of the key. It does nothing if the key is unknown.
func (l limits) GiveLimit(ctx context.Context, key string, limit ratelimit.Rate) error {
	_, err := l.run(ctx, giveLimit, l.limitKey(key), intervalOf(limit))
	return l.unsupported("take back an event of a limit", err)
}

// ResetLimit forgets the events of the key.
func (l limits) ResetLimit(ctx context.Context, key string) error {
	err := l.call(ctx, func(ctx context.Context) error { return l.client.Del(ctx, l.limitKey(key)).Err() })
	return l.unsupported("reset a limit", err)
}

// DeleteExpiredLimits deletes nothing, because keys expire by themselves. The error wraps
// [errors.ErrUnsupported].
func (l limits) DeleteExpiredLimits(ctx context.Context, _ time.Time, _ int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("redisstore: counts expire by themselves: %w", errors.ErrUnsupported)
}

func (l limits) limitKey(key string) string { return l.options.Prefix + "limit:" + key }

// unsupported describes an error. If Redis is away, the process counts in its memory.
func (l limits) unsupported(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errAway):
		return fmt.Errorf("%s: %w: %w", op, err, errors.ErrUnsupported)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// intervalOf is the time that pays for one event, in microseconds.
func intervalOf(r ratelimit.Rate) int64 {
	return (min(r.Within, longest) / time.Duration(r.Count)).Microseconds()
}
