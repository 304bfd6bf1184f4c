package relyingparty

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
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

// CanConfirm reports whether the provider can be asked to let a person prove again who they are.
// The answer must say when they did, so it must be an ID token, and the metadata must not lack the
// claim auth_time in a list of claims. With InsecureSkipAuthTime every provider can. A failure is
// an [Error].
func (c *Client) CanConfirm(ctx context.Context) (bool, error) {
	if c.InsecureSkipAuthTime || c.issuer == nil || c.Redirect != nil {
		return c.InsecureSkipAuthTime, nil
	}
	m, err := c.metadata(ctx)
	if err != nil {
		return false, failed(NotStarted, "%w", err)
	}
	return m.Claims == nil || slices.Contains(m.Claims, "auth_time"), nil
}

// askAgain adds to the parameters what makes a provider ask the person, although they are signed in
// there: both parameters, because there are providers that know only one (OpenID Connect Core 1.0
// § 3.1.2.1). All are the parameters with those of the URL. Other values of prompt stay.
func askAgain(all, params url.Values) {
	prompts := strings.Fields(all.Get("prompt"))
	if i := slices.Index(prompts, "none"); i >= 0 {
		prompts = slices.Delete(prompts, i, i+1)
	}
	if !slices.Contains(prompts, "login") {
		prompts = append([]string{"login"}, prompts...)
	}
	params.Set("prompt", strings.Join(prompts, " "))
	params.Set("max_age", "0")
}

// provenAt returns when the person has proven who they are, according to an ID token, and the zero
// time if it does not say so. It is not later than now.
func provenAt(idToken oauth.Claims, now time.Time) time.Time {
	at, err := strconv.ParseFloat(idToken.String("auth_time"), 64)
	if err != nil || !(at > 0) {
		return time.Time{}
	}
	if at > float64(now.Unix()) {
		return now
	}
	return time.Unix(int64(at), 0)
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
