package cardea

import (
	"net/url"
	"time"
)

// A provider with FormPost has the visitor's browser post the callback (OAuth 2.0 Form Post
// Response Mode). That POST comes from another site, so browsers send it without this site's
// cookies, which are SameSite=Lax. The answer cannot know which flow the POST belongs to, and a
// cookie that it sets could replace one that the browser did not send.
//
// So the answer is only a redirect to the GET callback, with the form, encrypted, in one parameter.
// That is a top-level navigation by a safe method, for which browsers send Lax cookies even if
// another site has started it (RFC 6265bis § 5.2). Because the form is encrypted, no log and no
// history contains the code or what the provider says about the person. No cookie needs
// SameSite=None.
//
// Anybody can make this site encrypt a form, but gains nothing: the encrypted form proves no more
// than the query of any other provider's callback, which anybody can write.
const (
	formParam  = "form"
	formMaxAge = time.Minute
	maxSealed  = 6000 // bytes; servers and proxies accept URLs of some 8000

	// formClaim is the prefix of the parameters among the claims of the token. Without it a
	// parameter could be taken for a claim such as exp.
	formClaim = "form."
)

// formSalt is the salt from which the key of the form is derived.
func (e *exchange) formSalt() string { return e.names.State + ".form" }

// postCallback redirects the browser to the GET callback, with the form that the provider's page
// posted.
func (m *oauthMethod) postCallback(e *exchange) error {
	if !m.FormPost {
		return e.auth.methods.unknown()
	}
	if err := m.client.CheckRepeats(e.formValues); err != nil {
		return providerError(err)
	}
	claims := map[string]any{"provider": m.ID}
	for _, name := range m.client.ParamNames() {
		if e.formValues.Has(name) {
			claims[formClaim+name] = e.formValues.Get(name)
		}
	}
	sealed, err := e.auth.sealer.Seal(e.formSalt(), claims, e.now, formMaxAge)
	if err != nil {
		return fail(codeCallbackRoute, "encrypt the callback's form: %w", err)
	}
	if len(sealed) > maxSealed {
		return fail(CodeInvalidCheck, "the callback's form is too long")
	}
	return e.redirect(e.callbackEndpoint(m.ID) + "?" + url.Values{formParam: {sealed}}.Encode())
}

// openForm decrypts the form and returns its parameters.
func (m *oauthMethod) openForm(e *exchange, sealed string) (url.Values, error) {
	if sealed == "" {
		return nil, noFlow("", "the callback is not a form, and FormPost asks the provider for one")
	}
	claims, err := e.auth.sealer.Open(e.formSalt(), sealed, e.now)
	if err != nil {
		return nil, noFlow("", "the callback's form: "+err.Error())
	}
	if claims["provider"] != m.ID {
		return nil, fail(CodeInvalidCheck, "the callback's form belongs to another provider")
	}
	q := url.Values{}
	for _, name := range m.client.ParamNames() {
		if value, ok := claims[formClaim+name].(string); ok {
			q.Set(name, value)
		}
	}
	return q, nil
}
