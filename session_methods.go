package cardea

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The methods of the ways to sign in. Those of RFC 8176 have its names; for the others it has none.
const (
	methodPassword  = "pwd"
	methodOTP       = "otp"      // a one-time code of a device
	methodKey       = "pop"      // a key that the person has
	methodMulti     = "mfa"      // more than one factor, proven in one step
	methodMail      = "mail"     // a link or a code in a mail
	methodFederated = "fed"      // another site, which says who the person is
	methodRecovery  = "recovery" // a code that was written down
)

// maxMethods is how long a list of methods is at most, in bytes with spaces between them. Stores
// have so much room.
const maxMethods = 64

var methodPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// checkMethods says what is wrong with a list of methods.
func checkMethods(methods []string) error {
	for _, m := range methods {
		if !methodPattern.MatchString(m) {
			return fmt.Errorf("want letters, digits, -, . and _, have %q", m)
		}
	}
	if n := len(strings.Join(methods, " ")); n > maxMethods {
		return fmt.Errorf("want at most %d bytes, have %d", maxMethods, n)
	}
	return nil
}

// levelOf returns the level that methods amount to: 2 for two factors, and 1 otherwise. Two methods
// of one kind are one factor, and a method that is not in the list above is none: the level must
// not rise by a name that nobody here knows.
func levelOf(methods []string) int {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(methods, name) })
	}
	first := has(methodPassword, methodMail, methodFederated)
	second := has(methodOTP, methodKey, methodRecovery)
	if has(methodMulti) || first && second {
		return 2
	}
	return 1
}
