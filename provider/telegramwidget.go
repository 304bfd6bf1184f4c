package provider

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

const telegramAge = 5 * time.Minute

// redirect returns the path of the application's page with the state. It passes no callback URL,
// because an attacker could replace that.
func (o TelegramOptions) redirect(_ context.Context, r *oauth.Redirection) (string, error) {
	u, err := url.Parse(r.ReturnTo)
	if err != nil {
		return "", errors.New("callback is not a URL")
	}
	u.Path, u.RawPath, u.RawQuery = o.Page, "", url.Values{"state": {r.State}}.Encode()
	return u.String(), nil
}

// telegramIdentify verifies the fields that the widget has added to the callback. Its errors do not
// quote them.
func telegramIdentify(_ context.Context, r *oauth.Redirection) (oauth.Claims, error) {
	if err := telegramCheck(r); err != nil {
		return nil, startAgain(err)
	}
	claims := oauth.Claims{}
	for name := range r.Answer {
		if name != "hash" {
			claims[name] = r.Answer.Get(name)
		}
	}
	return claims, nil
}

// telegramCheck returns why the fields are not accepted.
func telegramCheck(r *oauth.Redirection) error {
	if telegramAmbiguous(r.Answer) {
		return errors.New("a field contains a line break, or its name contains =")
	}
	hash, err := hex.DecodeString(r.Answer.Get("hash"))
	if err != nil || !hmac.Equal(hash, telegramHash(r.ClientSecret, r.Answer)) {
		return errors.New("the hash does not match the fields")
	}
	seconds, err := strconv.ParseInt(r.Answer.Get("auth_date"), 10, 64)
	if err != nil {
		return errors.New("auth_date is not a time")
	}
	if made := time.Unix(seconds, 0); r.Now.Sub(made) > telegramAge || made.Sub(r.Now) > time.Minute {
		return errors.New("auth_date is too old or in the future")
	}
	if !r.Once(hex.EncodeToString(hash), r.Now.Add(2*telegramAge)) {
		return errors.New("the fields were already used")
	}
	return nil
}

// telegramAmbiguous reports whether the fields, written as lines, could also be read as those of
// another user, with the same hash.
func telegramAmbiguous(fields url.Values) bool {
	for name := range fields {
		if strings.ContainsAny(name, "=\n") || strings.Contains(fields.Get(name), "\n") {
			return true
		}
	}
	return false
}

// telegramHash returns the HMAC of all fields except hash, sorted by name. Its key is the hash of
// the bot's token.
func telegramHash(token string, fields url.Values) []byte {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "hash" {
			lines = append(lines, name+"="+fields.Get(name))
		}
	}
	key := sha256.Sum256([]byte(token))
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(strings.Join(lines, "\n")))
	return mac.Sum(nil)
}
