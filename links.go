package cardea

import (
	"net/url"
	"strings"
)

// links makes the URLs of the site as one visitor sees it.
type links struct {
	origin   *url.URL
	basePath string
	pages    Pages // the application's
}

// signInPage is the URL of the sign-in page.
func (l links) signInPage() string { return l.pageURL(l.pages.SignIn, "/signin") }

// signOutPage is the URL of the page for signing out.
func (l links) signOutPage() string { return l.pageURL(l.pages.SignOut, "/signout") }

// errorPage is the URL of the page for failures.
func (l links) errorPage() string { return l.pageURL(l.pages.Error, "/error") }

// errorEndpoint is the URL of GET error, which shows a failure or redirects to the page for it.
func (l links) errorEndpoint() string { return l.endpoint("/error") }

// callbackEndpoint is the URL of the callback of a provider, its redirect URI. It is the same text
// in every request of a flow, and another text for each provider (RFC 9700 § 4.4).
func (l links) callbackEndpoint(provider string) string {
	return l.endpoint("/callback/" + provider)
}

// pageURL is the URL of the application's page, or of the built-in one if own is empty.
func (l links) pageURL(own, builtIn string) string {
	if own == "" {
		return l.endpoint(builtIn)
	}
	return l.absolute(own)
}

// endpoint is the URL of an endpoint of the handler.
func (l links) endpoint(path string) string { return l.origin.String() + l.basePath + path }

// absolute adds the origin to a path, and returns a URL unchanged.
func (l links) absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return l.origin.String() + path
	}
	return path
}

// formPage is the URL of the page with the form that was posted.
func (e *exchange) formPage() string {
	if e.route.action == "signout" {
		return e.endpoint("/signout")
	}
	return e.endpoint("/signin")
}

// verifyPage is the URL of the page that says that a mail was sent, and accepts its code.
func (e *exchange) verifyPage() string { return e.verifyPageOf(e.provider) }

// verifyPageOf is verifyPage for the mail of a provider.
func (l links) verifyPageOf(provider string) string {
	return withQuery(l.endpoint("/verify-request"), "provider", provider, "type", string(TypeEmail))
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
