package cardea

import (
	"maps"
	"net/url"
	"slices"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// getCallback finishes a sign-in at a provider, step by step.
func (v *exchange) getCallback() error {
	if m, ok := v.auth.mailers[v.provider]; ok {
		return v.getMailCallback(m)
	}
	ctx := v.r.Context()
	client, ok := v.auth.clients[v.provider]
	if !ok {
		return fail(CodeConfiguration, "no provider has this id; Config.Providers has %q", v.auth.ids())
	}
	q, err := v.callbackParams(client)
	if err != nil {
		return err
	}

	// Whatever the answer says, it counts only if this browser asked for it, and asked this server
	// (RFC 9207 § 2.4).
	at, err := v.takeAttempt(client.ID, q.Get("state"))
	if err != nil {
		return err
	}
	if client.Identify != nil {
		return v.finishRedirection(client, at, q)
	}
	m, err := client.metadata(ctx)
	if err != nil {
		return fail(codeCallbackRoute, "%w", err)
	}
	if err := client.checkIssuer(m, q.Get("iss"), q.Has("iss")); err != nil {
		return err
	}
	if q.Has("error") {
		return fail(CodeOAuthCallback, "the provider answered with the error %q", oauth2.Printable(q.Get("error")))
	}
	if q.Get(client.codeParam()) == "" {
		return fail(codeInvalidCheck, "the callback has no code")
	}

	profile, account, err := client.identify(ctx, m, at, q, v.callback(client.ID))
	if err != nil {
		return err
	}
	return v.complete(ctx, arrival{
		profile: profile, account: account, startedBy: at.User, linkByEmail: client.LinkByVerifiedEmail,
		callbackURL: at.CallbackURL,
	})
}

// callbackParams are the parameters with which the provider sent the visitor back.
func (v *exchange) callbackParams(client *oauthClient) (url.Values, error) {
	q, err := url.ParseQuery(v.r.URL.RawQuery)
	if err != nil {
		return nil, fail(codeInvalidCheck, "the callback's query is malformed")
	}
	if client.FormPost {
		if q, err = v.openForm(client, q.Get(formParam)); err != nil {
			return nil, err
		}
	}
	return q, client.checkRepeats(q)
}

// checkRepeats refuses an answer that two readers could read differently (RFC 6749 § 3.1).
func (c *oauthClient) checkRepeats(q url.Values) error {
	names := c.callbackNames()
	if c.Identify != nil {
		names = slices.Collect(maps.Keys(q)) // any of them may have a meaning
	}
	for _, name := range names {
		if len(q[name]) > 1 {
			return fail(codeInvalidCheck, "the callback has more than one %s", oauth2.Printable(name))
		}
	}
	return nil
}

// callbackNames are the parameters of a callback that have a meaning here.
func (c *oauthClient) callbackNames() []string {
	return slices.Concat(callbackParams, []string{c.codeParam()}, c.CallbackParams)
}
