// Package totp makes and checks the one-time codes of authenticator apps (RFC 6238): six digits, a
// new code every 30 seconds, HMAC-SHA-1, which is what all apps know.
package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

const (
	digits = 6
	period = 30 // seconds

	// skew is by how many steps the clock of the app may be wrong (RFC 6238 § 5.2).
	skew = 1

	// secretSize is the length of a secret in bytes: that of the hash (RFC 4226 § 4, R6).
	secretSize = 20
)

// Secret is what the site and the app share.
type Secret []byte

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret returns 160 random bits.
func NewSecret() Secret {
	s := make(Secret, secretSize)
	rand.Read(s)
	return s
}

// Text returns the secret as apps write it: in base32.
func (s Secret) Text() string { return encoding.EncodeToString(s) }

// ParseSecret returns the secret of what Text has returned.
func ParseSecret(text string) (Secret, error) {
	s, err := encoding.DecodeString(text)
	if err != nil || len(s) != secretSize || Secret(s).Text() != text {
		return nil, fmt.Errorf("not a secret of %d bytes in base32", secretSize)
	}
	return s, nil
}

// Groups returns Text in groups of four, for people who type it.
func (s Secret) Groups() string {
	var groups []string
	for group := range slices.Chunk([]byte(s.Text()), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// URI returns the otpauth URI of the secret, which apps read from a QR code. Issuer is the name of
// the site and account that of the person. It has no parameters for algorithm, digits and period:
// some apps ignore them, others fail.
func (s Secret) URI(issuer, account string) string {
	issuer = strings.ReplaceAll(issuer, ":", " ") // ends the issuer
	return "otpauth://totp/" + escape(issuer) + ":" + escape(account) + "?secret=" + s.Text() +
		"&issuer=" + escape(issuer)
}

// escape writes a blank as %20: apps show a + as it is.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// Match returns the time step of a code, which people may write with blanks or with digits of other
// scripts. A caller must accept each step once, and no step before one that was accepted: whoever
// sees a code could use it again otherwise (RFC 6238 § 5.2). ok is false if the code is not that of
// now, of the step before or of the step after.
func (s Secret) Match(code string, now time.Time) (step int64, ok bool) {
	code = fold(code)
	current := now.Unix() / period
	for n := current - skew; n <= current+skew; n++ { // all of them, to take the same time for each
		equal := subtle.ConstantTimeCompare([]byte(code), []byte(s.code(n, digits)))
		step = int64(subtle.ConstantTimeSelect(equal, int(n), int(step)))
		ok = ok || equal == 1
	}
	return step, ok
}

// code returns the code of a step (RFC 4226 § 5.3).
func (s Secret) code(step int64, digits int) string {
	mac := hmac.New(sha1.New, s)
	binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	text := fmt.Sprintf("%0*d", digits, number)
	return text[len(text)-digits:]
}

// zeros are the zeros of the digits on people's keyboards: full-width, Arabic, Persian, Devanagari.
var zeros = []rune{'0', '０', '٠', '۰', '०'}

// fold returns a code without blanks and in ASCII digits.
func fold(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		for _, zero := range zeros {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return r
	}, code)
}
