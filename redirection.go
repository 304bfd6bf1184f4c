package cardea

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Redirection is one sign-in at a service that speaks something else than OAuth, for
// [OAuthProvider.Redirect] and [OAuthProvider.Identify]. Nothing in it may be logged.
type Redirection struct {
	// HTTP makes the calls within the bounds of all others: https, 10 seconds, answers of at most 1
	// MB, no redirects, no cookies.
	HTTP *http.Client

	ClientID     string
	ClientSecret string

	// ReturnTo is where the service must send the browser back to: the callback with the State of
	// this sign-in in its query. Only the browser that began it can use it, for one answer, within
	// 15 minutes.
	ReturnTo string
	State    string

	// Answer is what the browser has brought back beside the State, no parameter twice: unproven,
	// and maybe made by somebody else than the service. Nil in Redirect.
	Answer url.Values

	Now time.Time

	once func(proof string, until time.Time) bool
}

// Once reports whether a proof comes for the first time. It is for answers that nothing binds to
// State, so that they could be used in another browser again; until is when the proof is too old
// anyway. Other processes of the site do not know of it. In Redirect it is always false.
func (r *Redirection) Once(proof string, until time.Time) bool {
	return r.once != nil && r.once(proof, until)
}

// Do sends a request as [CodeGrant.Do] does.
func (r *Redirection) Do(req *http.Request) (Claims, error) {
	return (&CodeGrant{HTTP: r.HTTP}).Do(req)
}

func (c *oauthClient) redirection(at attempt, callback string) *Redirection {
	return &Redirection{
		HTTP: outbound.Bounded(c.http), ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		ReturnTo: callback + "?" + url.Values{"state": {at.State}}.Encode(), State: at.State, Now: c.now(),
	}
}

// depart is where the visitor's browser goes to sign in.
func (c *oauthClient) depart(ctx context.Context, at attempt, callback string) (string, error) {
	to, err := c.Redirect(ctx, c.redirection(at, callback))
	if err == nil && to == "" {
		err = errors.New("it returned no URL")
	}
	if err != nil {
		return "", applicationError(codeOAuthSignIn, "hook Redirect", err)
	}
	return to, nil
}

// finishRedirection signs in whoever the answer proves to be there.
func (v *exchange) finishRedirection(client *oauthClient, at attempt, q url.Values) error {
	ctx := v.r.Context()
	r := client.redirection(at, v.callback(client.ID))
	q.Del("state")
	r.Answer = q
	r.once = func(proof string, until time.Time) bool {
		return v.auth.spent.add("proof "+client.ID+" "+proof, v.now, until)
	}
	raw, err := client.Identify(ctx, r)
	if err == nil && raw == nil {
		err = errors.New("it returned nothing")
	}
	if err != nil {
		return applicationError(codeCallbackRoute, "hook Identify", err)
	}
	profile, err := client.describe(ctx, raw)
	if err != nil {
		return fail(codeProfileParse, "%w", err)
	}
	return v.complete(ctx, arrival{
		profile: profile, account: &Account{Type: client.Type, Provider: client.ID, ProviderAccountID: profile.ID},
		startedBy: at.User, linkByEmail: client.LinkByVerifiedEmail, callbackURL: at.CallbackURL,
	})
}

// validateRedirection reports what has no place beside Redirect and Identify.
func (p *OAuthProvider) validateRedirection(field string, f *faults) {
	if p.Redirect == nil {
		f.add(field+".Redirect", "is missing beside Identify")
	}
	if p.Identify == nil {
		f.add(field+".Identify", "is missing beside Redirect")
	}
	if p.Type != TypeOAuth {
		f.add(field+".Type", "want %q beside Redirect, have %q", TypeOAuth, p.Type)
	}
	for _, e := range []struct {
		name string
		set  bool
	}{
		{"ClientAuth", p.ClientAuth != ""}, {"AuthorizationURL", p.AuthorizationURL != ""},
		{"TokenURL", p.TokenURL != ""},
		{"RefreshURL", p.RefreshURL != ""}, {"UserinfoURL", p.UserinfoURL != ""}, {"EmailsURL", p.EmailsURL != ""},
		{"Scopes", p.Scopes != nil}, {"FormPost", p.FormPost},
		{"CallbackParams", p.CallbackParams != nil}, {"ClientSecretFunc", p.ClientSecretFunc != nil},
		{"Exchange", p.Exchange != nil},
		{"FetchUserinfo", p.FetchUserinfo != nil}, {"ClientKey", p.ClientKey != (ClientKey{})},
		{"PushAuthorization", p.PushAuthorization},
		{"DPoP", p.DPoP},
	} {
		if e.set {
			f.add(field+"."+e.name, "has no effect beside Redirect")
		}
	}
}
