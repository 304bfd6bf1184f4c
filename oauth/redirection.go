package oauth

import (
	"net/http"
	"net/url"
	"time"
)

// Redirection is one sign-in at a service that does not speak OAuth, for the hooks Redirect and
// Identify of a [Provider]. It belongs to one call of a hook, which must not keep it. Nothing in it
// may be logged but ClientID: the JSON has no other text, and package fmt and loggers print no
// other.
type Redirection struct {
	// HTTP makes requests with the limits of all requests to providers: https, 10 seconds, answers
	// of at most 1 MB, no redirects, no cookies.
	HTTP *http.Client

	ClientID     string // as in the Provider
	ClientSecret string `json:"-"` // as in the Provider

	// ReturnTo is the URL to which the service must send the browser back: the callback URL with
	// State in its query. It works once, within 15 minutes, in the browser that began the sign-in.
	ReturnTo string `json:"-"`

	// State is the unguessable value of this sign-in, 73 letters and digits.
	State string `json:"-"`

	// Answer is what the browser brought back besides the State, each parameter once. It proves
	// nothing yet, because anybody can write it. It is nil in Redirect.
	Answer url.Values `json:"-"`

	// Now is the time of the request.
	Now time.Time

	// Once reports whether this is the first call with that proof. Call it for answers that are not
	// bound to State, because somebody could use them again in another browser.
	//
	// Once remembers the proof until the given time. After that time Identify must refuse the proof
	// as too old. Other processes of the site know about the proof if the adapter is a
	// cardea.TokenStore. If the store is unavailable, Once returns false and the sign-in fails with
	// 503. In Redirect, Once always returns false.
	Once func(proof string, until time.Time) bool
}

// Do sends a request as [CodeGrant.Do] does.
func (r *Redirection) Do(req *http.Request) (Claims, error) { return do(r.HTTP, req) }
