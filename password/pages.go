package password

import "github.com/cardea-auth/cardea/feature"

// Pages are the application's own pages in the place of the built-in ones: paths of the site such
// as "/signup", or URLs of origins of [cardea.Config].TrustedOrigins. Each sends its form to the
// endpoint of the page that it replaces, with a CSRF token. If something is wrong with the form,
// the page gets the code in the query parameter error.
type Pages struct {
	SignUp string // asks for name and email, and posts them to password/signup; defaults to the built-in page
	Forgot string // asks for email, and posts it to password/forgot; defaults to the built-in page

	// Choose asks for password, and posts it to password/choose with the inputs link and email;
	// defaults to the built-in page. It gets the values of these in the query parameters of the
	// same names. It shows the address, because another site can open a stranger's link, and sends
	// it back, because anybody can make up the URL of the page.
	Choose string

	Change string // shows what is wrong with the forms of the account page; defaults to a built-in page
}

// of returns the page with the form of an endpoint.
func (p Pages) of(path string) feature.OwnPage {
	return map[string]feature.OwnPage{
		pathSignUp: {Page: p.SignUp, Option: "Options.Pages.SignUp"},
		pathForgot: {Page: p.Forgot, Option: "Options.Pages.Forgot"},
		pathChoose: {Page: p.Choose, Option: "Options.Pages.Choose"},
		pathChange: {Page: p.Change, Option: "Options.Pages.Change"},
	}[path]
}
