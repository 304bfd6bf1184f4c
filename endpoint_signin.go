package cardea

import (
	"cmp"

	"github.com/cardea-auth/cardea/internal/page"
)

// getSignIn shows the sign-in page, the application's or the built-in one. With the id of a
// provider it shows that provider alone. It never begins a sign-in: anybody can make a browser open
// a link (OmniAuth CVE-2015-9284).
func getSignIn(e *exchange) error {
	chosen, code := "", e.query("error")
	switch {
	case e.auth.method(e.provider) != nil:
		chosen = e.provider
	case e.provider != "" && e.auth.protocol.codeInPath:
		code = e.errorCode()
	case e.provider != "":
		code = string(codeUnknownProvider)
	}
	if own := e.auth.config.Pages.SignIn; own != "" {
		return e.redirect(withQuery(e.absolute(own),
			"callbackUrl", e.callbackURL, "error", code, "provider", chosen, "success", successOf(e).Value))
	}
	data := page.SignIn{
		Site: e.origin.String(), Error: code, Message: e.refusalMessage(), CSRFToken: e.csrfToken,
		CallbackURL: e.callbackURL, Provider: chosen,
		NotFound: code == string(codeUnknownProvider) && e.provider != "",
	}
	if chosen != "" && len(e.auth.methods) > 1 {
		data.AllURL = withQuery(e.endpoint("/signin"), "callbackUrl", e.callbackURL)
	}
	nameSignedIn(e, &data)
	return e.page().SignIn(e.w, data)
}

// nameSignedIn adds to the page who is signed in, so that nobody takes the session of somebody else
// for their own. The page can do without: if the store fails, it says nothing about it.
func nameSignedIn(e *exchange, data *page.SignIn) {
	var current *User
	session, err := e.auth.readSession(e.r.Context(), e.sessionCookie())
	if err == nil {
		current, err = e.auth.users.currentUser(e.r.Context(), &identity{session: session})
	}
	if err != nil {
		e.auth.log.WarnContext(e.r.Context(), "cardea: the sign-in page does not say who is signed in",
			aboutRequest(e.auth, e.r), "cause", err)
	}
	if current != nil {
		data.User = cmp.Or(current.Name, current.Email, languageOf(e).Text("signin.unnamed"))
		data.SignOutURL = e.signOutPage()
	}
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
