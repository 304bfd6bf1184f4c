package cardea

import (
	"net/url"

	"github.com/cardea-auth/cardea/internal/oauth"
)

// getCallback finishes a sign-in at a provider, step by step.
func (v *visit) getCallback() error {
	if m, ok := v.auth.mailers[v.provider]; ok {
		return v.getMailCallback(m)
	}
	ctx := v.r.Context()
	client, ok := v.auth.clients[v.provider]
	if !ok {
		return fail(Configuration, "no provider has this id; Config.Providers has %q", v.auth.ids())
	}
	q, err := url.ParseQuery(v.r.URL.RawQuery)
	if err != nil {
		return fail(invalidCheck, "the callback's query is malformed")
	}
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(q[name]) > 1 { // RFC 6749 § 3.1
			return fail(invalidCheck, "the callback has more than one %s", name)
		}
	}

	// Whatever the answer says, it counts only if this browser asked for it, and asked this server (RFC 9207 § 2.4).
	at, err := v.takeAttempt(client.ID, q.Get("state"))
	if err != nil {
		return err
	}
	m, err := client.metadata(ctx)
	if err != nil {
		return fail(callbackRouteError, "%w", err)
	}
	if err := client.checkIssuer(m, q.Get("iss"), q.Has("iss")); err != nil {
		return err
	}
	if q.Has("error") {
		return fail(OAuthCallbackError, "the provider answered with the error %q", oauth.Code(q.Get("error")))
	}
	if q.Get("code") == "" {
		return fail(invalidCheck, "the callback has no code")
	}

	profile, account, err := client.identify(ctx, m, at, q.Get("code"), v.callback(client.ID))
	if err != nil {
		return err
	}
	return v.complete(ctx, arrival{
		profile: profile, account: account, startedBy: at.User, linkByEmail: client.LinkByVerifiedEmail, callbackURL: at.CallbackURL,
	})
}
