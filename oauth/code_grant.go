package oauth

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// CodeGrant is an authorization code and what is known about it, for the hooks Exchange and
// FetchUserinfo of a [Provider]. It belongs to one call of a hook.
//
// Only ClientID and RedirectURI may be logged.
type CodeGrant struct {
	// HTTP makes requests within the bounds of every other request to a provider: https, 10
	// seconds, answers of at most 1 MB, no redirects, no cookies.
	HTTP *http.Client

	ClientID     string     // as in the Provider
	ClientSecret string     // as in the Provider, or what ClientSecretFunc returned
	RedirectURI  string     // the callback URL of this site, as it was sent to the authorization endpoint
	Code         string     // the authorization code
	Verifier     string     // the PKCE code_verifier; "" with InsecureSkipPKCE
	Callback     url.Values // the CallbackParams with their values; they prove nothing

	AccessToken string // the access token; "" in Exchange
	Token       Claims // the token answer; nil in Exchange
}

// Do sends a request and returns the JSON object of the answer, with numbers as [json.Number]. Any
// status but 200 is a [StatusError]. Any other body is an error, which contains nothing of it.
func (g *CodeGrant) Do(req *http.Request) (Claims, error) { return do(g.HTTP, req) }

func do(client *http.Client, req *http.Request) (Claims, error) {
	resp, err := outbound.Do(client, req)
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, StatusError(resp.Status)
	}
	return outbound.Object(resp.Body)
}

// StatusError is the HTTP status of an answer that is not 200.
type StatusError int

func (e StatusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// Refused reports whether the service refuses what was asked for, as for an application that lacks
// a permission. The same request would then be refused again.
func (e StatusError) Refused() bool { return e == http.StatusForbidden || e == http.StatusNotFound }
