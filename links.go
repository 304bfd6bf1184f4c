package cardea

import (
	"net/url"
	"strings"
)

// signInPage is the URL of the sign-in page.
func (e *exchange) signInPage() string { return e.pageURL(e.auth.config.Pages.SignIn, "/signin") }

// errorPage is the URL of the page for failures.
func (e *exchange) errorPage() string { return e.pageURL(e.auth.config.Pages.Error, "/error") }

// errorEndpoint is the URL of GET error, which shows a failure or redirects to the page for it.
func (e *exchange) errorEndpoint() string { return e.endpoint("/error") }

// formPage is the URL of the page with the form that was posted.
func (e *exchange) formPage() string {
	if e.route.action == "signout" {
		return e.endpoint("/signout")
	}
	return e.endpoint("/signin")
}

// verifyPage is the URL of the page that says that a mail was sent, and accepts its code.
func (e *exchange) verifyPage() string {
	return withQuery(e.endpoint("/verify-request"), "provider", e.provider, "type", string(TypeEmail))
}

// callbackEndpoint is the URL of the callback of a provider, its redirect URI. It is the same text
// in every request of a flow, and another text for each provider (RFC 9700 § 4.4).
func (e *exchange) callbackEndpoint(provider string) string {
	return e.endpoint("/callback/" + provider)
}

// pageURL is the URL of the application's page, or of the built-in one if own is empty.
func (e *exchange) pageURL(own, builtIn string) string {
	if own == "" {
		return e.endpoint(builtIn)
	}
	return e.absolute(own)
}

// endpoint is the URL of an endpoint of the handler.
func (e *exchange) endpoint(path string) string {
	return e.origin.String() + e.auth.config.BasePath + path
}

// absolute adds the origin to a path, and returns a URL unchanged.
func (e *exchange) absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return e.origin.String() + path
	}
	return path
}

// withQuery adds parameters to the query of a URL. Pairs are names, each followed by its value.
// Empty values are left out.
func withQuery(to string, pairs ...string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
