package redisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/redis/go-redis/v9"
)

// sessionCache has copies of sessions with their users. The sessions themselves are in the
// database. A copy is never there for longer than Options.Sessions after it was read.
//
// The value of a session's key is one of these:
//   - a copy, encrypted for the key;
//   - a claim: somebody is reading the session from the database, and may store a copy if the claim
//     is still there then;
//   - a block: the session or its user changes, and nobody stores a copy.
//
// Whoever changes a session sets the block before the change, so a process that dies between the
// change and anything after it leaves no copy. A user has a sorted set with the keys of the copies,
// each with the time until which it may be there. A block of the user is a member too: while a slot
// of a cluster moves, a script with two keys may find only one of them.
type sessionCache struct {
	*connection
	codec *entryCodec
}

const (
	copyPrefix  = 'e'
	claimPrefix = 'c'
	blockValue  = "x"

	claimTime = 10 * time.Second // for one read of the database
	blockTime = time.Minute      // for the change of a row, and claimTime
)

// storeCopy replaces a claim by a copy.
var storeCopy = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {KEYS[1], 0} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return {KEYS[1], 1}`)

// addCopy adds the key of a copy to the set of a user, unless the user is blocked. It removes those
// that have expired. The set lives as long as its longest copy, which another instance may have
// stored with a longer Options.Sessions.
var addCopy = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZSCORE', KEYS[1], ARGV[3]) then return {KEYS[1], 0} end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {KEYS[1], 1}`)

// blockUser blocks a user, and returns the keys of the copies.
var blockUser = redis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
local keys = redis.call('ZRANGE', KEYS[1], 0, -1)
table.insert(keys, 1, KEYS[1])
return keys`)

func newSessionCache(c *connection, user any) (*sessionCache, error) {
	codec, err := newEntryCodec(user)
	if err != nil {
		return nil, fmt.Errorf("redisstore: Options.Sessions: the user entity cannot be cached: %w", err)
	}
	return &sessionCache{connection: c, codec: codec}, nil
}

// sessionKey is the key of a session. A plain hash suffices, because the tokens are random.
func (c *sessionCache) sessionKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return c.options.Prefix + "session:" + string(text[:])
}

// userKey is the key of a user's set.
func (c *sessionCache) userKey(userID string) string {
	sum := sha256.Sum256([]byte(userID))
	return c.options.Prefix + "copies:" + hex.EncodeToString(sum[:])
}

// read returns the copy of a session. If there is none, it returns a copy of what load returns, and
// stores that.
func (c *sessionCache) read(
	ctx context.Context, token string, load func() (*cardea.Session, error),
) (*cardea.Session, error) {
	if time.Now().UnixNano() < c.unused.Load() {
		return load()
	}
	key := c.sessionKey(token)
	var value []byte
	err := c.call(ctx, func(ctx context.Context) (err error) {
		value, err = c.client.Get(ctx, key).Bytes()
		return err
	})
	switch {
	case errors.Is(err, redis.Nil):
		return c.fill(ctx, key, load)
	case errors.Is(err, errAway):
		return load()
	case err != nil:
		return nil, err
	}
	if s := c.open(ctx, key, token, value); s != nil {
		return s, nil
	}
	return load()
}

// open returns the session of a value, nil if the value is no copy that can be used.
func (c *sessionCache) open(ctx context.Context, key, token string, value []byte) *cardea.Session {
	if len(value) == 0 || value[0] != copyPrefix {
		return nil
	}
	b, err := c.sealer.open(key, value)
	if err != nil {
		c.warn(ctx, "redisstore: a cached session does not belong to its key, and is not used", err)
		return nil
	}
	s, err := c.codec.decode(b)
	if err != nil || s.Token != token {
		return nil
	}
	return s
}

// fill reads a session from the database and stores a copy, unless the session or its user changes
// at the same time.
func (c *sessionCache) fill(
	ctx context.Context, key string, load func() (*cardea.Session, error),
) (*cardea.Session, error) {
	claim := string(claimPrefix) + rand.Text()
	isMine := false
	err := c.call(ctx, func(ctx context.Context) (err error) {
		isMine, err = c.client.SetNX(ctx, key, claim, claimTime).Result()
		return err
	})
	if err != nil && !errors.Is(err, errAway) {
		return nil, err
	}
	s, loadErr := load()
	if isMine && loadErr == nil && s.User != nil {
		c.store(ctx, key, claim, s)
	}
	return s, loadErr
}

// store stores a copy of a session. If it cannot, the next read tries again.
func (c *sessionCache) store(ctx context.Context, key, claim string, s *cardea.Session) {
	life := min(c.options.Sessions, time.Until(s.Expires))
	b, err := c.codec.encode(s)
	if err != nil {
		c.warn(ctx, "redisstore: a session cannot be cached", err)
		return
	}
	sealed, err := c.sealer.seal(copyPrefix, key, b)
	if err != nil || life < time.Millisecond {
		return
	}
	lives := (c.options.Sessions + claimTime).Milliseconds()
	reply, err := c.run(ctx, addCopy, c.userKey(s.UserID), key, lives, blockValue)
	if err == nil && len(reply) == 2 && reply[1] == int64(1) {
		_, _ = c.run(ctx, storeCopy, key, claim, sealed, life.Milliseconds())
	}
}

// block removes the copy of a session for a while. If it cannot, this process does not use the
// cache until the copy has expired.
func (c *sessionCache) block(ctx context.Context, token string) {
	if err := c.setBlocks(context.WithoutCancel(ctx), c.sessionKey(token)); err != nil {
		c.rest()
	}
}

// forget removes the copy of a session that has been extended.
func (c *sessionCache) forget(ctx context.Context, token string) {
	key, ctx := c.sessionKey(token), context.WithoutCancel(ctx)
	if err := c.call(ctx, func(ctx context.Context) error { return c.client.Del(ctx, key).Err() }); err != nil {
		c.rest()
	}
}

// blockUser removes the copies of all sessions of a user for a while.
func (c *sessionCache) blockUser(ctx context.Context, userID string) error {
	ctx = context.WithoutCancel(ctx) // the call is short, and half a block is none
	reply, err := c.run(ctx, blockUser, c.userKey(userID), blockTime.Milliseconds(), blockValue)
	var keys []string
	for _, member := range reply {
		if key := fmt.Sprint(member); strings.HasPrefix(key, c.options.Prefix+"session:") {
			keys = append(keys, key)
		}
	}
	if err == nil && len(keys) > 0 {
		err = c.setBlocks(ctx, keys...)
	}
	if err != nil {
		c.rest()
	}
	return err
}

func (c *sessionCache) setBlocks(ctx context.Context, keys ...string) error {
	return c.call(ctx, func(ctx context.Context) error {
		_, err := c.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, key := range keys {
				p.Set(ctx, key, blockValue, blockTime)
			}
			return nil
		})
		return err
	})
}

// rest makes this process read sessions from the database until the copies there are now have
// expired.
func (c *sessionCache) rest() { c.unused.Store(time.Now().Add(c.options.Sessions).UnixNano()) }
