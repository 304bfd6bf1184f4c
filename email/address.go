package email

import (
	"errors"
	"strings"

	"github.com/cardea-auth/cardea/internal/emailaddr"
)

// ErrAddress is the error of [Normalize] for text that it does not accept as an address.
var ErrAddress = errors.New("email: not an address that mail can be sent to")

// The maximal lengths of RFC 5321 § 4.5.3.1 and RFC 1035 § 2.3.4, in bytes.
const (
	maxAddress = 254
	maxLocal   = 64
	maxDomain  = 253
	maxLabel   = 63
)

// Normalize returns an address in lower case, without spaces and tabs around it. It accepts only
// addresses that all mail programs read in the same way: a dot-atom and a host name (RFC 5322 §
// 3.4.1), in ASCII, of 254 bytes at most. An internationalized domain must be in its ASCII form.
//
// It returns [ErrAddress] for everything that a mail program might read as another address or as
// several: quotes, comments, commas, angle brackets, a second @, line breaks, IP addresses in
// brackets, and all characters outside ASCII, because Unicode normalization can turn some of them
// into one of these, such as the full-width ＠.
//
// Addresses that differ in dots or in the part after a plus sign stay different: only the mail
// server knows whether they have the same owner.
func Normalize(address string) (string, error) {
	address = strings.Map(emailaddr.LowerASCII, strings.Trim(address, " \t"))
	local, domain, ok := strings.Cut(address, "@")
	if !ok || len(address) > maxAddress || !isDotAtom(local) || !isHostName(domain) {
		return "", ErrAddress
	}
	return address, nil
}

// isDotAtom reports whether s is a local part without quotes (RFC 5322 § 3.2.3).
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

// isHostName reports whether s is a host name (RFC 1123 § 2.1).
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
