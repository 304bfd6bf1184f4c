package cardea

import (
	"cmp"

	"github.com/cardea-auth/cardea/internal/page"
)

// getSignIn shows the sign-in page, the application's or the built-in one.
func getSignIn(e *exchange) error {
	if own := e.auth.config.Pages.SignIn; own != "" {
		return e.redirect(withQuery(e.absolute(own), "callbackUrl", e.callbackURL, "error", e.errorCode()))
	}
	return e.page().SignIn(e.w, page.SignIn{
		Site: e.origin.String(), Error: e.errorCode(), Message: e.refusalMessage(), CSRFToken: e.csrfToken,
		CallbackURL: e.callbackURL, Email: e.query("email"),
	})
}

// errorCode is the code of the failure that a page explains: in the query or, with ProtocolV4, at
// the end of the path.
func (e *exchange) errorCode() string { return cmp.Or(e.query("error"), e.provider) }

// refusalMessage is the application's text for the reason why its check refused, "" if it has none.
func (e *exchange) refusalMessage() string {
	if e.query("error") != string(CodeCredentialsSignIn) {
		return ""
	}
	for _, m := range e.auth.methods {
		if message := m.info().messages[e.query("code")]; message != "" {
			return message
		}
	}
	return ""
}

// postSignIn begins a sign-in. Without a provider it leads to the sign-in page.
func postSignIn(e *exchange) error {
	if e.provider == "" {
		return e.redirectToSignIn()
	}
	m := e.auth.method(e.provider)
	if m == nil {
		return e.auth.methods.unknown()
	}
	return m.signIn(e)
}

func (e *exchange) redirectToSignIn() error {
	return e.redirect(withQuery(e.signInPage(), "callbackUrl", e.callbackURL))
}
