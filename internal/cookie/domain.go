package cookie

import "regexp"

var domainPattern = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$`)

// ValidDomain reports whether domain can be the Domain attribute of a cookie: a host name in lower
// case with two labels or more, such as example.com, and without a leading dot. IP addresses,
// internationalized names in Unicode and localhost are not valid.
func ValidDomain(domain string) bool { return domainPattern.MatchString(domain) }
