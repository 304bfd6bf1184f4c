package passwordhash

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxBytes is how many bytes a password may have. Longer ones are refused before they are hashed.
const MaxBytes = 4096

// Normalize returns the text of a password that is hashed: in Unicode's normalization form C, and
// with the ASCII space for every other space (RFC 8265 § 4.2.2), so that it does not depend on the
// keyboard. A length in characters is that of this text; that of an empty password is empty. The
// error is [ErrPassword].
func Normalize(password string) (string, error) { return normalize(password) }

// hashable returns the text of a new password. RFC 8265 § 4.2.2 refuses an empty one. It is a
// variable that somebody has not set, and would open the account to everybody.
func hashable(password string) (string, error) {
	if password == "" {
		return "", ErrPassword
	}
	return normalize(password)
}

func normalize(password string) (string, error) {
	if len(password) > MaxBytes || !utf8.ValidString(password) || strings.Contains(password, "\x00") {
		return "", ErrPassword
	}
	text := norm.NFC.String(strings.Map(asciiSpace, password))
	if len(text) > MaxBytes { // a few characters have a longer normal form
		return "", ErrPassword
	}
	return text, nil
}

func asciiSpace(r rune) rune {
	if unicode.Is(unicode.Zs, r) {
		return ' '
	}
	return r
}

// spellings returns the texts that a stored hash may be of: the password as it was typed, which
// other systems hash, and as this package hashes it.
func spellings(password string) ([]string, error) {
	text, err := normalize(password)
	if err != nil || text == password {
		return []string{password}, err
	}
	return []string{password, text}, nil
}
