// Package recovery makes the codes that people write down for the day on which they have lost their
// device, and hashes them. A code has 120 random bits, so a fast hash is enough: nobody can try all
// codes (NIST SP 800-63B-4 § 3.1.2.2 wants a salt only below 112 bits).
package recovery

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
)

// Count is how many codes a person has.
const Count = 8

const (
	size   = 15 // bytes of a code
	length = 24 // characters of a code
)

// alphabet is Crockford's: it has no letter that looks like a digit or another letter.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var encoding = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// New returns Count new codes, as people read them: four groups of six characters.
func New() []string {
	codes := make([]string, Count)
	for i := range codes {
		var b [size]byte
		rand.Read(b[:])
		var groups []string
		for group := range slices.Chunk([]byte(encoding.EncodeToString(b[:])), 6) {
			groups = append(groups, string(group))
		}
		codes[i] = strings.Join(groups, "-")
	}
	return codes
}

// Hash returns the SHA-256 of a code in 64 hexadecimal digits, and false if the text is no code.
// People may write it in small letters, without hyphens, with blanks, and with the letters O, I and
// L for the digits 0 and 1.
func Hash(text string) (hash string, ok bool) {
	code := fold(text)
	if len(code) != length || strings.Trim(code, alphabet) != "" {
		return "", false
	}
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:]), true
}

func fold(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r):
			return -1
		case r >= '０' && r <= '９' || r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ': // full-width
			r -= '０' - '0'
		}
		switch r = unicode.ToUpper(r); r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, text)
}
