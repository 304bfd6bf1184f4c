package redisstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/redis/go-redis/v9"
)

// tokens is the [cardea.TokenStore]. What was used, and the ends of JWT sessions, are in Redis.
// Other tokens are in the adapter: mails belong to the transaction of a sign-in, and the lock of a
// refresh token to the account that it protects.
//
// The value of a key is the expiry of the token, in microseconds since 1970, and the key.
type tokens struct {
	*connection
	inner cardea.TokenStore
}

// inRedis reports whether the tokens of an identifier are in Redis.
func inRedis(identifier string) bool {
	kind, _, _ := strings.Cut(identifier, ":")
	switch kind {
	case "flow", "once", "signout", "cut":
		return true
	}
	return false
}

// keepLonger is how long a token stays after it has expired, for clocks that do not agree.
const keepLonger = time.Minute

var createToken = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return {KEYS[1], 0} end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. KEYS[1], 'PX', ARGV[2])
return {KEYS[1], 1}`)

var extendToken = redis.NewScript(`
local expires = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^%d+')) or 0
if expires < tonumber(ARGV[1]) then
	redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. KEYS[1], 'PX', ARGV[2])
end
return {KEYS[1]}`)

var consumeToken = redis.NewScript(`
local expires = string.match(redis.call('GET', KEYS[1]) or '', '^%d+') or ''
redis.call('DEL', KEYS[1])
return {KEYS[1], expires}`)

// CreateVerificationToken adds t. What is in Redis stays there if the transaction of ctx is undone:
// what was used stays used.
func (s tokens) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	if !inRedis(t.Identifier) {
		return s.inner.CreateVerificationToken(ctx, t)
	}
	reply, err := s.run(ctx, createToken, s.tokenKey(t.Identifier, t.Token), t.Expires.UnixMicro(), lifeOf(t))
	if err == nil && (len(reply) != 2 || reply[1] != int64(1)) {
		err = cardea.ErrConflict
	}
	return tokenError("remember what was used", err)
}

// ExtendVerificationToken adds t. If the token exists with an earlier expiry, it gets that of t.
func (s tokens) ExtendVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	if !inRedis(t.Identifier) {
		return errNotInRedis
	}
	_, err := s.run(ctx, extendToken, s.tokenKey(t.Identifier, t.Token), t.Expires.UnixMicro(), lifeOf(t))
	return tokenError("remember what has ended", err)
}

// VerificationToken returns the token and leaves it.
func (s tokens) VerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	if !inRedis(identifier) {
		return nil, errNotInRedis
	}
	key, value := s.tokenKey(identifier, token), ""
	err := s.call(ctx, func(ctx context.Context) (err error) {
		value, err = s.client.Get(ctx, key).Result()
		return err
	})
	if err != nil {
		return nil, tokenError("read what has ended", err)
	}
	expires, of, _ := strings.Cut(value, " ")
	if !s.isKey(ctx, key, of) {
		return nil, tokenError("read what has ended", errOtherKey)
	}
	return newToken(identifier, token, expires)
}

// ConsumeVerificationToken deletes the token and returns it. What was in Redis stays deleted if the
// transaction of ctx is undone.
func (s tokens) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	if !inRedis(identifier) {
		return s.inner.ConsumeVerificationToken(ctx, identifier, token)
	}
	reply, err := s.run(ctx, consumeToken, s.tokenKey(identifier, token))
	if err == nil && (len(reply) != 2 || reply[1] == "") {
		err = cardea.ErrNotFound
	}
	if err != nil {
		return nil, tokenError("consume a token", err)
	}
	return newToken(identifier, token, fmt.Sprint(reply[1]))
}

// DeleteVerificationTokens deletes the tokens of that identifier in the adapter. Those in Redis
// cannot be listed, and expire by themselves.
func (s tokens) DeleteVerificationTokens(ctx context.Context, identifier string) (int, error) {
	if inRedis(identifier) {
		return 0, errNotInRedis
	}
	return s.inner.DeleteVerificationTokens(ctx, identifier)
}

// DeleteExpiredVerificationTokens deletes expired tokens in the adapter. Those in Redis expire by
// themselves.
func (s tokens) DeleteExpiredVerificationTokens(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.inner.DeleteExpiredVerificationTokens(ctx, before, limit)
}

func (s tokens) tokenKey(identifier, token string) string {
	sum := sha256.Sum256([]byte(identifier + "\x00" + token))
	return s.options.Prefix + "token:" + hex.EncodeToString(sum[:])
}

// lifeOf is how long the key of a token lives, in milliseconds.
func lifeOf(t *cardea.VerificationToken) int64 {
	return (min(max(time.Until(t.Expires), 0), longest) + keepLonger).Milliseconds()
}

func newToken(identifier, token, expires string) (*cardea.VerificationToken, error) {
	micros, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return nil, errors.New("redisstore: a token has no expiry that can be read")
	}
	return &cardea.VerificationToken{
		Identifier: identifier, Token: token, Expires: time.UnixMicro(micros).UTC(),
	}, nil
}

var errNotInRedis = fmt.Errorf("redisstore: tokens of this kind: %w", errors.ErrUnsupported)

func tokenError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, redis.Nil):
		err = cardea.ErrNotFound
	}
	return fmt.Errorf("%s: %w", op, err)
}
