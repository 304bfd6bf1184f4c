package oauth

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// CodeGrant is an authorization code and what is known about it, for the hooks Exchange and
// FetchUserinfo of a [Provider]. It belongs to one call of a hook, which must not keep it.
//
// Only ClientID and RedirectURI may be logged. The JSON has no other text, and package fmt and
// loggers print no other.
type CodeGrant struct {
	// HTTP makes requests with the limits of all requests to providers: https, 10 seconds, answers
	// of at most 1 MB, no redirects, no cookies.
	HTTP *http.Client

	ClientID     string     // as in the Provider
	ClientSecret string     `json:"-"` // as in the Provider, or what ClientSecretFunc returned
	RedirectURI  string     // the callback URL of this site, as it was sent to the authorization endpoint
	Code         string     `json:"-"` // the authorization code
	Verifier     string     `json:"-"` // the PKCE code_verifier; "" with InsecureSkipPKCE
	Callback     url.Values `json:"-"` // the CallbackParams with their values, which prove nothing

	AccessToken string `json:"-"` // the access token; "" in Exchange
	Token       Claims `json:"-"` // the token answer; nil in Exchange
}

// Do sends a request with HTTP and returns the JSON object of the answer, with numbers as
// [json.Number]. If the status is not 2xx, it returns a [StatusError]. If the body is not a JSON
// object, it returns an error, which contains nothing of the body.
func (g *CodeGrant) Do(req *http.Request) (Claims, error) { return do(g.HTTP, req) }

// do is the Do of a hook's argument.
func do(client *http.Client, req *http.Request) (Claims, error) {
	resp, err := outbound.Do(client, req)
	if err != nil {
		return nil, err
	}
	if !resp.OK() {
		return nil, StatusError(resp.Status)
	}
	return outbound.Object(resp.Body)
}

// StatusError is the HTTP status of an answer that is not 2xx.
type StatusError int

// Error returns a text such as "status 403".
func (e StatusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// Refused reports whether the service refuses what was asked for, as for an application that lacks
// a permission. The same request would then be refused again.
func (e StatusError) Refused() bool { return e == http.StatusForbidden || e == http.StatusNotFound }
