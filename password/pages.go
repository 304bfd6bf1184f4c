package password

import (
	"fmt"
	"strings"
)

// Pages are the application's own pages in the place of the built-in ones, as paths of the site
// such as "/signup". Each sends its form to the endpoint of the page that it replaces, with a CSRF
// token. If something is wrong with the form, the page gets the code in the query parameter error.
type Pages struct {
	SignUp string // asks for name and email, and posts them to password/signup; defaults to the built-in page
	Forgot string // asks for email, and posts it to password/forgot; defaults to the built-in page

	// Choose asks for password, and posts it to password/choose with the input link; defaults to
	// the built-in page. It gets the value of that input, and the address whose password it is, in
	// the query parameters link and email. It shows the address: another site can open a stranger's
	// link.
	Choose string

	Change string // shows what is wrong with the forms of the account page; defaults to a built-in page
}

// faults returns what is wrong with the pages.
func (p Pages) faults() (faults []error) {
	for _, page := range []struct{ name, path string }{
		{"SignUp", p.SignUp}, {"Forgot", p.Forgot}, {"Choose", p.Choose}, {"Change", p.Change},
	} {
		if page.path != "" && (!strings.HasPrefix(page.path, "/") || strings.HasPrefix(page.path, "//") ||
			strings.ContainsAny(page.path, "\\#")) {
			faults = append(faults, fmt.Errorf("Options.Pages.%s: want a path such as \"/signup\", have %q",
				page.name, page.path))
		}
	}
	return faults
}
