// Package emailaddr normalizes e-mail addresses before they are stored and compared.
package emailaddr

import "strings"

const maxLength = 254 // bytes (RFC 5321, Section 4.5.3.1.3, less the angle brackets)

// Clean returns an address in lower case, without white space around it, or "" if s cannot be one
// address: if it lacks a local part or a domain, is longer than 254 bytes, or has a second @, a
// space, a control character, a quote, a comma or another character that separates addresses, or a
// colon before the @ (RFC 5322, Section 3.2.3). Because of the last, the identifier of a
// verification token of another kind, such as "pending:ada@example.com", is never an address.
//
// It is lenient with addresses that others have checked, such as those of identity providers.
// [github.com/cardea-auth/cardea/email.Normalize] is stricter.
func Clean(s string) string {
	s = strings.Map(LowerASCII, strings.TrimSpace(s))
	local, domain, _ := strings.Cut(s, "@")
	switch {
	case local == "" || domain == "" || len(s) > maxLength:
		return ""
	case strings.Contains(local, ":"), strings.Contains(domain, "@"),
		strings.ContainsAny(s, `",;<>()`), strings.ContainsFunc(s, isBlankOrControl):
		return ""
	}
	return s
}

func isBlankOrControl(r rune) bool { return r <= ' ' || r == 0x7f }

// LowerASCII returns the lower case of an ASCII letter and every other rune unchanged.
// [strings.ToLower] would turn the Kelvin sign into k and a dotted capital I into i, and so make
// two different addresses equal.
func LowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}
