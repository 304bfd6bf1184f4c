package redirect

import (
	"slices"
	"strings"
)

// IsPublicDomain reports whether anybody can have a name directly in a domain, in lower case: in a
// top-level domain, in the usual second level of a country's, and in the domains of well-known
// hosting services. For the others that the public suffix list has it is false.
func IsPublicDomain(domain string) bool {
	first, rest, found := strings.Cut(domain, ".")
	if !found {
		return true
	}
	return len(rest) == 2 && slices.Contains(secondLevels, first) || slices.Contains(hostingDomains, domain)
}

// secondLevels are names such as co in co.uk, below the top-level domain of a country.
var secondLevels = []string{
	"ac", "co", "com", "edu", "gob", "gov", "gouv", "go", "ltd", "mil", "ne", "net", "nom", "or", "org", "plc",
	"sch",
}

// hostingDomains are domains in which every customer of a service gets a name.
var hostingDomains = []string{
	"amplifyapp.com", "appspot.com", "azurestaticapps.net", "azurewebsites.net", "cloudfront.net", "deno.dev",
	"firebaseapp.com", "fly.dev", "github.io", "gitlab.io", "herokuapp.com", "netlify.app", "ngrok-free.app",
	"ngrok-free.dev", "ngrok.app", "ngrok.io", "now.sh", "onrender.com", "pages.dev", "railway.app", "surge.sh",
	"trycloudflare.com", "up.railway.app", "vercel.app", "web.app", "workers.dev",
}
