package cardea

import (
	"net/http"
	"net/url"
	"time"
)

// A provider with FormPost has the visitor's browser post the callback (OAuth 2.0 Form Post
// Response Mode). That POST comes from another site, so browsers send it without the cookies of
// this one, which are SameSite=Lax: it cannot be told whose attempt it belongs to, and what it
// would set could take the place of the cookies that the browser did not show. So it is answered
// with nothing but a redirect to the GET callback, which carries the form, encrypted, in one
// parameter. That is a top-level navigation by a safe method, for which browsers send Lax cookies
// whoever has started it (RFC 6265bis § 5.2); the code and what the provider says of the person are
// in no log and no history; and no cookie needs SameSite=None.
//
// Anybody can have a form sealed, and gains nothing by it: it counts as much as the query of any
// other provider's callback, which anybody can write.
const (
	formParam  = "form"
	formMaxAge = time.Minute
	maxSealed  = 6000 // bytes; servers and proxies take URLs of some 8000
)

// fromProvider reports whether the request is such a POST. No token of this site can be in it, and
// it changes nothing.
func (v *exchange) fromProvider(t route) bool {
	client, ok := v.auth.clients[v.provider]
	return ok && client.FormPost && t.action == "callback" && t.method == http.MethodPost
}

// formSalt names the key that the form is encrypted with.
func (v *exchange) formSalt() string { return v.names.State + ".form" }

// postForm sends the browser on with the form that the provider had it post.
func (v *exchange) postForm(client *oauthClient) error {
	if err := client.checkRepeats(v.posted); err != nil {
		return err
	}
	claims := map[string]any{"provider": client.ID}
	for _, name := range client.callbackNames() {
		if v.posted.Has(name) {
			claims[formClaim+name] = v.posted.Get(name)
		}
	}
	sealed, err := v.auth.sealer.Seal(v.formSalt(), claims, v.now, formMaxAge)
	if err != nil {
		return fail(codeCallbackRoute, "seal the callback's form: %w", err)
	}
	if len(sealed) > maxSealed {
		return fail(codeInvalidCheck, "the callback's form is too long")
	}
	return v.redirect(v.callback(client.ID) + "?" + url.Values{formParam: {sealed}}.Encode())
}

// formClaim stands before the names of the form, which else could be those of the token.
const formClaim = "form."

// openForm returns the parameters that were posted.
func (v *exchange) openForm(client *oauthClient, sealed string) (url.Values, error) {
	if sealed == "" {
		return nil, fail(codeInvalidCheck, "the callback is no form, which the provider was asked for")
	}
	claims, err := v.auth.sealer.Open(v.formSalt(), sealed, v.now)
	if err != nil {
		return nil, fail(codeInvalidCheck, "the callback's form: %w", err)
	}
	if claims["provider"] != client.ID {
		return nil, fail(codeInvalidCheck, "the callback's form is of another provider")
	}
	q := url.Values{}
	for _, name := range client.callbackNames() {
		if value, ok := claims[formClaim+name].(string); ok {
			q.Set(name, value)
		}
	}
	return q, nil
}
