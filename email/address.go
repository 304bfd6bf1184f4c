package email

import (
	"errors"
	"strings"
)

// ErrAddress is what [Normalize] returns for text that is no address it accepts.
var ErrAddress = errors.New("email: not an address that mail can be sent to")

// The lengths of RFC 5321 § 4.5.3.1 and RFC 1035 § 2.3.4, in bytes.
const (
	maxAddress = 254
	maxLocal   = 64
	maxDomain  = 253
	maxLabel   = 63
)

// Normalize returns an address in lower case, without the blanks around it. It accepts what one
// address can be in one way only: a dot-atom and a host name (RFC 5322 § 3.4.1), in ASCII, in at
// most 254 bytes. Everything that a mail program might read as another address, or as several, is
// [ErrAddress]: quotes, comments, commas, angle brackets, a second @, line breaks, IP addresses in brackets, and all characters beyond ASCII, among them
// those that Unicode normalization would turn into one of these, such as the full-width ＠. An
// internationalized domain can be given in its ASCII form.
//
// Two addresses that differ in what stands behind a plus sign, or in dots, stay different: whether
// they have one owner is the mail server's affair.
func Normalize(address string) (string, error) {
	address = strings.Map(lower, strings.Trim(address, " \t"))
	local, domain, ok := strings.Cut(address, "@")
	if !ok || len(address) > maxAddress || !isDotAtom(local) || !isHostName(domain) {
		return "", ErrAddress
	}
	return address, nil
}

// lower leaves all but ASCII alone: strings.ToLower would make k of the Kelvin sign, and one
// address of two.
func lower(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// isDotAtom reports whether s is a local part that needs no quotes (RFC 5322 § 3.2.3).
func isDotAtom(s string) bool {
	if len(s) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtext(r) }) {
			return false
		}
	}
	return true
}

func isAtext(r rune) bool {
	return isLetterOrDigit(r) || r < 0x80 && strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func isLetterOrDigit(r rune) bool { return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' }

// isHostName reports whether s is a name of the DNS (RFC 1123 § 2.1).
func isHostName(s string) bool {
	if len(s) > maxDomain {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !isLetterOrDigit(r) && r != '-' }) {
			return false
		}
	}
	return true
}
