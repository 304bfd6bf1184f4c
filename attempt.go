package cardea

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
)

// attempt is one try to sign in at a provider, between the click and the callback. It lives
// encrypted in a cookie of its own, so that two tabs can be at it at once, and is good for one
// callback of one provider in one browser (RFC 9700 § 4.7.1).
type attempt struct {
	ID          string // names the cookie, and begins the state
	Provider    string
	State       string
	Verifier    string // PKCE; "" where the provider cannot
	Nonce       string // OIDC only, and "" where the provider cannot
	CallbackURL string
	User        string // who was signed in when it began; "" for nobody
}

const (
	attemptMaxAge = 15 * time.Minute
	maxAttempts   = 5 // in one browser at once
	attemptID     = 21
)

func newAttempt(p *OAuthProvider, callbackURL, user string, now time.Time) attempt {
	id := fmt.Sprintf("%011x%s", now.UnixMilli(), rand.Text()[:attemptID-11])
	at := attempt{ID: id, Provider: p.ID, State: newState(id), CallbackURL: callbackURL, User: user}
	if !p.InsecureSkipPKCE {
		at.Verifier = random()
	}
	if p.Type == TypeOIDC && !p.InsecureSkipNonce {
		at.Nonce = random()
	}
	return at
}

// newState returns 73 letters and digits: LINE and WeChat take nothing else, and WeChat no more
// than 128.
func newState(id string) string { return id + rand.Text() + rand.Text() }

// random is 256 bits as text that needs no escaping anywhere: 43 characters.
func random() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// keepAttempt sets the attempt's cookie. Of the attempts that the browser has already, the oldest
// make room: their ids begin with the time.
func (v *exchange) keepAttempt(at attempt) error {
	prefix := v.names.State + "."
	others := v.jar.WithPrefix(prefix)
	slices.Sort(others)
	for len(others) >= maxAttempts {
		v.jar.Clear(others[0])
		others = others[1:]
	}
	token, err := v.auth.sealer.Seal(v.names.State, map[string]any{
		"value": at.State, "provider": at.Provider, "verifier": at.Verifier, "nonce": at.Nonce,
		"callbackUrl": at.CallbackURL, "user": at.User,
	}, v.now, attemptMaxAge)
	if err != nil {
		return fail(codeOAuthSignIn, "seal the attempt: %w", err)
	}
	err = v.jar.Set(cookie.Cookie{
		Name: prefix + at.ID, Value: token, MaxAge: int(attemptMaxAge.Seconds()), Expires: v.now.Add(attemptMaxAge),
	})
	if err != nil {
		return fail(codeOAuthSignIn, "keep the attempt: %w", err)
	}
	return nil
}

// takeAttempt returns the attempt to which a state belongs. It can be taken once: the browser is
// told to forget it, and this process refuses a copy of it.
func (v *exchange) takeAttempt(provider, state string) (attempt, error) {
	if len(state) <= attemptID {
		return attempt{}, fail(codeInvalidCheck, "the callback's state is not one of ours")
	}
	id := state[:attemptID]
	name := v.names.State + "." + id
	token := v.jar.Get(name)
	if token == "" {
		return attempt{}, fail(codeInvalidCheck,
			"the browser has no cookie of this attempt: it was another browser, took more than %v, or is over",
			attemptMaxAge)
	}
	v.jar.Clear(name)
	claims, err := v.auth.sealer.Open(v.names.State, token, v.now)
	if err != nil {
		return attempt{}, fail(codeInvalidCheck, "the cookie of this attempt: %w", err)
	}
	c := Claims(claims)
	at := attempt{
		ID: id, Provider: c.String("provider"), State: c.String("value"), Verifier: c.String("verifier"),
		Nonce:       c.String("nonce"),
		CallbackURL: c.String("callbackUrl"), User: c.String("user"),
	}
	switch {
	case !equal(at.State, state):
		return attempt{}, fail(codeInvalidCheck, "the callback's state is not the attempt's")
	case at.Provider != provider:
		return attempt{}, fail(codeInvalidCheck, "the attempt was for the provider %q", at.Provider)
	case !v.auth.spent.add(id, v.now, v.now.Add(attemptMaxAge)):
		return attempt{}, fail(codeInvalidCheck, "the attempt was used already")
	}
	return at, nil
}
