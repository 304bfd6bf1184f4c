package relyingparty

import (
	"net/url"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// AuthTime is the earliest auth_time that an ID token may have, in seconds since 1970 as decimal
// digits. It is "" if max_age was not sent.
type AuthTime string

// authTimeLeeway is the difference that the clocks of provider and site may have.
const authTimeLeeway = 30 * time.Second

// authTime returns what max_age demands (OpenID Connect Core 1.0 § 3.1.2.1). The age counts from
// the authorization request: a visitor may take long to type a password and to consent.
func (c *Client) authTime(params url.Values) AuthTime {
	if c.issuer == nil || !params.Has("max_age") {
		return ""
	}
	age, err := maxAge(params.Get("max_age"))
	if err != nil {
		return ""
	}
	return AuthTime(strconv.FormatInt(c.now().Add(-age-authTimeLeeway).Unix(), 10))
}

// check checks that a person has proven who they are after t (§ 3.1.3.7, step 13). With max_age,
// the ID token must contain auth_time (§ 2).
func (t AuthTime) check(c oauth.Claims) error {
	if t == "" {
		return nil
	}
	since, err := strconv.ParseFloat(string(t), 64)
	if err != nil {
		return failed(CheckFailed, "the state of the flow has a malformed auth_time")
	}
	at, err := strconv.ParseFloat(c.String("auth_time"), 64)
	switch {
	case err != nil:
		return failed(NotAllowed, "auth_time: missing, although max_age was sent (OpenID Connect Core 1.0 § 2)")
	case !(at >= since): // also refuses NaN
		return failed(NotAllowed, "auth_time: longer ago than the max_age that was sent")
	}
	return nil
}

// maxAge parses a max_age.
func maxAge(s string) (time.Duration, error) {
	seconds, err := strconv.ParseUint(s, 10, 31)
	return time.Duration(seconds) * time.Second, err
}
