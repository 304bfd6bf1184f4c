package oauth

import (
	"net/http"
	"net/url"
	"time"
)

// Redirection is one sign-in at a service that does not speak OAuth, for the hooks Redirect and
// Identify of a [Provider]. It belongs to one call of a hook. Nothing in it may be logged.
type Redirection struct {
	// HTTP makes requests within the bounds of every other request to a provider: https, 10
	// seconds, answers of at most 1 MB, no redirects, no cookies.
	HTTP *http.Client

	ClientID     string // as in the Provider
	ClientSecret string // as in the Provider

	// ReturnTo is the URL to which the service must send the browser back: the callback URL with
	// State in its query. Only the browser that began the sign-in can use it, for one answer,
	// within 15 minutes.
	ReturnTo string

	// State is the unguessable value of this sign-in, 73 letters and digits.
	State string

	// Answer is what the browser brought back besides the State, each parameter once. It proves
	// nothing yet, and may come from somebody else than the service. Nil in Redirect.
	Answer url.Values

	// Now is the time of the request.
	Now time.Time

	// Once reports whether a proof comes for the first time. Call it for answers that are not bound
	// to State, because they could be used again in another browser.
	//
	// The proof is remembered until the given time, after which the hook must refuse it as too old.
	// Other processes of the site do not know about it. In Redirect it always returns false.
	Once func(proof string, until time.Time) bool
}

// Do sends a request as [CodeGrant.Do] does.
func (r *Redirection) Do(req *http.Request) (Claims, error) { return do(r.HTTP, req) }
